/**
 * Reads from the beginning of a transcript where a session ran, when it began and what was asked first
 * (official-helpers.md §4). Ours: a value counts only at the top level of a row, a row of a side conversation is not a prompt,
 * and its directory counts only if no row of the main chain names one.
 */
import { stringValue } from "../rows/json-string.ts";
import { PromptTitles } from "./list-title.ts";
import { type CommandFallback, pluginPromptOfMessage, promptOfTexts, textsOfMessage } from "./prompt.ts";
import { parseRow } from "../rows/row.ts";
import type { RowKeys } from "./summary-keys.ts";
import { ASSISTANT, isOfConversation, USER } from "../rows/row-kinds.ts";
import { COLON, equals, type RowScan } from "../rows/json-scanner.ts";
import { asString, type JsonObject } from "../rows/json-values.ts";

export class HeadScan {
  readonly gitBranch = new First();
  readonly timestamp = new First();
  readonly entrypoint = new First();
  /** Teammate that wrote the first row of the conversation, and its team: the session is the teammate's own. */
  agentName: string | undefined;
  teamName: string | undefined;
  /** Session that a row was copied from, as the row says. */
  forkedFrom: string | undefined;
  firstPrompt: string | undefined;
  /** First prompt of a plugin, in the form of a fork's title; only if no other prompt is before it. */
  pluginPrompt: string | undefined;
  /** `Image` or `Document`, if a prompt has nothing else. */
  media: string | undefined;
  /** Whether messages were seen of the main chain, and of side conversations in the same file. */
  hasMain = false;
  hasSidechain = false;
  readonly fallback: CommandFallback = { command: undefined };
  /** Candidates for the title in our lists. */
  readonly titles = new PromptTitles();

  readonly #cwd = new First();
  readonly #sideCwd = new First();
  /** `cwd` of the first whole row that has one: of the main chain, and of side conversations. */
  #rowCwd: string | undefined;
  #sideRowCwd: string | undefined;
  #sawFirstRow = false;
  readonly #kind = new First();
  /** `sessionKind` of the first row with a `parentUuid`. If there is such a row, only its value counts. */
  readonly #kindOfChain = new First();
  #hasChain = false;

  /** First prompt by the official rule: one that was typed, else the name of a command. */
  get officialPrompt(): string | undefined {
    return this.firstPrompt ?? (this.fallback.command || undefined);
  }

  get sessionKind(): string | undefined {
    return this.#hasChain ? this.#kindOfChain.value : this.#kind.value;
  }

  get cwd(): string | undefined {
    return this.#cwd.value ?? this.#sideCwd.value;
  }

  /** `cwd` of the first whole row that has one, preferably of the main chain. */
  get rowCwd(): string | undefined {
    return this.#rowCwd ?? this.#sideRowCwd;
  }

  /** Whether everything was found, so that later rows change nothing. */
  get isComplete(): boolean {
    return (
      this.#hasPrompt &&
      this.#rowCwd !== undefined &&
      this.#hasChain &&
      this.#cwd.isFinal &&
      this.gitBranch.isFinal &&
      this.timestamp.isFinal &&
      this.entrypoint.isFinal
    );
  }

  get #hasPrompt(): boolean {
    return this.firstPrompt !== undefined && this.titles.hasPrompt;
  }

  /** Reads a whole row. */
  row(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys, type: number): void {
    if (this.isComplete) return;
    this.cutRow(bytes, scan, keys);
    const sidechain = isTrue(bytes, scan, keys.isSidechain);
    if (sidechain) this.#sideRowCwd ??= memberString(bytes, scan, keys.cwd);
    else this.#rowCwd ??= memberString(bytes, scan, keys.cwd);
    this.forkedFrom ??= asString(memberObject(bytes, scan, keys.forkedFrom)?.["sessionId"]);
    if (!this.#sawFirstRow && !sidechain) this.#readFirstRow(bytes, scan, keys, type);
    if (type !== USER && type !== ASSISTANT) return;
    this.sawMessage(sidechain);
    if (type === USER && !sidechain && !this.#hasPrompt) this.#readPrompt(bytes, start, end, scan, keys);
  }

  /** Records that a user or assistant row was seen. */
  sawMessage(sidechain: boolean): void {
    if (sidechain) this.hasSidechain = true;
    else this.hasMain = true;
  }

  /** Reads the members that are left of a row that was cut. */
  cutRow(bytes: Buffer, scan: RowScan, keys: RowKeys): void {
    (isTrue(bytes, scan, keys.isSidechain) ? this.#sideCwd : this.#cwd).take(bytes, scan, keys.cwd);
    this.gitBranch.take(bytes, scan, keys.gitBranch);
    this.timestamp.take(bytes, scan, keys.timestamp);
    this.entrypoint.take(bytes, scan, keys.entrypoint);
    this.#kind.take(bytes, scan, keys.sessionKind);
    if (this.#hasChain || keys.parentUuid < 0) return;
    this.#kindOfChain.take(bytes, scan, keys.sessionKind);
    this.#hasChain = true;
  }

  /** Reads whose session it is: the CLI writes both names on every row of a teammate's own, on the lead's only later. */
  #readFirstRow(bytes: Buffer, scan: RowScan, keys: RowKeys, type: number): void {
    if (!isOfConversation(type)) return;
    this.#sawFirstRow = true;
    const agentName = memberString(bytes, scan, keys.agentName);
    const teamName = memberString(bytes, scan, keys.teamName);
    if (!agentName || !teamName || agentName === LEAD) return;
    this.agentName = agentName;
    this.teamName = teamName;
  }

  #readPrompt(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys): void {
    const row = bytes.subarray(start, end);
    if (row.includes(TOOL_RESULT) || has(row, IS_META) || isTrue(bytes, scan, keys.isMeta)) return;
    const isSummary = has(row, IS_COMPACT_SUMMARY) || isTrue(bytes, scan, keys.isCompactSummary);
    if (!isSummary && keys.message >= 0) this.#readMessage(bytes, scan, keys);
    // The prompt is only an image or a document.
    if (this.firstPrompt === undefined && this.media === undefined) {
      this.media = has(row, IMAGE) ? "Image" : has(row, DOCUMENT) ? "Document" : undefined;
    }
  }

  #readMessage(bytes: Buffer, scan: RowScan, keys: RowKeys): void {
    const message = memberObject(bytes, scan, keys.message);
    const texts = textsOfMessage(message);
    const isFirst = this.firstPrompt === undefined;
    if (isFirst) {
      this.pluginPrompt ??= pluginPromptOfMessage(message, memberObject(bytes, scan, keys.pluginPrompt));
      this.firstPrompt = promptOfTexts(texts, this.fallback);
    }
    this.titles.take(texts, { prompt: this.firstPrompt, isHere: isFirst });
  }
}

/** First string under one key. As in the official helpers, `"key":"` in a later row beats `"key": "` in an earlier one. */
class First {
  #tight: string | undefined;
  #spaced: string | undefined;

  get value(): string | undefined {
    return this.#tight ?? this.#spaced;
  }

  get isFinal(): boolean {
    return this.#tight !== undefined;
  }

  take(bytes: Buffer, scan: RowScan, at: number): void {
    if (at < 0 || this.#tight !== undefined) return;
    const start = scan.members[at + 2] as number;
    const tight = bytes[start - 1] === COLON;
    if (!tight && this.#spaced !== undefined) return;
    const text = memberString(bytes, scan, at);
    if (tight) this.#tight = text;
    else this.#spaced = text;
  }
}

/** Returns the value of the member at `at` (-1 for none); undefined if it is not a string. */
export const memberString = (bytes: Buffer, { members }: RowScan, at: number): string | undefined =>
  at < 0 ? undefined : stringValue(bytes, members[at + 2] as number, members[at + 3] as number);

const memberObject = (bytes: Buffer, { members }: RowScan, at: number): JsonObject | undefined =>
  at < 0 ? undefined : parseRow(bytes, members[at + 2] as number, members[at + 3] as number);

/** Whether the member at `at` (-1 for none) is `true`. */
export function isTrue(bytes: Uint8Array, scan: RowScan, at: number): boolean {
  return at >= 0 && equals(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number, TRUE);
}

/** Name that the CLI gives the agent that made the team, which a person talks to. */
const LEAD = "team-lead";

const TRUE = Buffer.from("true");
const TOOL_RESULT = Buffer.from('"tool_result"');

/** JSON of a member, at any depth of a row, in the two spellings that the official rule searches for. */
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
