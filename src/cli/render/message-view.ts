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

/** Which session is shown. What is not known is absent. */
export interface About {
  readonly sessionId: string | undefined;
  readonly title: string | undefined;
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly path: string | undefined;
  readonly messages: number;
  /** Whose conversation it is, where it is a subagent's. */
  readonly subagent: SubagentName | undefined;
  /** Those that the session started and that have a transcript. */
  readonly subagents: readonly SubagentName[];
}

export interface SubagentName {
  readonly agentId: string;
  readonly agentType: string | undefined;
  readonly description: string | undefined;
}

/** What is shown of the messages, and how much of it. */
export interface Choice {
  /** Absent: all. */
  readonly roles: ReadonlySet<Role> | undefined;
  readonly thinking: boolean;
  /** What was said to the model only. */
  readonly hidden: boolean;
}

/** A message with what of it is shown. */
export interface MessageView extends Message {
  /** ISO 8601; of its first row. */
  readonly timestamp: string | undefined;
  readonly model: string | undefined;
  /** Directory that paths are shown relative to. */
  readonly cwd: string | undefined;
  readonly uuids: readonly string[];
  readonly parts: readonly Part[];
}

/** What was left out, counted while it was. */
export interface LeftOut {
  /** Messages before the first that was asked for. */
  before: number;
  /** Messages that have nothing of the roles that were asked for. */
  otherRoles: number;
  /** Messages before the last compaction, where only later ones were asked for. */
  compacted: number;
  /** Others that the model does not have, where only those were asked for that it has. */
  notCurrent: number;
  /** Branches that rewinds left behind, and the messages on them. */
  branches: number;
  branchMessages: number;
  thoughts: number;
  /** Thoughts that the API gave no text of. */
  thoughtsWithoutText: number;
  /** Messages with nothing in them. */
  empty: number;
  /** Reminders and other things that only the model was told. */
  reminders: number;
  /** Lines of tool output. */
  lines: number;
  /** Outputs that stand in files of their own, of which only the beginning is shown. */
  spilled: number;
  /** Outputs whose files are not in this store. */
  missingOutputs: number;
  /** What of the file could not be read. */
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

/**
 * Text for a format, piece by piece. `message` is called for messages of which something is shown; it gives several pieces
 * where an output is longer than should be held.
 */
export interface Renderer {
  head(about: About): string;
  message(message: MessageView): Iterable<string>;
  foot(about: About, left: LeftOut): string;
}

/** `keep`: which of its parts; default all. */
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
  // The CLI's own words in the model's place.
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

/** Who a message is by, as its heading says it. */
export interface Heading {
  readonly speaker: Speaker;
  readonly words: string;
  /** The one whose words they all are, if they are somebody else's. */
  readonly sender: string | undefined;
}

/** `user`: what the one is called who speaks to the model. */
export function headingWords(parts: readonly Part[], user: string): Heading {
  const speaker = speakerOf(parts);
  if (speaker === "user") return { speaker, words: user, sender: undefined };
  if (speaker === "assistant") return { speaker, words: "Claude", sender: undefined };
  const senders = new Set(parts.flatMap((part) => (part.kind === "peer" ? [part.from] : [])));
  const [sender] = senders.size === 1 ? senders : [];
  return { speaker, words: sender === undefined ? "Note" : `Note from ${sender}`, sender };
}

/** Whether the part was asked for; those that a person might miss are counted. */
export function isChosen(part: Part, { roles, thinking, hidden }: Choice, left?: LeftOut): boolean {
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

/** What was left out, in words, each with the option that shows it. */
export function leftOutWords(left: LeftOut): string[] {
  const words: string[] = [];
  const say = (count: number, one: string, many: string, how: string): void => {
    if (count > 0) words.push(`${count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`}${how}`);
  };
  say(left.before, "earlier message", "earlier messages", "");
  say(left.compacted, "message before the compaction", "messages before the compaction", "");
  say(left.notCurrent, "message that the model does not have", "messages that the model does not have", "");
  say(left.otherRoles, "message of other roles", "messages of other roles", "");
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

/** A time in the time zone of the process; empty where there is none. */
export function localTime(timestamp: string | undefined): { readonly date: string; readonly time: string } {
  const at = new Date(timestamp ?? NaN);
  if (Number.isNaN(at.getTime())) return { date: "", time: "" };
  const two = (n: number): string => String(n).padStart(2, "0");
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
  };
}
