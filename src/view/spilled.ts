import { outputChunks, outputText, type StoredOutput } from "../store/read/tool-results.ts";
import { type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { formatBytes } from "./size.ts";

/** Output that was too long for its row: what of it stands in a text, and where the rest is. */
export interface Spilled {
  /** Name of the file that has it; absent where nothing was kept. */
  readonly name?: string;
  /** Of the whole; absent where it is not known. */
  readonly bytes?: number;
  /** Even the file has only the beginning. */
  readonly cut?: true;
  /** So many characters of the text are the row's part of the output. What follows is something else. */
  readonly to: number;
  /** Absent where the file is not in this store. */
  readonly file?: StoredOutput;
}

/** A text, without the words and the tags for the model, and what of it is elsewhere, if anything is known of that. */
export interface SpilledText {
  readonly text: string;
  readonly spilled?: Spilled;
}

/** Finds stored output by the name or the path that a row tells. */
export type FindOutput = (path: string) => StoredOutput | undefined;

/**
 * Reads what the CLI leaves in place of an output that was too long for its row: a preview in an element of its own, an
 * error that names a file, or a last line that does. `structured`: the row's own record, which may have more of the output.
 * Undefined for any other text.
 */
export function readSpilled(
  stored: string,
  structured: JsonObject,
  find: FindOutput | undefined,
): SpilledText | undefined {
  const words = wordsOf(stored, structured);
  if (words === undefined) return undefined;
  const { after = "", path, size, cut } = words;
  const file = path === undefined ? undefined : find?.(path);
  const preview = file === undefined ? longest(words.row ?? words.preview, structured) : words.preview;
  const bytes = (cut ? undefined : file?.bytes) ?? byteCount(structured["persistedOutputSize"]) ?? bytesIn(size);
  const text = preview + after;
  if (path === undefined && bytes === undefined) return { text };
  return {
    text,
    spilled: {
      ...(path !== undefined && { name: path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) }),
      ...(bytes !== undefined && { bytes }),
      ...(cut && { cut }),
      to: preview.length,
      ...(file !== undefined && { file }),
    },
  };
}

/** How long the output is, and `how` the whole can be seen; or that it cannot. */
export function spilledWords({ name, bytes, cut, file }: Spilled, how: string): string {
  if (file !== undefined && cut) return `the first ${formatBytes(file.bytes)} of the output: ${how}`;
  if (file !== undefined) return `the whole output, ${formatBytes(file.bytes)}: ${how}`;
  const size = bytes === undefined ? " " : `, ${formatBytes(bytes)}, `;
  return `the whole output${size}${name === undefined ? "was not kept" : "is not in this store"}`;
}

/** What the CLI says in place of the output. */
interface Words {
  readonly preview: string;
  /** What is shown of the row where the file is not there; absent: the preview. */
  readonly row?: string;
  readonly after?: string | undefined;
  readonly path?: string | undefined;
  /** As the CLI writes it: `105.6KB`. */
  readonly size?: string | undefined;
  readonly cut?: true | undefined;
}

function wordsOf(text: string, structured: JsonObject): Words | undefined {
  const at = firstLetter(text);
  if (text.startsWith(PERSISTED, at)) return persisted(inElement(text, at, PERSISTED));
  if (text.startsWith(TRUNCATED, at)) return truncated(inElement(text, at, TRUNCATED));
  if (text.startsWith(TOO_MANY_TOKENS, at)) return tooManyTokens(text.slice(at));
  const last = lastLine(text);
  if (text.startsWith(CUT_LINE, last) && text.length - last <= LINE_UNITS) {
    const [, size, named] = CUT_FORM.exec(text.slice(last)) ?? [];
    if (named !== undefined) return { preview: text.slice(0, last), row: text, size, path: named };
  }
  const path = structured["persistedOutputPath"];
  return typeof path === "string" && path !== "" ? { preview: text, path } : undefined;
}

const PERSISTED = "<persisted-output>";
const TRUNCATED = "<truncated-output>";
const TOO_MANY_TOKENS = "Error: result (";
const CUT_LINE = "Output truncated (";
const CUT_FORM = /^Output truncated \(([^)\n]{1,40}) total\)\. Full output saved to: ([^\n]+)\n?$/;
/** The words before a preview are a line or two; a path in them is as long as a system takes. */
const LINE_UNITS = 8192;

/** Where the last line begins. This is asked of every result, so the text is not searched for words. */
const lastLine = (text: string): number => text.lastIndexOf("\n", text.length - 2) + 1;

function firstLetter(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** What is in an element, and what follows it: what a command wrote to stderr. One that does not end is cut off. */
function inElement(text: string, at: number, open: string): { inside: string; after: string } {
  const close = `</${open.slice(1)}`;
  const start = at + open.length;
  const end = text.lastIndexOf(close);
  if (end < start) return { inside: text.slice(start), after: "" };
  return { inside: text.slice(start, end), after: text.slice(end + close.length) };
}

const SAVED = /(?:^|\n)Output too large \(([^)\n]{1,40})\)\. Full output saved to: ([^\n]+)/;
const BEGINNING_SAVED =
  /(?:^|\n)Output exceeded the [^\n]{1,40} persist limit; only the first [^\n]{1,40} were saved to: ([^\n]+)/;
const PREVIEW = /\nPreview \([^)\n]{1,80}\):\n/;

function persisted({ inside, after }: { inside: string; after: string }): Words {
  const head = inside.slice(0, 2 * LINE_UNITS);
  const [, size, path] = SAVED.exec(head) ?? [];
  const [, cutPath] = path === undefined ? (BEGINNING_SAVED.exec(head) ?? []) : [];
  const label = PREVIEW.exec(head);
  const preview = label === null ? inside : inside.slice(label.index + label[0].length);
  return {
    preview: withoutEllipsis(preview),
    after,
    size,
    path: (path ?? cutPath)?.trim(),
    cut: cutPath === undefined ? undefined : true,
  };
}

/** The last line of a preview says that there is more. */
function withoutEllipsis(preview: string): string {
  const text = preview.startsWith("\n") ? preview.slice(1) : preview;
  const end = text.endsWith("\n") ? text.slice(0, -1) : text;
  return end.endsWith("\n...") ? end.slice(0, -"\n...".length) : end;
}

const SIZE = /\(([\d.]+ ?(?:[kKMGT]?B|bytes))\)/;
const SAVED_AT = /saved at ([^\n]{1,8192}?\.(?:txt|json))[.,\s]/;

/** The beginning of an output, after a paragraph for the model that says what became of the rest. */
function truncated({ inside, after }: { inside: string; after: string }): Words {
  const text = inside.startsWith("\n") ? inside.slice(1) : inside;
  const end = text.indexOf("\n\n");
  const head = text.slice(0, end < 0 ? text.length : end).slice(0, 2 * LINE_UNITS);
  const [, size] = SIZE.exec(head) ?? [];
  const [, path] = SAVED_AT.exec(head) ?? [];
  return { preview: withoutEllipsis(end < 0 ? text : text.slice(end + 2)), after, size, path };
}

const TOO_MANY_TOKENS_FORM =
  /^(Error: result \([^)\n]{1,200}\) exceeds maximum allowed tokens\.) Output has been saved to ([^\n]{1,8192}?)\.?(?:\n|$)/;

/** All that the row has is an error with advice for the model. */
function tooManyTokens(text: string): Words | undefined {
  const [, preview, path] = TOO_MANY_TOKENS_FORM.exec(text.slice(0, 2 * LINE_UNITS)) ?? [];
  return preview === undefined ? undefined : { preview, path };
}

/** The row's record may have more of the output than the preview, which is its beginning. */
function longest(preview: string, structured: JsonObject): string {
  const start = preview.trimStart().slice(0, PREVIEW_LOOK);
  const others = [structured["stdout"], structured["content"]].filter((value) => typeof value === "string");
  const found = others.find((text) => text.length > preview.length && text.startsWith(start, firstLetter(text)));
  return found !== undefined && start !== "" ? found : preview;
}

const PREVIEW_LOOK = 100;

const UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["BYTES", 1],
  ["KB", 1024],
  ["MB", 1024 ** 2],
  ["GB", 1024 ** 3],
  ["TB", 1024 ** 4],
]);

/** The bytes of `105.6KB`, as nearly as it says. */
function bytesIn(size: string | undefined): number | undefined {
  const [, count, unit = ""] = /^([\d.]+) ?([a-zA-Z]+)$/.exec(size ?? "") ?? [];
  return byteCount(Math.round(Number(count) * (UNITS.get(unit.toUpperCase()) ?? Number.NaN)));
}

const byteCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** A longer list of blocks is not taken apart: the value and its text would stand in memory several times. */
const BLOCKS_BYTES = 16 * 1024 * 1024;

/**
 * The text of a stored output, in pieces. Output of MCP servers is kept as a JSON list of text blocks: of one that is not
 * very long the texts are given. Throws file-system errors.
 */
export function* wholeText(file: StoredOutput): Generator<string> {
  const blocks = textOfBlocks(file);
  if (blocks !== undefined) yield blocks;
  else for (const { text } of outputChunks(file)) yield text;
}

/** The first characters of a stored output, about as many as `most` bytes, and how many bytes of the file follow. */
export function beginningOf(file: StoredOutput, most: number): { readonly text: string; readonly more: number } {
  if (file.bytes <= most) return { text: [...wholeText(file)].join(""), more: 0 };
  const blocks = textOfBlocks(file);
  if (blocks !== undefined) return { text: blocks.slice(0, most), more: Math.max(0, blocks.length - most) };
  // Without a letter of which only the beginning was read.
  const text = outputText(file, 0, most).replace(/\ufffd{1,3}$/, "");
  return { text, more: file.bytes - most };
}

/** The texts of a JSON list of text blocks; undefined for any other file. */
export function textOfBlocks(file: StoredOutput): string | undefined {
  if (file.bytes > BLOCKS_BYTES || file.bytes < 2) return undefined;
  if (!/^\s*\[\s*\{\s*"/.test(outputText(file, 0, Math.min(file.bytes, 256)))) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(outputText(file, 0, file.bytes));
  } catch {
    return undefined;
  }
  const texts: string[] = [];
  for (const item of Array.isArray(value) ? value : []) {
    const { type, text } = membersOf(item);
    if (type !== "text" || typeof text !== "string") return undefined;
    texts.push(text);
  }
  return texts.length === 0 ? undefined : texts.join("\n");
}
