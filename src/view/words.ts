import { isFromPerson } from "../transcript/text/origin.ts";
import { withoutPasteTags } from "../transcript/text/paste-tags.ts";
import { type UserText, visitUserText } from "../transcript/text/user-text.ts";
import { asObject, type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { shorten } from "./plain-text.ts";

/** Piece of a user's message as every surface shows it; `role` is its source (`Role` of parts.ts). */
export type Word =
  | { readonly kind: "text"; readonly role: "user"; readonly text: string }
  | Piece<"command" | "shell", "user">
  | Piece<"output", "tool">
  | PeerWord
  | Notice
  | Piece<"summary" | "hidden", "system">;

type Piece<Kind, Role> = Extract<UserText, { kind: Kind }> & { readonly role: Role };

export type PeerWord = Piece<"peer", "peer">;

export interface Notice {
  readonly kind: "notice";
  readonly role: "system";
  readonly text: string;
  readonly level: "info" | "error";
  /** Set if the notice is about a background task. */
  readonly task?: TaskNews;
}

type News = Extract<UserText, { kind: "notification" }>;

/** Notification of a background task. */
export type TaskNews = Omit<News, "kind" | "result"> & { readonly report: string };

/** Returns the pieces of a user's text, in order. `row` says who sent it; `hasTeam`: whether there may be teammates. */
export function wordsOf(text: string, row: JsonObject, hasTeam = true): Word[] {
  const words: Word[] = [];
  visitWords(text, row, (word) => words.push(word), hasTeam);
  return words;
}

/** Visits the pieces of a user's text one by one. */
export function visitWords(text: string, row: JsonObject, visit: (word: Word) => void, hasTeam = true): void {
  if (row["isCompactSummary"] === true) return visit({ kind: "summary", role: "system", text });
  const sender = senderOf(row["origin"]);
  visitUserText(text, (piece) => visit(wordOf(piece, sender)), hasTeam || sender !== "user");
}

/** Returns the role of what is in a row without an element of the CLI around it. */
export function senderRole(row: JsonObject): "user" | "system" | "peer" {
  const sender = senderOf(row["origin"]);
  return sender === "user" ? "user" : sender === "machine" ? "system" : "peer";
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

function notification({ kind: _kind, result: report = "", ...news }: News): Notice {
  return {
    kind: "notice",
    role: "system",
    text: [news.summary, report, news.pointer].filter(Boolean).join("\n"),
    level: "info",
    task: { ...news, report },
  };
}

/** Author of text in a user's row that is not inside an element. */
type Sender = "user" | "machine" | { readonly from: string };

const SUBKINDS: Readonly<Record<string, string>> = {
  "scheduled-trigger": "scheduled task",
  "peer-send-message": "another session",
  "projects-relay": "project",
  "session-inbox": "inbox",
};

function senderOf(origin: unknown): Sender {
  const { kind, subkind, name, from, server } = membersOf(origin);
  if (typeof kind !== "string" || isFromPerson(origin)) return "user";
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
  from: shorten(from.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim(), NAME_UNITS) || "somebody",
  summary: summary === undefined || summary.trim() === "" ? undefined : summary.trim(),
  text: readable(body),
});

/** Maximum length of a name in a heading, in UTF-16 units. */
const NAME_UNITS = 100;

/** Members that say nothing to a person, or are shown elsewhere. */
const FRAME_KEYS: ReadonlySet<string> = new Set(["type", "from", "timestamp", "requestId", "request_id", "color"]);
/** Maximum length of a body that is parsed, in UTF-16 units. Longer ones are shown unchanged. */
const BODY_UNITS = 256 * 1024;

/** Turns a teammate's JSON message (idle, shutdown request, …) into lines; returns any other text unchanged. */
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
