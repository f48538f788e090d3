/**
 * Finds prompts that a person typed, by two official rules: one names a session by its first prompt (official-helpers.md §4.1,
 * 4.2), the other takes it out of the archive (§4.3). A prompt may be megabytes, so every search here is linear.
 */
import { PROMPT_UNITS } from "../rows/limits.ts";
import { PLUGIN_AFTER, PLUGIN_BEFORE } from "../text/user-frames.ts";
import { withoutPasteTags } from "../text/paste-tags.ts";
import { splitPoint } from "../text/surrogates.ts";
import { asObject, blocksOf, type JsonObject, membersOf, objectsIn } from "../rows/json-values.ts";

/** Slash command that names a session in which nothing else was typed. */
export interface CommandFallback {
  command: string | undefined;
}

/** Returns the prompt in a row as one line of at most `PROMPT_UNITS` units and an ellipsis; undefined if there is none. */
export function promptOfRow(row: JsonObject, fallback: CommandFallback): string | undefined {
  if (row["type"] !== "user" || row["isMeta"] === true || row["isCompactSummary"] === true) return undefined;
  return promptOfTexts(textsOfMessage(row["message"]), fallback);
}

/** Returns the prompt of a plugin in the form of a fork's title (official-helpers.md §6.6). `pluginPrompt`: that member. */
export function pluginPromptOfMessage(message: unknown, pluginPrompt: unknown): string | undefined {
  const content = asObject(message)?.["content"];
  const text = asObject(pluginPrompt)?.["text"];
  if (typeof content !== "string" || typeof text !== "string" || text === "") return undefined;
  const [before, plugin] = PLUGIN_BEFORE.exec(content) ?? [];
  if (before === undefined || content !== before + text + PLUGIN_AFTER) return undefined;
  return promptLine(`Prompt from the ${plugin} plugin: ${text}`);
}

/** Returns the texts of the `message` of a user row; none if it has a tool result. */
export const textsOfMessage = (message: unknown): string[] => textsOf(asObject(message)?.["content"]);

/** Returns a text in the form of a first prompt. */
export const promptLine = (text: string): string => copyAsLine(shorten(unpasted(text)));

/** Removes up to two newlines around pasted text, as the official rule does. */
const unpasted = (text: string): string => withoutPasteTags(text, 2).trim();

/** Returns the prompt in the texts of a message, as `textsOfMessage` gives them. */
export function promptOfTexts(texts: readonly string[], fallback: CommandFallback): string | undefined {
  for (const text of texts) {
    const said = unpasted(text);
    if (said === "") continue;
    const command = between(said, "<command-name>", "</command-name>", LINE_END);
    if (command !== undefined) {
      if (!fallback.command) fallback.command = copyAsLine(command);
      continue;
    }
    const shell = between(said, "<bash-input>", "</bash-input>");
    if (shell !== undefined) return copyAsLine(`! ${shell.trim()}`);
    if (!NOT_TYPED.test(said)) return copyAsLine(shorten(said));
  }
  return undefined;
}

/** Beginnings of texts by the CLI and its hooks: a tag in lower case, an interruption. */
const NOT_TYPED = /^(?:<[a-z][\w-]*[\s>]|\[Request interrupted by user[^\]]*\])/;

/** Line terminators, except the newline, which the official rule replaces by a space first. */
const LINE_END = /[\r\u2028\u2029]/g;

/** Returns the texts of a content. In a message with a tool result nothing was typed. */
function textsOf(content: unknown): string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  const texts: string[] = [];
  for (const block of content as unknown[]) {
    const { type, text } = membersOf(block);
    if (type === "tool_result") return [];
    if (type === "text" && typeof text === "string") texts.push(text);
  }
  return texts;
}

/** Returns the text between the first `open` and the next `close` that have no match of `barrier` between them. */
function between(text: string, open: string, close: string, barrier?: RegExp): string | undefined {
  let end = -1;
  for (let from = text.indexOf(open); from >= 0;) {
    const start = from + open.length;
    if (end < start) end = text.indexOf(close, start);
    if (end < 0) return undefined;
    if (barrier !== undefined) barrier.lastIndex = start;
    const bar = barrier?.exec(text)?.index ?? -1;
    if (bar < 0 || bar >= end) return text.slice(start, end);
    from = text.indexOf(open, bar);
  }
  return undefined;
}

function shorten(text: string): string {
  if (text.length <= PROMPT_UNITS) return text;
  return `${text.slice(0, splitPoint(text, PROMPT_UNITS)).trim()}…`;
}

/** Copies a text: a slice keeps the whole prompt in memory for as long as it is cached. */
export const copyText = (text: string): string => Buffer.from(text, "utf16le").toString("utf16le");

/** Copies a text with spaces for its newlines. Changes the bytes, because `replaceAll` takes 30 bytes for each newline. */
function copyAsLine(text: string): string {
  const units = Buffer.from(text, "utf16le");
  for (let i = 0; i < units.length; i += 2) if (units[i] === NEWLINE && units[i + 1] === 0) units[i] = SPACE;
  return units.toString("utf16le");
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Returns when a person wrote this row (epoch ms), or undefined if none did: a `user` row or a queued command without any mark
 * of a synthetic row or field of an unexpected type (official-helpers.md §4.3).
 */
export function humanPromptTime(row: JsonObject): number | undefined {
  const prompt =
    row["type"] === "user" ? typedPrompt(row) : row["type"] === "attachment" ? queuedPrompt(row) : undefined;
  if (prompt === undefined || typeof row["timestamp"] !== "string") return undefined;
  const origin = asObject(prompt.origin);
  if (prompt.origin !== undefined && origin?.["kind"] !== "human") return undefined;
  if (!looksTyped(prompt.content, origin !== undefined)) return undefined;
  const time = Date.parse(row["timestamp"]);
  return Number.isNaN(time) ? undefined : time;
}

type Prompt = Readonly<Record<"content" | "origin", unknown>>;

const MUST_BE_FALSE = [
  "isCompactSummary",
  "isSidechain",
  "isVirtual",
  "isVisibleInTranscriptOnly",
  "isMeta",
  "textNotTyped",
  "handedOff",
  "queueSkipAttachments",
];
const MUST_BE_ABSENT = ["persist", "wakeupSource", "scheduledTaskId"];
const TURN_ORIGINS = new Set<unknown>([undefined, "human", "sdk", "unknown"]);
const COMMAND_MODES = new Set<unknown>([undefined, "prompt", "bash"]);

const isFalse = (value: unknown): boolean => value === undefined || value === false;

function typedPrompt(row: JsonObject): Prompt | undefined {
  const message = asObject(row["message"]);
  if (message === undefined || MUST_BE_ABSENT.some((key) => row[key] !== undefined)) return undefined;
  if (!MUST_BE_FALSE.every((key) => isFalse(row[key])) || !TURN_ORIGINS.has(row["turnOrigin"])) return undefined;
  if (row["promptSource"] !== undefined && typeof row["promptSource"] !== "string") return undefined;
  if (row["toolUseResult"] !== undefined && row["toolUseResult"] !== null) return undefined;
  return { content: message["content"], origin: row["origin"] };
}

function queuedPrompt(row: JsonObject): Prompt | undefined {
  const attachment = asObject(row["attachment"]);
  if (attachment?.["type"] !== "queued_command" || !isFalse(row["isSidechain"])) return undefined;
  if (!isFalse(attachment["isMeta"]) || !COMMAND_MODES.has(attachment["commandMode"])) return undefined;
  return { content: attachment["prompt"], origin: attachment["origin"] };
}

/** Whether a content was typed. `fromPerson`: the row names a person as its origin, so any text but a slash command counts. */
function looksTyped(content: unknown, fromPerson: boolean): boolean {
  const blocks = typedBlocks(content);
  if (blocks.some((block) => block["type"] === "tool_result")) return false;
  if (blocks.some((block) => block["type"] === "image" || block["type"] === "document")) return true;
  const texts = blocks.map((block) => (typeof block["text"] === "string" ? block["text"].trimStart() : ""));
  if (fromPerson) return texts.some((text) => text !== "") && !texts.some((text) => text.startsWith("<command-name>"));
  return (
    promptOfTexts(textsOf(content), { command: undefined }) !== undefined ||
    texts.some((text) => text.startsWith("<command-message>"))
  );
}

/** Returns the blocks of a content; none if any block has no type, as in the official rule. */
function typedBlocks(content: unknown): JsonObject[] {
  const blocks = typeof content === "string" ? blocksOf(content) : objectsIn(content);
  const isWhole = !Array.isArray(content) || content.length === blocks.length;
  return isWhole && blocks.every((block) => typeof block["type"] === "string") ? blocks : [];
}
