import { outputChunks, outputText, type StoredOutput } from "../store/read/tool-results.ts";
import { type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { formatBytes } from "./size.ts";

/** Output that was too long for its row: which part of it is in a text, and where the rest is. */
export interface Spilled {
  /** Name of the file that has the output; absent if none was kept. */
  readonly name?: string;
  /** Size of the whole output; absent if unknown. */
  readonly bytes?: number;
  /** The file, too, has only the beginning. */
  readonly cut?: true;
  /** Range of the text that is output, in UTF-16 units. Other text may be before it and follow it. */
  readonly from: number;
  readonly to: number;
  /** Absent if the file is not in this store. */
  readonly file?: StoredOutput;
}

/** A text without the words and tags for the model, and the rest of the output, if anything is known of it. */
export interface SpilledText {
  readonly text: string;
  readonly spilled?: Spilled;
}

/** Texts of a result, joined with line breaks, and its outputs that were too long, in order; absent if there are none. */
export interface JoinedTexts {
  readonly text: string;
  readonly spilled?: readonly Spilled[];
}

/** Finds stored output by the name or path in a row. */
export type FindOutput = (path: string) => StoredOutput | undefined;

/**
 * Reads each text of a result, as `readSpilled` does: any of them may be a stub. The row's record is about the only stub, or
 * if there is none, about the first text.
 */
export function readTexts(
  texts: readonly string[],
  structured: JsonObject,
  find: FindOutput | undefined,
): (SpilledText | undefined)[] {
  if (texts.length < 2) return texts.map((text) => readSpilled(text, structured, find));
  const stubs = texts.flatMap((text, i) => (stubOf(text, NOTHING) === undefined ? [] : [i]));
  const recorded = stubs.length < 2 ? (stubs[0] ?? 0) : undefined;
  return texts.map((text, i) => readSpilled(text, i === recorded ? structured : NOTHING, find));
}

const NOTHING: JsonObject = {};

/** Reads the texts of a result, and joins them. */
export function joinTexts(texts: readonly string[], structured: JsonObject, find: FindOutput | undefined): JoinedTexts {
  const read = readTexts(texts, structured, find);
  const shown = texts.map((text, i) => read[i]?.text ?? text);
  const spilled: Spilled[] = [];
  let start = 0;
  for (const [i, text] of shown.entries()) {
    const one = read[i]?.spilled;
    if (one !== undefined) spilled.push({ ...one, from: start + one.from, to: start + one.to });
    start += text.length + 1;
  }
  return { text: shown.join("\n"), ...(spilled.length > 0 && { spilled }) };
}

/** Splits a text into its outputs that were too long and the texts around them, in order and without empty texts. */
export function* segmentsOf({ text, spilled = [] }: JoinedTexts): Generator<{ text: string; spilled?: Spilled }> {
  let at = 0;
  for (const one of spilled) {
    if (one.from > at) yield { text: text.slice(at, one.from) };
    yield { text: text.slice(one.from, one.to), spilled: one };
    at = one.to;
  }
  if (at < text.length) yield { text: text.slice(at) };
}

/**
 * Reads the stub that the CLI leaves of an output that was too long for its row; undefined for any other text. `structured`:
 * the row's own record, which may have more of the output.
 */
export function readSpilled(
  stored: string,
  structured: JsonObject,
  find: FindOutput | undefined,
): SpilledText | undefined {
  const stub = stubOf(stored, structured);
  if (stub === undefined) return undefined;
  const { after = "", path, size, cut } = stub;
  const found = path === undefined ? undefined : find?.(path);
  // A file with less than the row was cut short later, unless the CLI says that it cut it.
  const least = stub.after === undefined || cut ? 1 : Buffer.byteLength(stub.preview);
  const file = found !== undefined && found.bytes >= least ? found : undefined;
  const preview = file === undefined ? longest(stub.row ?? stub.preview, structured) : stub.preview;
  const bytes = (cut ? undefined : file?.bytes) ?? byteCount(structured["persistedOutputSize"]) ?? bytesIn(size);
  const text = preview + after;
  if (path === undefined && bytes === undefined) return { text };
  return {
    text,
    spilled: {
      ...(path !== undefined && { name: path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) }),
      ...(bytes !== undefined && { bytes }),
      ...(cut && { cut }),
      from: 0,
      to: preview.length,
      ...(file !== undefined && { file }),
    },
  };
}

/** Says how long the output is, and `how` to see all of it, or that it is missing. */
export function spilledWords({ name, bytes, cut, file }: Spilled, how: string): string {
  if (file !== undefined && cut) return `the first ${formatBytes(file.bytes)} of the output: ${how}`;
  if (file !== undefined) return `the whole output, ${formatBytes(file.bytes)}: ${how}`;
  const size = bytes === undefined ? " " : `, ${formatBytes(bytes)}, `;
  return `the whole output${size}${name === undefined ? "was not kept" : "is not in this store"}`;
}

/** The CLI's replacement for an output. */
interface Stub {
  readonly preview: string;
  /** Text to show if the file is missing; absent: the preview. */
  readonly row?: string;
  readonly after?: string | undefined;
  readonly path?: string | undefined;
  /** As the CLI writes it: `105.6KB`. */
  readonly size?: string | undefined;
  readonly cut?: true | undefined;
}

function stubOf(text: string, structured: JsonObject): Stub | undefined {
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
/** Maximum length of a line that names a file, in UTF-16 units: twice the longest path. */
const LINE_UNITS = 8192;

/** Returns where the last line begins. Runs for every result, so it does not search the whole text. */
const lastLine = (text: string): number => text.lastIndexOf("\n", text.length - 2) + 1;

function firstLetter(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** Returns the content of an element, and the text after it (stderr). An element without an end extends to the end. */
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

function persisted({ inside, after }: ReturnType<typeof inElement>): Stub {
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

/** Removes the last line of a preview, which says that there is more. */
function withoutEllipsis(preview: string): string {
  const text = preview.startsWith("\n") ? preview.slice(1) : preview;
  const end = text.endsWith("\n") ? text.slice(0, -1) : text;
  return end.endsWith("\n...") ? end.slice(0, -"\n...".length) : end;
}

const SIZE = /\(([\d.]+ ?(?:[kKMGT]?B|bytes))\)/;
const SAVED_AT = /saved at ([^\n]{1,8192}?\.(?:txt|json))[.,\s]/;

/** Reads a `<truncated-output>`: a paragraph for the model about the rest, then the beginning of the output. */
function truncated({ inside, after }: { inside: string; after: string }): Stub {
  const text = inside.startsWith("\n") ? inside.slice(1) : inside;
  const end = text.indexOf("\n\n");
  const head = text.slice(0, end < 0 ? text.length : end).slice(0, 2 * LINE_UNITS);
  const [, size] = SIZE.exec(head) ?? [];
  const [, path] = SAVED_AT.exec(head) ?? [];
  return { preview: withoutEllipsis(end < 0 ? text : text.slice(end + 2)), after, size, path };
}

const TOO_MANY_TOKENS_FORM =
  /^(Error: result \([^)\n]{1,200}\) exceeds maximum allowed tokens\.) Output has been saved to ([^\n]{1,8192}?)\.?(?:\n|$)/;

/** Reads an error with advice for the model, which is all that the row has. */
function tooManyTokens(text: string): Stub | undefined {
  const [, preview, path] = TOO_MANY_TOKENS_FORM.exec(text.slice(0, 2 * LINE_UNITS)) ?? [];
  return preview === undefined ? undefined : { preview, path };
}

/** Returns the row's record if it begins as the preview and has more of the output. */
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

/** Converts `105.6KB` to bytes, as exactly as it says. */
function bytesIn(size: string | undefined): number | undefined {
  const [, count, unit = ""] = /^([\d.]+) ?([a-zA-Z]+)$/.exec(size ?? "") ?? [];
  return byteCount(Math.round(Number(count) * (UNITS.get(unit.toUpperCase()) ?? Number.NaN)));
}

const byteCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** Maximum size of a list of blocks that is parsed: parsing holds several copies in memory. */
export const BLOCKS_BYTES = 16 * 1024 * 1024;

/**
 * Returns the text of a stored output, in pieces. Output of MCP servers is a JSON list of text blocks; up to `BLOCKS_BYTES`
 * their texts are returned instead. Throws file-system errors.
 */
export function* wholeText(file: StoredOutput): Generator<string> {
  const blocks = textOfBlocks(file);
  if (blocks !== undefined) yield blocks;
  else for (const { text } of outputChunks(file)) yield text;
}

/** Returns the beginning of a stored output, about `most` bytes, and how many bytes of the file follow. */
export function beginningOf(file: StoredOutput, most: number): { readonly text: string; readonly more: number } {
  if (file.bytes <= most) return { text: [...wholeText(file)].join(""), more: 0 };
  const blocks = textOfBlocks(file);
  if (blocks !== undefined) return { text: blocks.slice(0, most), more: Math.max(0, blocks.length - most) };
  // The last character may be incomplete.
  const text = outputText(file, 0, most).replace(/\ufffd{1,3}$/, "");
  return { text, more: file.bytes - most };
}

/** Returns the texts of a JSON list of text blocks; undefined for any other file. */
export function textOfBlocks(file: StoredOutput): string | undefined {
  if (file.bytes > BLOCKS_BYTES || file.bytes < 2) return undefined;
  if (!/^\s*\[\s*\{\s*"/.test(outputText(file, 0, Math.min(file.bytes, 256)))) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(outputText(file, 0, file.bytes));
  } catch {
    return undefined;
  }
  const blocks = Array.isArray(value) ? value.map(membersOf) : [];
  const texts = blocks.flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []));
  return texts.length === 0 || texts.length < blocks.length ? undefined : texts.join("\n");
}
