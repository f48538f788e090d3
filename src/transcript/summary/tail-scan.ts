/**
 * Reads from the end of a transcript the titles, the tags and the directory of a session (official-helpers.md §4). The last row
 * that has a fact counts; its offsets are kept, and read once after all rows were scanned.
 */
import { stringValue } from "../rows/json-string.ts";
import { memberString } from "./head-scan.ts";
import { promptOfRow } from "./prompt.ts";
import { parseRow } from "../rows/row.ts";
import { type Annotation, readAnnotation } from "./annotation.ts";
import type { RowKeys } from "./summary-keys.ts";
import {
  AI_TITLE,
  ANNOTATION,
  ASSISTANT,
  CONTINUED_IN,
  CUSTOM_TITLE,
  RELOCATED,
  TAG,
  USER,
} from "../rows/row-kinds.ts";
import { COLON, equals, OPEN_BRACE, QUOTE, RowScan, scanObject } from "../rows/json-scanner.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

export interface TailFacts {
  /** Empty if the title was removed. */
  readonly customTitle: string | undefined;
  readonly aiTitle: string | undefined;
  /** Empty if the tag was removed. */
  readonly tag: string | undefined;
  readonly annotation: Annotation | undefined;
  readonly lastPrompt: string | undefined;
  readonly summary: string | undefined;
  readonly relocatedCwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly entrypoint: string | undefined;
  /** Session that this one was continued in, an id or not; undefined if this one went on since. */
  readonly continuedIn: string | undefined;
  /** Model that wrote the last assistant row. */
  readonly model: string | undefined;
}

export class TailScan {
  readonly #customTitle = new Last();
  readonly #aiTitle = new Last();
  readonly #tag = new Last();
  readonly #lastPrompt = new Last();
  readonly #summary = new Last();
  readonly #relocatedCwd = new Last();
  readonly #gitBranch = new Last();
  readonly #entrypoint = new Last();
  #annotation: Annotation | undefined;
  #continuedIn: string | undefined;
  /** Offsets of the messages of assistant rows: start and end of each. */
  readonly #messages: number[] = [];

  /** Reads a whole row. */
  row(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys, type: number): void {
    this.cutRow(bytes, scan, keys);
    this.#lastPrompt.take(bytes, scan, keys.lastPrompt);
    this.#summary.take(bytes, scan, keys.summary);
    if (type === ASSISTANT && keys.message >= 0) {
      this.#messages.push(scan.members[keys.message + 2] as number, scan.members[keys.message + 3] as number);
    }
    if (type === ASSISTANT || type === USER) this.#endContinuation(bytes, start, end, scan, keys);
    else if (type === CUSTOM_TITLE) this.#customTitle.take(bytes, scan, keys.customTitle);
    else if (type === AI_TITLE) this.#aiTitle.take(bytes, scan, keys.aiTitle);
    else if (type === TAG) this.#tag.take(bytes, scan, keys.tag);
    else if (type === ANNOTATION) this.#annotation = readAnnotation(parseRow(bytes, start, end)) ?? this.#annotation;
    else if (type === RELOCATED && isTight(bytes, scan, keys.type)) {
      this.#relocatedCwd.take(bytes, scan, keys.relocatedCwd);
    } else if (type === CONTINUED_IN && isTight(bytes, scan, keys.type)) {
      this.#continuedIn = memberString(bytes, scan, keys.continuedInSessionId) ?? this.#continuedIn;
    }
  }

  /** Reads the members that are left of a row that was cut. */
  cutRow(bytes: Buffer, scan: RowScan, keys: RowKeys): void {
    this.#gitBranch.take(bytes, scan, keys.gitBranch);
    this.#entrypoint.take(bytes, scan, keys.entrypoint);
  }

  /** Whether the skipped lines, from `skipped` to `read`, may have a fact that no row after them has. */
  isLacking(bytes: Buffer, skipped: number, read: number): boolean {
    const earlier = bytes.subarray(skipped, read);
    return (
      this.#continuedIn !== undefined ||
      (!this.#gitBranch.isFrom(read) && earlier.includes(GIT_BRANCH_KEY)) ||
      (!this.#entrypoint.isFrom(read) && earlier.includes(ENTRYPOINT_KEY)) ||
      (this.#model(bytes, read) === undefined && earlier.includes(MODEL_KEY))
    );
  }

  /** Reads the values from the buffer that has all the rows. */
  facts(bytes: Buffer): TailFacts {
    return {
      customTitle: this.#customTitle.read(bytes),
      aiTitle: this.#aiTitle.read(bytes),
      tag: this.#tag.read(bytes),
      annotation: this.#annotation,
      lastPrompt: this.#lastPrompt.read(bytes),
      summary: this.#summary.read(bytes),
      relocatedCwd: this.#relocatedCwd.read(bytes),
      gitBranch: this.#gitBranch.read(bytes),
      entrypoint: this.#entrypoint.read(bytes),
      continuedIn: this.#continuedIn,
      model: this.#model(bytes),
    };
  }

  /** Returns the model of the last message, of those that begin at `from` or later. */
  #model(bytes: Buffer, from = 0): string | undefined {
    const scan = messageScan;
    for (let i = this.#messages.length - 2; i >= 0; i -= 2) {
      const start = this.#messages[i] as number;
      if (start < from) return undefined;
      if (bytes[start] !== OPEN_BRACE) continue;
      scanObject(bytes, start, this.#messages[i + 1] as number, scan);
      for (let at = 0; at < scan.count * 4; at += 4) {
        if (!equals(bytes, scan.members[at] as number, scan.members[at + 1] as number, MODEL)) continue;
        const model = memberString(bytes, scan, at);
        if (model !== undefined && model !== "<synthetic>") return model;
      }
    }
    return undefined;
  }

  /** Forgets the continuation if the row is a prompt or the end of an answer: the session then went on here as well. */
  #endContinuation(bytes: Buffer, start: number, end: number, scan: RowScan, keys: RowKeys): void {
    if (this.#continuedIn === undefined || !isTight(bytes, scan, keys.type)) return;
    const row = parseRow(bytes, start, end);
    if (row !== undefined && (isFinishedAnswer(row) || promptOfRow(row, { command: undefined }) !== undefined)) {
      this.#continuedIn = undefined;
    }
  }
}

/** Offsets of the last string under one key. */
class Last {
  #start = -1;
  #end = -1;

  /** Whether it is at `offset` or after it. */
  isFrom(offset: number): boolean {
    return this.#start >= offset;
  }

  take(bytes: Buffer, scan: RowScan, at: number): void {
    if (at < 0) return;
    const start = scan.members[at + 2] as number;
    if (bytes[start] !== QUOTE) return;
    this.#start = start;
    this.#end = scan.members[at + 3] as number;
  }

  read(bytes: Buffer): string | undefined {
    return this.#start < 0 ? undefined : stringValue(bytes, this.#start, this.#end);
  }
}

function isFinishedAnswer({ type, isApiErrorMessage, message }: JsonObject): boolean {
  if (type !== "assistant" || (isApiErrorMessage !== undefined && isApiErrorMessage !== false)) return false;
  return typeof asObject(message)?.["stop_reason"] === "string";
}

/** Whether there is no space before the value: the official helpers find some rows only in that spelling. */
const isTight = (bytes: Uint8Array, scan: RowScan, at: number): boolean =>
  bytes[(scan.members[at + 2] as number) - 1] === COLON;

const MODEL = Buffer.from("model");
const MODEL_KEY = Buffer.from('"model"');
/** Keys to search for in bytes: rows without them do not have the member. */
export const GIT_BRANCH_KEY = Buffer.from('"gitBranch"');
export const ENTRYPOINT_KEY = Buffer.from('"entrypoint"');

const messageScan = new RowScan();
