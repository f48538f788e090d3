/**
 * What counts as a prompt that a person typed. Two rules of the official helpers, which differ on purpose: the one that
 * names a session by its first prompt (official-helpers.md §4.1, 4.2), and the one that takes a session out of the archive when
 * somebody writes in it again (§4.3).
 *
 * A prompt may be megabytes of pasted text, so every search here goes over the text once.
 */
import { PROMPT_UNITS } from "../rows/limits.ts";
import { PLUGIN_AFTER, PLUGIN_BEFORE } from "../text/user-frames.ts";
import { asObject, blocksOf, type JsonObject, membersOf } from "../rows/json-values.ts";

/** The slash command that names a session in which nothing else was typed. */
export interface CommandFallback {
  command: string | undefined;
}

/** The prompt in a row, as a list shows it: one line, at most `PROMPT_UNITS` units and an ellipsis; undefined if none. */
export function promptOfRow(row: JsonObject, fallback: CommandFallback): string | undefined {
  if (row["type"] !== "user" || row["isMeta"] === true || row["isCompactSummary"] === true) return undefined;
  return promptOfTexts(textsOfMessage(row["message"]), fallback);
}

/**
 * The prompt of a plugin as a fork is named after it, in place of the words around it (official-helpers.md §6.6); undefined when the
 * message is no such prompt. `pluginPrompt` is what the row says of it.
 */
export function pluginPromptOfMessage(message: unknown, pluginPrompt: unknown): string | undefined {
  const content = asObject(message)?.["content"];
  const text = asObject(pluginPrompt)?.["text"];
  if (typeof content !== "string" || typeof text !== "string" || text === "") return undefined;
  const [before, plugin] = PLUGIN_BEFORE.exec(content) ?? [];
  if (before === undefined || content !== before + text + PLUGIN_AFTER) return undefined;
  return promptLine(`Prompt from the ${plugin} plugin: ${text}`);
}

/** The texts of the `message` of a user row; none of one with a tool result. */
export const textsOfMessage = (message: unknown): string[] => textsOf(asObject(message)?.["content"]);

/** A text as a list shows it if it is the first prompt. */
export const promptLine = (text: string): string => compactLine(shorten(withoutPasteTags(text).trim()));

/** The prompt in the texts of a message, as `textsOfMessage` gives them. */
export function promptOfTexts(texts: readonly string[], fallback: CommandFallback): string | undefined {
  for (const text of texts) {
    const said = withoutPasteTags(text).trim();
    if (said === "") continue;
    const command = between(said, "<command-name>", "</command-name>", LINE_END);
    if (command !== undefined) {
      if (!fallback.command) fallback.command = compactLine(command);
      continue;
    }
    const shell = between(said, "<bash-input>", "</bash-input>");
    if (shell !== undefined) return compactLine(`! ${shell.trim()}`);
    if (!NOT_TYPED.test(said)) return compactLine(shorten(said));
  }
  return undefined;
}

/** A tag in lower case at the beginning: what the CLI and its hooks put in the user's place. */
const NOT_TYPED = /^(?:<[a-z][\w-]*[\s>]|\[Request interrupted by user[^\]]*\])/;

/** What ends a line for a regular expression's dot, but for the newline, which the official rule replaces by a space first. */
const LINE_END = /[\r\u2028\u2029]/g;

/** A message with a tool result holds nothing that was typed, whatever stands beside it. */
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

const PASTE_OPEN = '<pasted_content id="';

/** Puts pasted text in the place of the element around it, with up to two newlines on either side of that. */
export function withoutPasteTags(text: string): string {
  let out = "";
  let done = 0;
  for (let open = text.indexOf(PASTE_OPEN); open >= 0;) {
    const idAt = open + PASTE_OPEN.length;
    const id = text.slice(idAt, idAt + 4);
    if (!/^[0-9a-f]{4}$/.test(id) || !text.startsWith('">\n', idAt + 4)) {
      open = text.indexOf(PASTE_OPEN, idAt);
      continue;
    }
    const body = idAt + 7;
    const tag = `\n</pasted_content id="${id}">`;
    const close = text.indexOf(tag, body - 1);
    if (close < 0) break;
    let before = open;
    for (let i = 0; i < 2 && before > done && text[before - 1] === "\n"; i++) before--;
    out += text.slice(done, before) + text.slice(body, Math.max(body, close));
    done = close + tag.length;
    for (let i = 0; i < 2 && text[done] === "\n"; i++) done++;
    open = text.indexOf(PASTE_OPEN, done);
  }
  return done === 0 ? text : out + text.slice(done);
}

/** What stands between the first `open` and the nearest `close` behind it, with none of `barrier` between them. */
function between(text: string, open: string, close: string, barrier?: RegExp): string | undefined {
  let end = -1;
  for (let from = text.indexOf(open); from >= 0;) {
    const start = from + open.length;
    if (end < start) end = text.indexOf(close, start);
    if (end < 0) return undefined;
    const bar = barrier === undefined ? -1 : indexOfPattern(text, barrier, start);
    if (bar < 0 || bar >= end) return text.slice(start, end);
    from = text.indexOf(open, bar);
  }
  return undefined;
}

function indexOfPattern(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

function shorten(text: string): string {
  if (text.length <= PROMPT_UNITS) return text;
  const last = text.charCodeAt(PROMPT_UNITS - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, splitsPair ? PROMPT_UNITS - 1 : PROMPT_UNITS).trim()}…`;
}

/** The same text in memory of its own: a slice would keep the whole prompt alive for as long as it is remembered. */
export const compact = (text: string): string => Buffer.from(text, "utf16le").toString("utf16le");

/** The same on one line. In the bytes, as `replaceAll` takes thirty bytes of memory for each newline. */
function compactLine(text: string): string {
  const units = Buffer.from(text, "utf16le");
  for (let i = 0; i < units.length; i += 2) if (units[i] === NEWLINE && units[i + 1] === 0) units[i] = SPACE;
  return units.toString("utf16le");
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * When a person wrote this row (epoch ms), or undefined when no person did. A row of type `user`, or one that holds a
 * queued command; every mark of a synthetic row disqualifies it, and so does a field of an unexpected type (§4.3).
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

interface Prompt {
  readonly content: unknown;
  readonly origin: unknown;
}

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

/** `fromPerson`: the row says itself that a person is its origin, so that any text will do that is no slash command. */
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

/** One block without a type makes the whole content unreadable, as in the official rule. */
function typedBlocks(content: unknown): JsonObject[] {
  const blocks = blocksOf(content);
  const isWhole = !Array.isArray(content) || content.length === blocks.length;
  return isWhole && blocks.every((block) => typeof block["type"] === "string") ? blocks : [];
}
