import type { ConversationEntry } from "../../store/read/session-messages.ts";
import type { Unread } from "../../store/read/unread.ts";
import { asObject, asString } from "../../transcript/rows/json-values.ts";
import type { Message } from "../../view/messages.ts";
import {
  type Sidecars,
  isWithheld,
  type Part,
  type Role,
  type Speaker,
  speakerOf,
  visitParts,
} from "../../view/parts.ts";
import { unreadWords } from "../../view/unread-words.ts";

/** Facts about the session shown. Unknown ones are undefined. */
export interface About {
  readonly sessionId: string | undefined;
  readonly title: string | undefined;
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly path: string | undefined;
  readonly messages: number;
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
}

/** Counts of what is left out, updated while rendering. */
export interface LeftOut {
  /** Messages before the first one selected. */
  before: number;
  /** Messages without parts of the selected roles. */
  otherRoles: number;
  /** With --current: messages before the last compaction. */
  compacted: number;
  /** With --current: other messages that the model does not have. */
  notCurrent: number;
  /** Branches that rewinds left behind, and the messages on them. */
  branches: number;
  branchMessages: number;
  thoughts: number;
  /** Thoughts without text from the API. */
  thoughtsWithoutText: number;
  /** Messages without parts. */
  empty: number;
  /** Reminders and other parts for the model only. */
  reminders: number;
  /** Lines of tool output. */
  lines: number;
  /** Outputs in files of their own of which only the beginning is shown. */
  spilled: number;
  /** Outputs whose files are not in this store. */
  missingOutputs: number;
  /** Parts of the file that could not be read. */
  readonly unread: Unread;
}

export const nothingLeftOut = (unread: Unread): LeftOut => ({
  before: 0,
  otherRoles: 0,
  compacted: 0,
  notCurrent: 0,
  branches: 0,
  branchMessages: 0,
  thoughts: 0,
  thoughtsWithoutText: 0,
  empty: 0,
  reminders: 0,
  lines: 0,
  spilled: 0,
  missingOutputs: 0,
  unread,
});

/** Writes a format. `message` is called for messages with parts to show, and yields pieces because an output may be very long. */
export interface Renderer {
  head(about: About): string;
  message(message: MessageView): Iterable<string>;
  foot(about: About, left: LeftOut): string;
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

/** Speaker of a message, and the words for it in the heading. */
export interface Heading {
  readonly speaker: Speaker;
  readonly words: string;
  /** Peer who sent all parts; undefined if there is no such one. */
  readonly sender: string | undefined;
}

/** Returns the heading of parts. `user`: word for whoever speaks to the model. */
export function headingWords(parts: readonly Part[], user: string): Heading {
  const speaker = speakerOf(parts);
  if (speaker === "user") return { speaker, words: user, sender: undefined };
  if (speaker === "assistant") return { speaker, words: "Claude", sender: undefined };
  const senders = new Set(parts.flatMap((part) => (part.kind === "peer" ? [part.from] : [])));
  const [sender] = senders.size === 1 ? senders : [];
  return { speaker, words: sender === undefined ? "Note" : `Note from ${sender}`, sender };
}

/** Whether to show a part. Counts those left out that a user might miss. */
export function isShown(part: Part, { roles, thinking, hidden }: PartFilter, left?: LeftOut): boolean {
  if (roles !== undefined && !roles.has(part.role)) return false;
  if (part.kind === "hidden" && !hidden) {
    if (left !== undefined) left.reminders++;
    return false;
  }
  if (isWithheld(part)) {
    if (left !== undefined) left.thoughtsWithoutText++;
    return false;
  }
  if (part.kind === "thinking" && !thinking) {
    if (left !== undefined) left.thoughts++;
    return false;
  }
  return true;
}

/** Says what was left out, each with the option that shows it. */
export function leftOutWords(left: LeftOut): string[] {
  const words: string[] = [];
  const say = (count: number, one: string, many: string, how: string): void => {
    if (count > 0) words.push(`${count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`}${how}`);
  };
  say(left.before, "earlier message", "earlier messages", "");
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

/** Returns date and time in the time zone of the process; empty strings for an invalid timestamp. */
export function localTime(timestamp: string | undefined): { readonly date: string; readonly time: string } {
  const at = new Date(timestamp ?? NaN);
  if (Number.isNaN(at.getTime())) return { date: "", time: "" };
  const two = (n: number): string => String(n).padStart(2, "0");
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
  };
}
