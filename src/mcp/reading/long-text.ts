import { outputChunks, outputText, type StoredOutput } from "../../store/read/tool-results.ts";
import { BLOCKS_BYTES, textOfBlocks } from "../../view/spilled.ts";
import { noted, sequencesIn } from "../../view/sanitise.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/** Text read in slices of UTF-16 units: a string, or a text that is too long to hold and read from its file. */
export interface LongText {
  readonly length: number;
  slice(from: number, to: number): string;
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

/** Concatenates pieces. Memory is the pieces, and a few megabytes of the files. Throws `signal.reason`. */
export async function joined(pieces: readonly TextPiece[], signal: AbortSignal): Promise<JoinedText> {
  const texts: LongText[] = [];
  const own: number[] = [];
  let [length, sequences] = [0, 0];
  const add = (text: LongText): void => {
    texts.push(text);
    length += text.length;
  };
  const files = new Map<string, StoredText>();
  let room = HELD_BYTES;
  for (const piece of pieces) {
    if ("own" in piece) {
      for (const at of piece.own) own.push(length + at);
      add(piece.text);
      continue;
    }
    // Pieces may name one file many times.
    let file = files.get(piece.path);
    if (file === undefined) {
      files.set(piece.path, (file = await readStored(piece, room, signal)));
      if (file.isHeld) room -= piece.bytes;
    }
    file.texts.forEach(add);
    sequences += file.sequences;
  }
  const held = texts.every((text) => typeof text === "string");
  return { text: held ? texts.join("") : new TextList(texts), own, sequences };
}

/** Maximum size of outputs that are held in memory. */
const HELD_BYTES = 4 * 1024 * 1024;
const CHUNKS_PER_TURN = 16;

/** Text of a file, and the number of its control sequences. */
interface StoredText {
  readonly texts: readonly LongText[];
  readonly sequences: number;
  readonly isHeld: boolean;
}

/** Reads the text of a file; one longer than `room` bytes in chunks that are read again when needed. */
async function readStored(file: StoredOutput, room: number, signal: AbortSignal): Promise<StoredText> {
  const blocks = room > -BLOCKS_BYTES ? textOfBlocks(file) : undefined;
  const held = blocks ?? (file.bytes <= room ? outputText(file, 0, file.bytes) : undefined);
  if (held !== undefined) return { texts: [noted(held).trimEnd()], sequences: sequencesIn(held), isHeld: true };
  let last = { from: -1, text: "" };
  const read = (from: number, to: number): string => {
    if (last.from !== from) last = { from, text: noted(outputText(file, from, to)) };
    return last.text;
  };
  const texts: LongText[] = [];
  let [chunks, sequences] = [0, 0];
  for (const { text, from, to } of outputChunks(file)) {
    texts.push({ length: noted(text).length, slice: (start, end) => read(from, to).slice(start, end) });
    sequences += sequencesIn(text);
    if (++chunks % CHUNKS_PER_TURN > 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return { texts, sequences, isHeld: false };
}

class TextList implements LongText {
  readonly length: number;
  readonly #texts: readonly LongText[];
  /** UTF-16 units before each text. */
  readonly #starts: readonly number[];

  constructor(texts: readonly LongText[]) {
    let length = 0;
    this.#texts = texts;
    this.#starts = texts.map((text) => (length += text.length) - text.length);
    this.length = length;
  }

  slice(from: number, to: number): string {
    let text = "";
    for (let i = upperBound(this.#starts, from) - 1; i < this.#texts.length; i++) {
      const start = this.#starts[i] as number;
      if (start >= to) break;
      text += (this.#texts[i] as LongText).slice(Math.max(0, from - start), to - start);
    }
    return text;
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

/** Whether a cut there would split a surrogate pair. */
export function isHalf(text: LongText, at: number): boolean {
  const unit = unitAt(text, at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Returns the nearest offset before (`-1`) or after (`1`) the given one at which a cut splits no visible character. In a long
 * run of joiners only surrogate pairs are kept together.
 */
export function wholeAt(text: LongText, at: number, step: 1 | -1): number {
  for (let place = at, tries = 0; place > 0 && place < text.length && tries < NEAR_UNITS; place += step, tries++) {
    if (!isInside(text, place)) return place;
  }
  return isHalf(text, at) ? at + step : at;
}

const NEAR_UNITS = 40;

const isInside = (text: LongText, at: number): boolean =>
  isHalf(text, at) || isJoiner(unitAt(text, at)) || isJoiner(unitAt(text, at - 1));

const unitAt = (text: LongText, at: number): number => text.slice(at, at + 1).charCodeAt(0);

/** Matches joiners and variation selectors. */
const isJoiner = (unit: number): boolean =>
  (unit >= 0x200b && unit <= 0x200d) || unit === 0xfe0e || unit === 0xfe0f || (unit >= 0x180b && unit <= 0x180f);
