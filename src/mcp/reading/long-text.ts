import { type OutputChunk, outputChunks, outputText, type StoredOutput } from "../../store/read/tool-results.ts";
import { textOfBlocks } from "../../view/spilled.ts";
import { noted, sequencesIn } from "../../view/sanitise.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/** Text read in slices of UTF-16 units: a string, or a text that is too long to hold and read from its file. */
export interface LongText {
  readonly length: number;
  slice(from: number, to: number): string;
  charCodeAt(at: number): number;
}

/** Text with the offsets of the server's own words, or the file that contains it. */
export type TextPiece = { readonly text: string; readonly own: readonly number[] } | StoredOutput;

/** Concatenated pieces, sanitised for a model. */
export interface JoinedText {
  readonly text: LongText;
  readonly own: readonly number[];
  /** Number of control sequences of terminals in the files. */
  readonly sequences: number;
}

/** Concatenates pieces. Memory is the pieces, and a few megabytes of each file. Throws `signal.reason`. */
export async function joined(pieces: readonly TextPiece[], signal: AbortSignal): Promise<JoinedText> {
  const texts: LongText[] = [];
  const own: number[] = [];
  let [text, before, sequences] = ["", 0, 0];
  for (const piece of pieces) {
    if ("own" in piece) {
      for (const at of piece.own) own.push(before + text.length + at);
      text += piece.text;
      continue;
    }
    const stored = await storedText(piece, signal);
    sequences += stored.sequences;
    if (typeof stored.text === "string") text += stored.text;
    else {
      texts.push(text, stored.text);
      before += text.length + stored.text.length;
      text = "";
    }
  }
  return { text: texts.length === 0 ? text : new TextList([...texts, text]), own, sequences };
}

/** Maximum size of an output that is held in memory. */
const HELD_BYTES = 4 * 1024 * 1024;
const CHUNKS_PER_TURN = 16;

async function storedText(
  file: StoredOutput,
  signal: AbortSignal,
): Promise<{ readonly text: LongText; readonly sequences: number }> {
  const held = textOfBlocks(file) ?? (file.bytes <= HELD_BYTES ? outputText(file, 0, file.bytes) : undefined);
  if (held !== undefined) return { text: noted(held).trimEnd(), sequences: sequencesIn(held) };
  const chunks: Chunk[] = [];
  const starts: number[] = [];
  let [length, sequences] = [0, 0];
  for (const { text, from, to } of outputChunks(file)) {
    chunks.push({ from, to });
    starts.push(length);
    length += noted(text).length;
    sequences += sequencesIn(text);
    if (chunks.length % CHUNKS_PER_TURN > 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return { text: new FileText(file, chunks, starts, length), sequences };
}

type Chunk = Omit<OutputChunk, "text">;

class FileText implements LongText {
  readonly length: number;
  readonly #file: StoredOutput;
  readonly #chunks: readonly Chunk[];
  /** UTF-16 units of the text before each chunk. */
  readonly #starts: readonly number[];
  #last: { readonly chunk: Chunk; readonly text: string } | undefined;

  constructor(file: StoredOutput, chunks: readonly Chunk[], starts: readonly number[], length: number) {
    this.#file = file;
    this.#chunks = chunks;
    this.#starts = starts;
    this.length = length;
  }

  slice(from: number, to: number): string {
    let text = "";
    for (let i = Math.max(0, upperBound(this.#starts, from) - 1); i < this.#chunks.length; i++) {
      const start = this.#starts[i] as number;
      if (start >= to) break;
      text += this.#read(this.#chunks[i] as Chunk).slice(Math.max(0, from - start), to - start);
    }
    return text;
  }

  charCodeAt(at: number): number {
    return this.slice(at, at + 1).charCodeAt(0);
  }

  #read(chunk: Chunk): string {
    if (this.#last?.chunk !== chunk) {
      this.#last = { chunk, text: noted(outputText(this.#file, chunk.from, chunk.to)) };
    }
    return this.#last.text;
  }
}

class TextList implements LongText {
  readonly length: number;
  readonly #texts: readonly LongText[];

  constructor(texts: readonly LongText[]) {
    this.#texts = texts;
    this.length = texts.reduce((sum, { length }) => sum + length, 0);
  }

  slice(from: number, to: number): string {
    let text = "";
    let at = 0;
    for (const one of this.#texts) {
      if (at + one.length > from && at < to) text += one.slice(Math.max(0, from - at), Math.min(one.length, to - at));
      at += one.length;
    }
    return text;
  }

  charCodeAt(at: number): number {
    return this.slice(at, at + 1).charCodeAt(0);
  }
}

/** Returns the index of the first number above `value` in ascending numbers; their count if there is none. */
export function upperBound(numbers: ArrayLike<number>, value: number): number {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] as number) > value) to = middle;
    else from = middle + 1;
  }
  return from;
}

type Units = Pick<LongText, "length" | "charCodeAt">;

/** Whether a cut there would split a surrogate pair. */
export function isHalf(text: Units, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Returns the nearest offset before (`-1`) or after (`1`) the given one at which a cut splits no visible character. In a long
 * run of joiners only surrogate pairs are kept together.
 */
export function wholeAt(text: Units, at: number, step: 1 | -1): number {
  for (let place = at, tries = 0; place > 0 && place < text.length && tries < NEAR_UNITS; place += step, tries++) {
    if (!isInside(text, place)) return place;
  }
  return isHalf(text, at) ? at + step : at;
}

const NEAR_UNITS = 40;

const isInside = (text: Units, at: number): boolean =>
  isHalf(text, at) || isJoiner(text.charCodeAt(at)) || isJoiner(text.charCodeAt(at - 1));

/** Matches joiners and variation selectors. */
const isJoiner = (unit: number): boolean =>
  (unit >= 0x200b && unit <= 0x200d) || unit === 0xfe0e || unit === 0xfe0f || (unit >= 0x180b && unit <= 0x180f);
