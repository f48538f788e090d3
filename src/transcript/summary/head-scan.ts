/**
 * What the beginning of a transcript says about a session: where it ran, when it began, what was asked first
 * (official-helpers.md §4). The official rules, with these differences: a value counts only at the top level of a row, a row of a
 * side conversation is no prompt, and its directory counts only where no row of the main chain names one.
 */
import { stringValue } from "../rows/json-string.ts";
import { PromptTitles } from "./list-title.ts";
import { type CommandFallback, pluginPromptOfMessage, promptOfTexts, textsOfMessage } from "./prompt.ts";
import { parseRow } from "../rows/row.ts";
import type { RowKeys } from "./summary-keys.ts";
import { ASSISTANT, isOfConversation, USER } from "../rows/row-kinds.ts";
import { equals, type RowScan } from "../rows/json-scanner.ts";

export class HeadScan {
  readonly gitBranch = new First();
  readonly timestamp = new First();
  readonly entrypoint = new First();
  /** The teammate that wrote the first row of the conversation, with its team: the session is the teammate's own. */
  agentName: string | undefined;
  teamName: string | undefined;
  /** The session that a row says it was copied from. */
  forkedFrom: string | undefined;
  firstPrompt: string | undefined;
  /** The prompt of a plugin as a fork is named after it, when none was found before. */
  pluginPrompt: string | undefined;
  /** `Image` or `Document`, when that is all there is of a prompt. */
  media: string | undefined;
  /** Rows of the conversation: of its main chain, and of side conversations written into the same file. */
  main = false;
  sidechain = false;
  readonly fallback: CommandFallback = { command: undefined };
  /** What our lists call the session by. */
  readonly titles = new PromptTitles();

  readonly #cwd = new First();
  readonly #sideCwd = new First();
  /** `cwd` of the first whole row that has one. */
  #rowCwd: string | undefined;
  #sideRowCwd: string | undefined;
  #begun = false;
  readonly #kind = new First();
  /** `sessionKind` of the first row that has a `parentUuid`, which alone counts where there is such a row. */
  readonly #kindOfChain = new First();
  #chained = false;

  /** What the official helpers take for the first prompt: one that was typed, else the name of a command. */
  get officialPrompt(): string | undefined {
    return this.firstPrompt ?? (this.fallback.command || undefined);
  }

  get sessionKind(): string | undefined {
    return this.#chained ? this.#kindOfChain.value : this.#kind.value;
  }

  get cwd(): string | undefined {
    return this.#cwd.value ?? this.#sideCwd.value;
  }

  /** `cwd` of the first whole row that has one. */
  get rowCwd(): string | undefined {
    return this.#rowCwd ?? this.#sideRowCwd;
  }

  /** All is known that the beginning can say: rows behind it change nothing. */
  get settled(): boolean {
    return (
      this.#hasPrompt &&
      this.#rowCwd !== undefined &&
      this.#chained &&
      this.#cwd.settled &&
      this.gitBranch.settled &&
      this.timestamp.settled &&
      this.entrypoint.settled
    );
  }

  get #hasPrompt(): boolean {
    return this.firstPrompt !== undefined && this.titles.hasPrompt;
  }

  /** A whole row. */
  row(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys, type: number): void {
    if (this.settled) return;
    this.part(bytes, scan, keys);
    const sidechain = isTrue(bytes, scan, keys.isSidechain);
    if (keys.cwd >= 0) {
      if (sidechain) this.#sideRowCwd ??= memberString(bytes, scan, keys.cwd);
      else this.#rowCwd ??= memberString(bytes, scan, keys.cwd);
    }
    if (this.forkedFrom === undefined && keys.forkedFrom >= 0) this.#readForkedFrom(bytes, scan, keys.forkedFrom);
    if (!this.#begun && !sidechain) this.#begin(bytes, scan, keys, type);
    if (type !== USER && type !== ASSISTANT) return;
    this.heard(sidechain);
    if (type === USER && !sidechain && !this.#hasPrompt) this.#readPrompt(bytes, start, end, scan, keys);
  }

  /** Notes that a user or assistant row was seen. */
  heard(sidechain: boolean): void {
    if (sidechain) this.sidechain = true;
    else this.main = true;
  }

  /** The members that are left of a row that was cut. */
  part(bytes: Buffer, scan: RowScan, keys: RowKeys): void {
    if (keys.cwd >= 0) {
      const cwd = isTrue(bytes, scan, keys.isSidechain) ? this.#sideCwd : this.#cwd;
      cwd.take(bytes, scan, keys.cwd);
    }
    if (keys.gitBranch >= 0) this.gitBranch.take(bytes, scan, keys.gitBranch);
    if (keys.timestamp >= 0) this.timestamp.take(bytes, scan, keys.timestamp);
    if (keys.entrypoint >= 0) this.entrypoint.take(bytes, scan, keys.entrypoint);
    if (keys.sessionKind >= 0) {
      this.#kind.take(bytes, scan, keys.sessionKind);
      if (!this.#chained && keys.parentUuid >= 0) this.#kindOfChain.take(bytes, scan, keys.sessionKind);
    }
    if (keys.parentUuid >= 0) this.#chained = true;
  }

  /**
   * The first row of the conversation says whose session it is: the CLI writes both names on every row of a teammate's
   * own session. The lead has a team from some later row on, and goes by `LEAD` where it names itself.
   */
  #begin(bytes: Buffer, scan: RowScan, keys: RowKeys, type: number): void {
    if (!isOfConversation(type)) return;
    this.#begun = true;
    if (keys.agentName < 0 || keys.teamName < 0) return;
    const agentName = memberString(bytes, scan, keys.agentName);
    const teamName = memberString(bytes, scan, keys.teamName);
    if (!agentName || !teamName || agentName === LEAD) return;
    this.agentName = agentName;
    this.teamName = teamName;
  }

  #readForkedFrom(bytes: Buffer, scan: RowScan, at: number): void {
    const from = memberObject(bytes, scan, at)?.["sessionId"];
    if (typeof from === "string") this.forkedFrom = from;
  }

  #readPrompt(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys): void {
    const row = bytes.subarray(start, end);
    if (row.includes(TOOL_RESULT) || has(row, IS_META) || isTrue(bytes, scan, keys.isMeta)) return;
    this.#readPromptOf(row, bytes, scan, keys);
    // Of a prompt that is none but for a picture.
    if (this.firstPrompt === undefined && this.media === undefined) {
      this.media = has(row, IMAGE) ? "Image" : has(row, DOCUMENT) ? "Document" : undefined;
    }
  }

  #readPromptOf(row: Buffer, bytes: Buffer, scan: RowScan, keys: RowKeys): void {
    if (has(row, IS_COMPACT_SUMMARY) || isTrue(bytes, scan, keys.isCompactSummary) || keys.message < 0) return;
    const message = memberObject(bytes, scan, keys.message);
    const texts = textsOfMessage(message);
    const here = this.firstPrompt === undefined;
    if (here) {
      if (keys.pluginPrompt >= 0)
        this.pluginPrompt ??= pluginPromptOfMessage(message, memberObject(bytes, scan, keys.pluginPrompt));
      this.firstPrompt = promptOfTexts(texts, this.fallback);
    }
    this.titles.take(texts, { prompt: this.firstPrompt, here });
  }
}

/**
 * The first string under one key. The official helpers look for `"key":"` in the whole window before they look for
 * `"key": "`, so that a row written without a space after the colon goes before an earlier one with it.
 */
class First {
  #tight: string | undefined;
  #spaced: string | undefined;

  get value(): string | undefined {
    return this.#tight ?? this.#spaced;
  }

  get settled(): boolean {
    return this.#tight !== undefined;
  }

  take(bytes: Buffer, scan: RowScan, at: number): void {
    if (this.#tight !== undefined) return;
    const start = scan.members[at + 2] as number;
    const tight = bytes[start - 1] === COLON;
    if (!tight && this.#spaced !== undefined) return;
    const text = memberString(bytes, scan, at);
    if (tight) this.#tight = text;
    else this.#spaced = text;
  }
}

export function memberString(bytes: Buffer, scan: RowScan, at: number): string | undefined {
  return stringValue(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number);
}

function memberObject(bytes: Buffer, scan: RowScan, at: number): Record<string, unknown> | undefined {
  return parseRow(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number);
}

/** Whether the member, -1 for none, is `true`. */
export function isTrue(bytes: Uint8Array, scan: RowScan, at: number): boolean {
  return at >= 0 && equals(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number, TRUE);
}

/** What the CLI calls the agent that made the team: the one that a person talks to. */
const LEAD = "team-lead";

const COLON = 0x3a;
const TRUE = Buffer.from("true");
const TOOL_RESULT = Buffer.from('"tool_result"');

/** A member as text, at any depth of the row, in the two spellings that the official rule looks for. */
type Spellings = readonly [tight: Buffer, spaced: Buffer];

const spellings = (key: string, value: string): Spellings => [
  Buffer.from(`"${key}":${value}`),
  Buffer.from(`"${key}": ${value}`),
];
const IS_META = spellings("isMeta", "true");
const IS_COMPACT_SUMMARY = spellings("isCompactSummary", "true");
const IMAGE = spellings("type", '"image"');
const DOCUMENT = spellings("type", '"document"');

const has = (row: Buffer, [tight, spaced]: Spellings): boolean => row.includes(tight) || row.includes(spaced);
