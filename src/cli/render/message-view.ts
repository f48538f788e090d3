import type { SessionUsage } from "../../catalog/facts/session-facts.ts";
import type { ConversationEntry } from "../../store/read/session-messages.ts";
import type { Unread } from "../../store/read/unread.ts";
import { asObject, asString } from "../../transcript/rows/json-values.ts";
import { apartWords, type Message } from "../../view/messages.ts";
import {
  type Call,
  isWithheld,
  type Part,
  type Result,
  type Role,
  type Sidecars,
  type Speaker,
  speakerOf,
  visitParts,
} from "../../view/parts.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import type { Spilled } from "../../view/spilled.ts";
import { sessionUsageWords } from "../../view/usage-words.ts";
import { unreadWords } from "../../view/unread-words.ts";
import type { PeerWord } from "../../view/words.ts";

/** Facts about the session shown. Unknown ones are undefined. */
export interface About {
  readonly sessionId: string | undefined;
  readonly title: string | undefined;
  /** Absent if there are none. */
  readonly tags?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly path: string | undefined;
  readonly messages: number;
  /** What the index knows of the session, if there is one. */
  readonly usage?: SessionUsage | undefined;
  /** Set for the conversation of a subagent. */
  readonly subagent: SubagentName | undefined;
  /** Subagents of the session that have a transcript. */
  readonly subagents: readonly SubagentName[];
}

export interface SubagentName {
  readonly agentId: string;
  readonly agentType: string | undefined;
  readonly description: string | undefined;
}

/** Parts of messages to show. */
export interface PartFilter {
  /** Undefined: all. */
  readonly roles: ReadonlySet<Role> | undefined;
  readonly thinking: boolean;
  /** Parts for the model only. */
  readonly hidden: boolean;
}

/** Message with the parts to show. */
export interface MessageView extends Message {
  /** ISO 8601; that of the first row with one. */
  readonly timestamp: string | undefined;
  readonly model: string | undefined;
  /** Directory that paths are shown relative to. */
  readonly cwd: string | undefined;
  readonly uuids: readonly string[];
  readonly parts: readonly Part[];
  /** Set if the message was found by a query. */
  readonly found?: Found | undefined;
}

const NOTHING_LEFT_OUT = {
  /** Messages before the first one selected. */
  before: 0,
  /** With --around: messages after the last one selected. */
  after: 0,
  /** With --grep: messages that do not match. */
  notMatching: 0,
  /** Messages without parts of the selected roles. */
  otherRoles: 0,
  /** With --current: messages before the last compaction. */
  compacted: 0,
  /** With --current: other messages that the model does not have. */
  notCurrent: 0,
  /** Branches that rewinds left behind, and the messages on them. */
  branches: 0,
  branchMessages: 0,
  thoughts: 0,
  /** Thoughts without text from the API. */
  thoughtsWithoutText: 0,
  /** Messages without parts. */
  empty: 0,
  /** Reminders and other parts for the model only. */
  reminders: 0,
  /** Lines of tool output. */
  lines: 0,
  /** Outputs in files of their own of which only the beginning is shown. */
  spilled: 0,
  /** Outputs whose files are not in this store. */
  missingOutputs: 0,
};

/** Counts of what is left out, updated while rendering, and parts of the file that could not be read. */
export type LeftOut = typeof NOTHING_LEFT_OUT & { readonly unread: Unread };

export const nothingLeftOut = (unread: Unread): LeftOut => ({ ...NOTHING_LEFT_OUT, unread });

export interface RenderOptions {
  /** Folds nothing, and shows output that has a file of its own. */
  readonly full: boolean;
  readonly left: LeftOut;
  /** Lines with matches are not folded away. */
  readonly marker?: Marker | undefined;
}

/** What a query found in a message (`show --grep`). */
export interface Found {
  readonly matches: readonly FoundText[];
  /** Whether there are matches in thoughts, and in parts for the model only. */
  readonly inThinking: boolean;
  readonly inHidden: boolean;
}

/** A text of a message with matches: one line around the densest ones. */
export interface FoundText {
  readonly uuid: string | undefined;
  readonly role: string;
  readonly column: string;
  readonly tool: string | undefined;
  readonly snippet: string;
  /** Ranges of matches in `snippet`, UTF-16 units. */
  readonly marks: readonly (readonly [from: number, to: number])[];
  /** Name of the file of the output, if the text is not in the message's rows. */
  readonly file?: string;
}

/** Finds matches in a line, as ranges of UTF-16 units in order. */
export type Marker = (line: string) => readonly (readonly [from: number, to: number])[];

/** Writes a format. `message` is called for messages with parts to show, and yields pieces because an output may be very long. */
export interface Renderer {
  head(about: About): string;
  message(message: MessageView): Iterable<string>;
  foot(about: About): string;
}

/** Makes the view of a message with the parts that `keep` accepts, by default all. */
export function viewMessage(
  message: Message,
  entries: readonly ConversationEntry[],
  sidecars: Sidecars,
  keep: (part: Part) => boolean = () => true,
): MessageView {
  let [timestamp, model, cwd]: (string | undefined)[] = [];
  for (const { message: row, entry } of entries) {
    timestamp ??= asString(row["timestamp"]);
    model ??= asString(asObject(row.message)?.["model"]);
    cwd ??= asString(entry["cwd"]);
  }
  // The CLI itself wrote the message.
  if (model === "<synthetic>") model = undefined;
  const uuids = entries.map((entry) => entry.message.uuid).filter((uuid) => typeof uuid === "string");
  const { number, speaker, isNote, branch, compacted, apart, from, to } = message;
  const parts: Part[] = [];
  for (const entry of entries) {
    visitParts(entry, sidecars, (part) => {
      if (keep(part)) parts.push(part);
    });
  }
  return { number, speaker, isNote, branch, compacted, apart, from, to, timestamp, model, cwd, uuids, parts };
}

/** Returns who speaks, the words for it, and the peer who sent all parts, if one did. `user`: word for the user. */
export function headingWords(
  parts: readonly Part[],
  user: string,
): { readonly speaker: Speaker; readonly words: string; readonly sender: string | undefined } {
  const speaker = speakerOf(parts);
  if (speaker === "user") return { speaker, words: user, sender: undefined };
  if (speaker === "assistant") return { speaker, words: "Claude", sender: undefined };
  const senders = new Set(parts.flatMap((part) => (part.kind === "peer" ? [part.from] : [])));
  const [sender] = senders.size === 1 ? senders : [];
  return { speaker, words: sender === undefined ? "Note" : `Note from ${sender}`, sender };
}

/** Returns the name of what is shown: the title of the session, or the task of a subagent. */
export const nameOf = ({ title, subagent }: About): string | undefined =>
  subagent === undefined ? title : (subagent.description ?? `Subagent ${subagent.agentId}`);

/** Returns the number of messages, and what was done and spent as far as it is known. */
export const countsOf = (about: About): string[] => [
  messageCount(about),
  ...(about.usage === undefined ? [] : sessionUsageWords(about.usage)),
];

/** Returns the tags as lists show them. */
export const tagMarks = ({ tags = [] }: About): string => tags.map((tag) => `#${tag}`).join(" ");

const messageCount = ({ messages }: About): string => (messages === 1 ? "1 message" : `${messages} messages`);

/** Says why the model does not have a message, or has it elsewhere; empty for most. */
export const placeWords = (message: MessageView): string =>
  apartWords(message) || (message.compacted ? "compacted" : "");

/** Returns the line above the words of a peer. `named`: the heading names it already. */
export const peerLine = ({ from, summary }: PeerWord, named: boolean): string =>
  [named ? "" : `From ${from}`, summary ?? ""].filter((fact) => fact !== "").join(": ");

/** Returns the file to show instead of a beginning of output. If there is none to show, counts what is left out. */
export function shownFile({ file }: Spilled, { full, left }: RenderOptions): StoredOutput | undefined {
  if (file === undefined) left.missingOutputs++;
  else if (!full) left.spilled++;
  return full ? file : undefined;
}

/** Call, and the directory that its paths are shown relative to. */
interface PlacedCall {
  readonly call: Call;
  readonly cwd: string | undefined;
}

interface PairedPart {
  readonly part: Part;
  readonly call: PlacedCall | undefined;
  readonly isBelow: boolean;
  readonly isOpen: boolean;
}

/** Said below a call without a result: it was interrupted, is still running, or has it in a later message. */
export const NO_RESULT = "no result in this message";

/** Puts results right below their calls. The call of a result may also be in an earlier message. */
export class CallPairs {
  /** Calls without a result so far. */
  readonly #open = new Map<string, PlacedCall>();

  /**
   * Yields the parts of a message. `call` is the call of a result, `isBelow` whether it was the part before, and `isOpen`
   * whether a call has no result in the message.
   */
  *pair({ parts, cwd }: MessageView): Generator<PairedPart> {
    const results = new Map<string, Result>();
    const calls = new Set<string>();
    for (const part of parts) {
      if (part.kind === "call") {
        this.#open.set(part.id, { call: part, cwd });
        calls.add(part.id);
      }
      if (part.kind === "result" && !results.has(part.id)) results.set(part.id, part);
    }
    // The result of a call in this message is below it, wherever it is written.
    const below = new Set<Part>([...results.values()].filter(({ id }) => calls.has(id)));
    for (const part of parts) {
      if (below.has(part)) continue;
      const call = part.kind === "result" ? this.#open.get(part.id) : undefined;
      if (part.kind === "result") this.#open.delete(part.id);
      const result = part.kind === "call" ? results.get(part.id) : undefined;
      yield { part, call, isBelow: false, isOpen: part.kind === "call" && result === undefined };
      if (part.kind !== "call" || result === undefined) continue;
      results.delete(part.id);
      this.#open.delete(part.id);
      yield { part: result, call: { call: part, cwd }, isBelow: true, isOpen: false };
    }
  }
}

/** Whether to show a part. Counts those left out that a user might miss. */
export function isShown(part: Part, { roles, thinking, hidden }: PartFilter, left?: LeftOut): boolean {
  if (roles !== undefined && !roles.has(part.role)) return false;
  const why = isWithheld(part)
    ? "thoughtsWithoutText"
    : part.kind === "hidden" && !hidden
      ? "reminders"
      : part.kind === "thinking" && !thinking
        ? "thoughts"
        : undefined;
  if (why !== undefined && left !== undefined) left[why]++;
  return why === undefined;
}

/** Says what was left out, each with the option that shows it. */
export function leftOutWords(left: LeftOut): string[] {
  const words: string[] = [];
  const say = (count: number, one: string, many: string, how: string): void => {
    if (count > 0) words.push(`${count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`}${how}`);
  };
  say(left.before, "earlier message", "earlier messages", "");
  say(left.after, "later message", "later messages", "");
  say(left.notMatching, "message that does not match", "messages that do not match", "");
  say(left.compacted, "message before the compaction", "messages before the compaction", "");
  say(left.notCurrent, "message that the model does not have", "messages that the model does not have", "");
  say(left.otherRoles, "message with other roles", "messages with other roles", "");
  const on = left.branches === 1 ? "a branch" : `${left.branches} branches`;
  say(left.branchMessages, `message on ${on}`, `messages on ${on}`, " that a rewind left behind (--branches)");
  say(left.lines, "line of output", "lines of output", " (--full)");
  say(left.spilled, "long output except its beginning", "long outputs except their beginnings", " (--full)");
  say(left.missingOutputs, "long output that is not in this store", "long outputs that are not in this store", "");
  say(left.thoughts, "thought", "thoughts", " (--thinking)");
  say(left.thoughtsWithoutText, "thought without text", "thoughts without text", "");
  say(left.empty, "empty message", "empty messages", "");
  say(left.reminders, "reminder to the model", "reminders to the model", " (--format json)");
  return [...words, ...unreadWords(left.unread)];
}
