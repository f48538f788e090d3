import { type UserText, visitUserText } from "../transcript/text/user-text.ts";
import { asObject, type JsonObject, membersOf } from "../transcript/rows/json-values.ts";

/**
 * A piece of what stands in a user's message, by whose word it is: `user`, what the person typed or ran; `peer`, the
 * words of a teammate, another session or a channel; `tool`, what a command printed; `system`, what Claude Code says.
 * Every surface shows a person's messages by this.
 */
export type Word =
  | { readonly kind: "text"; readonly role: "user"; readonly text: string }
  | { readonly kind: "command"; readonly role: "user"; readonly name: string; readonly args: string }
  | { readonly kind: "shell"; readonly role: "user"; readonly command: string }
  /** What a command or bash mode printed. */
  | { readonly kind: "output"; readonly role: "tool"; readonly text: string; readonly errors: boolean }
  | PeerWord
  | Notice
  | { readonly kind: "summary"; readonly role: "system"; readonly text: string }
  /** Said to the model and not to the person. */
  | { readonly kind: "hidden"; readonly role: "system"; readonly text: string };

export interface PeerWord {
  readonly kind: "peer";
  readonly role: "peer";
  /** As the sender is called, on one line. */
  readonly from: string;
  /** What the sender says it is about. */
  readonly summary: string | undefined;
  readonly text: string;
}

export interface Notice {
  readonly kind: "notice";
  readonly role: "system";
  readonly text: string;
  readonly level: "info" | "error";
  /** Set if it is news of work in the background. */
  readonly task?: TaskNews;
}

/** What is known of the work: a subagent's id if it was one, the call that began it, how it ended, what it reported. */
export interface TaskNews {
  readonly taskId: string | undefined;
  readonly toolUseId: string | undefined;
  readonly status: string | undefined;
  readonly summary: string;
  readonly report: string;
  /** Where more of it stands. */
  readonly pointer: string | undefined;
}

/** The words in a text of a user's message, in order. `row` says what the text does not: who sent it. */
export function wordsOf(text: string, row: JsonObject): Word[] {
  const words: Word[] = [];
  visitWords(text, row, (word) => words.push(word));
  return words;
}

/** The same, one after the other. */
export function visitWords(text: string, row: JsonObject, visit: (word: Word) => void): void {
  if (row["isCompactSummary"] === true) return visit({ kind: "summary", role: "system", text });
  const sender = senderOf(row["origin"]);
  visitUserText(text, (piece) => visit(wordOf(piece, sender)));
}

function wordOf(piece: UserText, sender: Sender): Word {
  switch (piece.kind) {
    case "typed": {
      const text = withoutPasteTags(piece.text);
      if (sender === "user") return { kind: "text", role: "user", text };
      if (sender === "machine") return { kind: "notice", role: "system", text: text.trim(), level: "info" };
      return peerWord(sender.from, undefined, text.trim());
    }
    case "output":
      return { kind: "output", text: piece.text, errors: piece.errors, role: "tool" };
    case "peer":
      return peerWord(piece.from, piece.summary, piece.text);
    case "notification":
      return notification(piece);
    case "notice":
      return { kind: "notice", text: piece.text, role: "system", level: "info" };
    case "summary":
    case "hidden":
      return { kind: piece.kind, text: piece.text, role: "system" };
    default:
      return Object.assign({}, piece, { role: "user" } as const);
  }
}

function notification(news: Extract<UserText, { kind: "notification" }>): Notice {
  const { summary, result: report = "", pointer, status, taskId, toolUseId } = news;
  return {
    kind: "notice",
    role: "system",
    text: [summary, report, pointer].filter(Boolean).join("\n"),
    level: "info",
    task: { taskId, toolUseId, status, summary, report, pointer },
  };
}

/** Whose words those are that stand in a user's row without any element around them. */
type Sender = "user" | "machine" | { readonly from: string };

const USER_ORIGINS: ReadonlySet<unknown> = new Set([
  undefined,
  "human",
  "sdk",
  "unknown",
  "unclassified",
  "voice-call",
  "auto-continuation",
]);

const SUBKINDS: Readonly<Record<string, string>> = {
  "scheduled-trigger": "scheduled task",
  "peer-send-message": "another session",
  "projects-relay": "project",
  "session-inbox": "inbox",
};

function senderOf(origin: unknown): Sender {
  const { kind, subkind, name, from, server } = membersOf(origin);
  if (USER_ORIGINS.has(kind) || typeof kind !== "string") return "user";
  switch (kind) {
    case "task-notification": {
      const sender = typeof subkind === "string" && Object.hasOwn(SUBKINDS, subkind) ? SUBKINDS[subkind] : undefined;
      return sender === undefined ? "machine" : { from: sender };
    }
    case "channel":
      return { from: text(server) ?? "channel" };
    case "peer":
      return { from: text(name) ?? text(from) ?? "another session" };
    case "observer":
      return { from: text(from) === undefined ? "observer" : `observer ${text(from)}` };
    case "observer-activity":
      return { from: "observed activity" };
    case "slack-ping":
      return { from: "Slack" };
    default:
      return { from: kind };
  }
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const peerWord = (from: string, summary: string | undefined, body: string): PeerWord => ({
  kind: "peer",
  role: "peer",
  from: nameLine(from),
  summary: summary === undefined || summary.trim() === "" ? undefined : summary.trim(),
  text: readable(body),
});

/** A name is shown in a heading. */
const NAME_UNITS = 100;

function nameLine(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length <= NAME_UNITS
    ? line || "somebody"
    : `${line.slice(0, NAME_UNITS - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Members that say nothing to a person, or stand elsewhere. */
const FRAME_KEYS: ReadonlySet<string> = new Set(["type", "from", "timestamp", "requestId", "request_id", "color"]);
/** Longer bodies are shown as they are. */
const BODY_UNITS = 256 * 1024;

/** What teammates say in JSON (that they are idle, that they want to shut down, …) as lines; any other text as it is. */
function readable(body: string): string {
  if (!body.startsWith("{") || !body.endsWith("}") || body.length > BODY_UNITS) return body;
  try {
    const fields = asObject(JSON.parse(body));
    const type = fields?.["type"];
    if (fields === undefined || typeof type !== "string" || type === "") return body;
    const lines = Object.entries(fields).flatMap(([key, value]) => {
      if (FRAME_KEYS.has(key) || value === null) return [];
      return [`${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`];
    });
    return [type.replaceAll("_", " "), ...lines].join("\n");
  } catch {
    return body;
  }
}

const PASTED = '<pasted_content id="';
const PASTED_HEAD = /<pasted_content id="([0-9a-f]{4})">\n/y;

/** What was pasted, without the element around it that shows the model where it begins and ends. */
function withoutPasteTags(typed: string): string {
  let out = "";
  let done = 0;
  for (let open = typed.indexOf(PASTED); open >= 0; open = typed.indexOf(PASTED, done > open ? done : open + 1)) {
    PASTED_HEAD.lastIndex = open;
    const [head, id] = PASTED_HEAD.exec(typed) ?? [];
    if (head === undefined) continue;
    const body = open + head.length;
    const tail = `\n</pasted_content id="${id}">`;
    const close = typed.indexOf(tail, body - 1);
    // One that is not closed was typed, and so was what follows.
    if (close < 0) break;
    out += typed.slice(done, open) + typed.slice(body, Math.max(body, close));
    done = close + tail.length;
  }
  return done === 0 ? typed : out + typed.slice(done);
}
