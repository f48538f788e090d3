/** What a list sees of a transcript, for predicates and stand-ins; from official-helpers.md §4, apart from src on purpose. */
import { readUserText } from "../../src/transcript/text/user-text.ts";
import { bytesOf, line, type Row, rowOf, type Transcript } from "./model.ts";
import { breakOf } from "./grammar.ts";
import { memo } from "./memo.ts";
import { field } from "./transforms.ts";

export const WINDOW = 65536;
/** How far our list reads for the first prompt. */
const GROWTH = 16 * 1024 * 1024;

interface Line {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

const placedLines = memo(({ lines }: Transcript): readonly Line[] => {
  let start = 0;
  return lines.map((bytes) => {
    const placed = { bytes, start, end: start + bytes.length };
    start = placed.end + 1;
    return placed;
  });
});

/** Whether the row lies wholly in the head, or in the tail, of a file of that size. */
export const inHead = (placed: Line): boolean => placed.end <= WINDOW;
export const inTail = (placed: Line, size: number): boolean => placed.start >= size - WINDOW;

/** The prompt in a row (official-helpers.md §4.1); `/name` of a command is told apart as it only counts where there is no prompt. */
function promptOf(row: Row): { readonly prompt?: string; readonly command?: string } {
  if (row["type"] !== "user" || row["isMeta"] === true || row["isCompactSummary"] === true) return {};
  const content = field(row["message"], "content");
  const blocks: unknown[] =
    typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [];
  if (blocks.some((block) => field(block, "type") === "tool_result")) return {};
  let command: string | undefined;
  for (const block of blocks) {
    const said = field(block, "text");
    if (field(block, "type") !== "text" || typeof said !== "string") continue;
    const text = said
      .replace(/\n{0,2}<pasted_content id="([0-9a-f]{4})">\n([^]*?)\n<\/pasted_content id="\1">\n{0,2}/g, "$2")
      .replaceAll("\n", " ")
      .trim();
    if (text === "") continue;
    const name = /<command-name>(.*?)<\/command-name>/.exec(text);
    if (name !== null) {
      command ||= name[1];
      continue;
    }
    const shell = /<bash-input>([^]*?)<\/bash-input>/.exec(text);
    if (shell !== null) return { prompt: `! ${shell[1]?.trim()}` };
    if (/^(?:<[a-z][\w-]*[\s>]|\[Request interrupted by user[^\]]*\])/.test(text)) continue;
    return { prompt: text };
  }
  return command === undefined ? {} : { command };
}

/** A row that the text tests of the official head scan let through. */
function isPromptLine(bytes: Buffer): boolean {
  if (bytes.includes('"tool_result"') || !bytes.includes('"user"')) return false;
  return !["isMeta", "isCompactSummary"].some(
    (key) => bytes.includes(`"${key}":true`) || bytes.includes(`"${key}": true`),
  );
}

const givesPrompt = memo((bytes: Buffer): boolean => {
  const row = isPromptLine(bytes) ? rowOf(bytes) : undefined;
  return row !== undefined && row["isSidechain"] !== true && promptOf(row).prompt !== undefined;
});

/** A prompt that only our list knows: it begins with markup of somebody's own, or an element of the CLI's stands before it. */
interface MarkupPrompt {
  /** Index of its line. */
  readonly at: number;
  /** The text that it stands in, and what of it was typed. */
  readonly text: string;
  readonly typed: string;
}

const isMain = (bytes: Buffer): boolean => isPromptLine(bytes) && rowOf(bytes)?.["isSidechain"] !== true;

/** The first such prompt of a transcript in which the official rule finds neither a prompt nor a command. */
export const markupPrompt = memo((transcript: Transcript): MarkupPrompt | undefined => {
  let found: MarkupPrompt | undefined;
  for (const [at, placed] of placedLines(transcript).entries()) {
    const row = inHead(placed) && isMain(placed.bytes) ? rowOf(placed.bytes) : undefined;
    if (row === undefined) continue;
    const { prompt, command } = promptOf(row);
    if (prompt !== undefined || command) return undefined;
    if (row["type"] === "user" && found === undefined) found = markupPromptOf(row, at);
  }
  return found;
});

function markupPromptOf(row: Row, at: number): MarkupPrompt | undefined {
  if (row["isMeta"] === true || row["isCompactSummary"] === true) return undefined;
  const content = field(row["message"], "content");
  const texts = Array.isArray(content) ? content.map((block: unknown) => field(block, "text")) : [content];
  for (const text of texts) {
    if (typeof text !== "string") continue;
    for (const piece of readUserText(text)) if (piece.kind === "typed") return { at, text, typed: piece.text.trim() };
  }
  return undefined;
}

/** Letters that stand for the first of a prompt that the official rule would pass over: those that it looks for. */
const STAND_INS: Readonly<Record<string, string>> = { "<": "^", "[": "`" };

/** The transcript with that prompt in a form that the official rule takes, at the same length. */
export function withPlainPrompt(transcript: Transcript): Transcript {
  const prompt = markupPrompt(transcript);
  if (prompt === undefined) return transcript;
  const [from, to] = [prompt.text, standingIn(prompt.typed)].map((text) => JSON.stringify(text).slice(1, -1));
  const lines = transcript.lines.map((bytes, at) => {
    if (at !== prompt.at || from === undefined || to === undefined) return bytes;
    const room = Buffer.byteLength(from) - Buffer.byteLength(to);
    return Buffer.from(bytes.toString("utf8").replace(from, () => to + " ".repeat(room)));
  });
  return { ...transcript, lines: continuedLast(lines, prompt.at) };
}

/** What stands in for the prompt would end a continuation that was written before it, which the prompt does not. */
function continuedLast(lines: readonly Buffer[], prompt: number): readonly Buffer[] {
  const at = lines.findLastIndex((bytes) => bytes.includes('"type":"continued-in"'));
  const ends = (bytes: Buffer): boolean => {
    const row = rowOf(bytes) ?? {};
    if (row["type"] === "user") return promptOf(row).prompt !== undefined;
    const isAnswer = row["type"] === "assistant" && row["isApiErrorMessage"] !== true;
    return isAnswer && typeof field(row["message"], "stop_reason") === "string";
  };
  if (at < 0 || at > prompt || lines.some((bytes, i) => i > at && i !== prompt && ends(bytes))) return lines;
  return [...lines.slice(0, at), ...lines.slice(at + 1), lines[at] as Buffer];
}

const standingIn = (typed: string): string =>
  /^(?:<[a-z][\w-]*[\s>]|\[Request interrupted by user[^\]]*\])/.test(typed)
    ? (STAND_INS[typed.charAt(0)] ?? "") + typed.slice(1)
    : typed;

/** A text as the list gave it, from what it gave for a stand-in. */
export function withoutStandIn(text: string): string {
  const letter = Object.entries(STAND_INS).find(([, standIn]) => text.startsWith(standIn))?.[0];
  return letter === undefined ? text : letter + text.slice(1);
}

/** What a list calls a session without a prompt that has a picture or a document in it (official-helpers.md §4.2), as far as ours reads. */
export function mediaOf(transcript: Transcript): "Image" | "Document" | undefined {
  for (const placed of placedLines(transcript)) {
    if (!placed.bytes.includes('"user"') || placed.bytes.includes('"tool_result"')) continue;
    const row = placed.end <= GROWTH ? rowOf(placed.bytes) : undefined;
    if (row?.["type"] !== "user" || row["isSidechain"] === true) continue;
    const has = (key: string, value: string): boolean =>
      placed.bytes.includes(`"${key}":${value}`) || placed.bytes.includes(`"${key}": ${value}`);
    if (has("isMeta", "true")) continue;
    if (has("type", '"image"')) return "Image";
    if (has("type", '"document"')) return "Document";
  }
  return undefined;
}

/** Whether the first prompt of the main chain in the head has a row of a sidechain before it that could be taken for one. */
export function hasSidePrompt(transcript: Transcript): boolean {
  for (const placed of placedLines(transcript)) {
    if (!inHead(placed) || givesPrompt(placed.bytes)) return false;
    const row = placed.bytes.includes("isSidechain") ? rowOf(placed.bytes) : undefined;
    if (row?.["type"] === "user" && row["isSidechain"] === true) return true;
  }
  return false;
}

/** Lines of sidechains that name another directory than the first line of the main chain in the same head does, behind them. */
export function sideCwdLines(transcript: Transcript, full: boolean): Line[] {
  const lines = placedLines(transcript);
  const grown = grownHead(transcript, full);
  const side: Line[] = [];
  for (const [at, placed] of lines.entries()) {
    if (grown === undefined ? placed.start >= WINDOW : at > grown) return [];
    const row = placed.bytes.includes('"cwd"') ? rowOf(placed.bytes) : undefined;
    if (typeof row?.["cwd"] !== "string") continue;
    if (row["isSidechain"] === true) side.push(placed);
    else {
      // Of a row that the edge of the head cuts, what stands before it is read.
      const cut = placed.bytes.indexOf('"cwd"') + row["cwd"].length + 10;
      const isRead = grown !== undefined || inHead(placed) || placed.start + cut < WINDOW;
      return isRead && side.some(({ bytes }) => rowOf(bytes)?.["cwd"] !== row["cwd"]) ? side : [];
    }
  }
  return [];
}

/** Index of the line behind which the head of our list ends, when it has to grow for a first prompt; else undefined. */
export function grownHead(transcript: Transcript, full: boolean): number | undefined {
  const lines = placedLines(transcript);
  const size = bytesOf(transcript).length;
  if (size <= WINDOW || lines.some((placed) => inHead(placed) && givesPrompt(placed.bytes))) return undefined;
  const limit = full ? Infinity : GROWTH;
  const found = lines.findIndex((placed) => placed.end <= limit && givesPrompt(placed.bytes));
  if (found >= 0) return found;
  return lines.findLastIndex((placed) => placed.end <= limit);
}

/** Where a session belongs that does not say so in the official windows, but further on (official-helpers.md §2.4). */
export function cwdBeyondWindow(transcript: Transcript): string | undefined {
  const size = bytesOf(transcript).length;
  const lines = placedLines(transcript);
  const moved = lines.some((placed) => {
    const row = inTail(placed, size) && placed.bytes.includes('"relocated"') ? rowOf(placed.bytes) : undefined;
    return row?.["type"] === "relocated" && typeof row["relocatedCwd"] === "string";
  });
  const first = lines.find(({ bytes }) => bytes.includes('"cwd"') && typeof rowOf(bytes)?.["cwd"] === "string");
  if (moved || first === undefined || inHead(first) || first.end > GROWTH) return undefined;
  return rowOf(first.bytes)?.["cwd"] as string;
}

const FACTS = [
  "type",
  "uuid",
  "parentUuid",
  "isSidechain",
  "isMeta",
  "isCompactSummary",
  "cwd",
  "gitBranch",
  "entrypoint",
  "sessionKind",
  "customTitle",
  "aiTitle",
  "timestamp",
  "origin",
  "turnOrigin",
  "pluginPrompt",
];

/** The row with what a list looks at, and no payload. */
function digest(bytes: Buffer): Buffer | undefined {
  const row = rowOf(bytes);
  const side = row?.["type"] === "user" && row["isSidechain"] === true;
  if (bytes.length < 1_000 && !side) return bytes;
  if (row === undefined) return undefined;
  // Nobody typed what a subagent was asked.
  if (side) return line({ ...row, type: "uSer", message: null, toolUseResult: null });
  const small: Row = Object.fromEntries(FACTS.filter((key) => key in row).map((key) => [key, row[key]]));
  if (row["type"] === "user") {
    const content = field(row["message"], "content");
    if (typeof content === "string") small["message"] = { content: content.slice(0, 600) };
    else if (Array.isArray(content)) small["message"] = { content: content.slice(0, 6).map(shortBlock) };
    if (!isPromptLine(bytes)) small["message"] = { content: [{ type: "tool_result" }] };
  }
  return line(small);
}

const shortBlock = (block: unknown): unknown => {
  const type = field(block, "type");
  const text = field(block, "text");
  return typeof text === "string" ? { type, text: text.slice(0, 600) } : { type };
};

/**
 * The transcript with its grown head made small enough for the official window, and its tail as it is: between them
 * stands filler, so that neither window reaches into the other.
 */
export function withGrownHead(transcript: Transcript, full: boolean): Transcript {
  const to = grownHead(transcript, full);
  if (to === undefined) return transcript;
  let head = transcript.lines.slice(0, to + 1).flatMap((bytes) => digest(bytes) ?? []);
  while (Buffer.concat(head).length + head.length > WINDOW - 2_000)
    head = [...head.slice(0, head.length / 3), ...head.slice(-head.length / 3)];
  const tail = bytesOf(transcript).subarray(-WINDOW);
  // Its length tells copies apart that differ in nothing else, as their own did.
  const length = 2 * WINDOW + (bytesOf(transcript).length % WINDOW);
  const filler = Buffer.from(`{"type":"filler","text":"${"x".repeat(length)}`);
  const lines = [...head, ...splitLines(Buffer.concat([filler, tail]))];
  return { ...transcript, lines: transcript.finalNewline ? lines.slice(0, -1) : lines };
}

function splitLines(bytes: Buffer): Buffer[] {
  return bytes
    .toString("latin1")
    .split("\n")
    .map((text) => Buffer.from(text, "latin1"));
}

/** Title or tag records in a part of the file, in order. */
export function records(transcript: Transcript, type: string, key: string, test: (placed: Line) => boolean): string[] {
  return placedLines(transcript).flatMap((placed) => {
    if (!placed.bytes.includes(`"${type}"`) || !test(placed)) return [];
    const row = rowOf(placed.bytes);
    const value = row?.[key];
    return row?.["type"] === type && typeof value === "string" ? [value] : [];
  });
}

/** The same bytes with one letter of each word changed, in the lines that match. */
export function defused(transcript: Transcript, from: string, to: string, test: (placed: Line) => boolean): Transcript {
  const lines = placedLines(transcript).map((placed) => {
    if (!test(placed)) return placed.bytes;
    return Buffer.from(placed.bytes.toString("latin1").replace(from, to), "latin1");
  });
  return { ...transcript, lines };
}

const NESTED = ["cwd", "gitBranch", "timestamp", "entrypoint", "sessionKind"];

const NESTED_KEY = new RegExp(`"(${NESTED.join("|")})": ?"`, "g");

/** The line with those keys renamed, letter for letter, that stand elsewhere than at the top level of a row, up to where it breaks. */
export const withoutNestedKeys = memo((bytes: Buffer): Buffer => {
  if (!NESTED.some((key) => bytes.includes(`"${key}"`))) return bytes;
  const out = Buffer.from(bytes);
  const start = bytes.findIndex((byte) => byte > 0x20);
  const isObject = bytes[start] === 0x7b;
  const broken =
    rowOf(bytes) === undefined ? Math.max(start, 0) + breakOf(bytes.subarray(Math.max(start, 0))) : Infinity;
  let depth = 0;
  const counted = new Map<string, number>();
  if (broken < bytes.length) {
    // Behind the break nothing tells strings from what is between them; the quote before it may begin a word as well.
    const from = Math.max(broken - 1, 0);
    for (const { 1: key, index } of bytes.toString("latin1", from).matchAll(NESTED_KEY))
      out[from + index + (key as string).length] = 0x7e;
  }
  for (let at = Math.max(start, 0); at < Math.min(bytes.length, broken); at++) {
    const byte = bytes[at];
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x22) {
      let end = at + 1;
      while (end < bytes.length && bytes[end] !== 0x22) end += bytes[end] === 0x5c ? 2 : 1;
      const word = bytes.toString("latin1", at + 1, end);
      const isCounted = depth === 1 && isObject && stringEnd(bytes, end + 2) <= broken;
      if (bytes[end + 1] === 0x3a && NESTED.includes(word)) {
        // Of a key that is there twice the last one counts.
        const other = isCounted ? counted.get(word) : end;
        if (other !== undefined) out[other - 1] = 0x7e;
        if (isCounted) counted.set(word, end);
      }
      at = end;
    }
  }
  return out;
});

/** One past the string that begins there, blanks before it passed over. */
function stringEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20) at++;
  if (bytes[at] !== 0x22) return from;
  for (at++; at < bytes.length && bytes[at] !== 0x22; at++) if (bytes[at] === 0x5c) at++;
  return at + 1;
}

/** A row that means nothing, of some length. */
export const filler = (length: number): Buffer => line({ type: "filler", text: "x".repeat(length) });

/** The lines but for titles and tags. */
export const withoutTitles = (one: Transcript): Buffer[] =>
  one.lines.filter(
    (bytes) => !bytes.includes('"custom-title"') && !bytes.includes('"ai-title"') && !bytes.includes('"tag"'),
  );

/** Without control characters before the row, but for those that JSON allows there. */
export function withoutControls(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte > 0x20);
  const before = bytes.subarray(0, Math.max(start, 0));
  return before.some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) && bytes[start] === 0x7b
    ? bytes.subarray(start)
    : bytes;
}

/** The test of the official list, on the first line. */
export const saysSidechain = (bytes: Buffer): boolean => {
  const head = bytes.subarray(0, WINDOW);
  return head.includes('"isSidechain":true') || head.includes('"isSidechain": true');
};
