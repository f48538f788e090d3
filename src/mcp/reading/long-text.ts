import { type OutputChunk, outputChunks, outputText, type StoredOutput } from "../../store/read/tool-results.ts";
import { textOfBlocks } from "../../view/spilled.ts";
import { noted, sequencesIn } from "../../view/sanitise.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/** Text that is read in slices, by UTF-16 units. A string is one; what is too long to be held is read from its file. */
export interface LongText {
  readonly length: number;
  slice(from: number, to: number): string;
  charCodeAt(at: number): number;
}

/** A text with the places where words of ours begin, or the file that has it. */
export type TextPiece = { readonly text: string; readonly own: readonly number[] } | StoredOutput;

/** Pieces one after the other, as a model may see them. */
export interface JoinedText {
  readonly text: LongText;
  readonly own: readonly number[];
  /** How many control sequences of terminals were in the files. */
  readonly sequences: number;
}

/** Puts pieces together. Memory is the pieces, and a few megabytes of each file. Throws `signal.reason`. */
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

/** A longer output is not held. */
const HELD_BYTES = 4 * 1024 * 1024;
const CHUNKS_PER_TURN = 16;

async function storedText(
  file: StoredOutput,
  signal: AbortSignal,
): Promise<{ readonly text: LongText; readonly sequences: number }> {
  const held = textOfBlocks(file) ?? (file.bytes <= HELD_BYTES ? outputText(file, 0, file.bytes) : undefined);
  if (held !== undefined) return { text: noted(held).trimEnd(), sequences: sequencesIn(held) };
  const chunks: Place[] = [];
  let [length, sequences] = [0, 0];
  for (const { text, from, to } of outputChunks(file)) {
    chunks.push({ at: length, from, to });
    length += noted(text).length;
    sequences += sequencesIn(text);
    if (chunks.length % CHUNKS_PER_TURN > 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
  return { text: new FileText(file, chunks, length), sequences };
}

/** A chunk of a file, and the unit of the text that it begins at. */
interface Place extends Omit<OutputChunk, "text"> {
  readonly at: number;
}

class FileText implements LongText {
  readonly length: number;
  readonly #file: StoredOutput;
  readonly #chunks: readonly Place[];
  #last: { readonly chunk: Place; readonly text: string } | undefined;

  constructor(file: StoredOutput, chunks: readonly Place[], length: number) {
    this.#file = file;
    this.#chunks = chunks;
    this.length = length;
  }

  slice(from: number, to: number): string {
    let text = "";
    for (let i = lastBefore(this.#chunks, from); i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i] as Place;
      if (chunk.at >= to) break;
      text += this.#read(chunk).slice(Math.max(0, from - chunk.at), to - chunk.at);
    }
    return text;
  }

  charCodeAt(at: number): number {
    return this.slice(at, at + 1).charCodeAt(0);
  }

  #read(chunk: Place): string {
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

/** The last chunk that does not begin after that unit. */
function lastBefore(chunks: readonly Place[], unit: number): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((chunks[middle] as Place).at <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}

type Units = Pick<LongText, "length" | "charCodeAt">;

/** Whether a cut there would part a pair of surrogates. */
export function isHalf(text: Units, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * A place to cut a text that parts nothing which is one character to a reader: the given one, or the next before it (`-1`) or
 * after it (`1`). Joiners may go on without end: then no more than pairs of surrogates are kept together.
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

/** Joiners, and what says how the character before it is to look. */
const isJoiner = (unit: number): boolean =>
  (unit >= 0x200b && unit <= 0x200d) || unit === 0xfe0e || unit === 0xfe0f || (unit >= 0x180b && unit <= 0x180f);
