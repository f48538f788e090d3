import type { Annotation } from "../../transcript/summary/annotation.ts";
import type { Segment } from "./segment-builder.ts";

/** Tokens of requests, by what they cost. */
export interface Tokens {
  /** Input that was neither written to a cache nor read from one. */
  readonly input: number;
  readonly output: number;
  /** Written to the 5-minute and to the 1-hour cache, and read from either. */
  readonly w5: number;
  readonly w1h: number;
  readonly read: number;
  /** Web searches. */
  readonly web: number;
}

/** What one request to the API used, by the last row of its message. Tokens. */
export interface Charge extends Tokens {
  /** 12 characters of a hash of the ids of message and request: forked and resumed files repeat them. */
  readonly key: string;
  /** Epoch seconds; 0 if unknown. */
  readonly ts: number;
  readonly model: string;
  /** Empty, `fast`, a region such as `us`, or `fast us`. */
  readonly variant: string;
  readonly branch: string;
  /** No row has the end of the message, so that more output may have been charged. */
  readonly lower: boolean;
}

/** Returns the number of a slot for what a fork copied, and from such a number that of the slot. Copies have negative ones. */
export const forkedSlot = (slot: number): number => -1 - slot;

/** Counts of a quarter of an hour. */
export interface Tally {
  /** Prompts of the person, queued ones and commands for the model included. Not counted in a subagent's file. */
  prompts: number;
  /** Answers to a prompt, to news of background work, or to another agent. */
  turns: number;
  /** Prompts and messages of the model. */
  messages: number;
  /** Tool calls. */
  calls: number;
  /** Milliseconds between rows, gaps of more than five minutes left out. */
  active: number;
  /** Lines added and removed by successful edits. */
  added: number;
  removed: number;
}

/** What came out of one conversation since the last call. Counts are to be added to those before. */
export interface Part {
  readonly segments: readonly Segment[];
  /** By key. A key that came before replaces the charge that was given then. */
  readonly charges: ReadonlyMap<string, Charge>;
  /** By slot: quarters of an hour since 1970. */
  readonly tallies: ReadonlyMap<number, Tally>;
  /** Number of calls of each tool, by slot. */
  readonly tools: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** Paths that tools read (false) or changed (true), absolute if the row has a directory. */
  readonly touched: ReadonlyMap<string, boolean>;
}

/** Facts about the session so far, from the first row of the file on. The last row that has a fact counts. */
export interface Facts {
  /** Empty if it was removed; undefined if no row has one. */
  readonly customTitle?: string;
  readonly aiTitle?: string;
  readonly summary?: string;
  readonly agentName?: string;
  /** Empty if it was removed. */
  readonly tag?: string;
  readonly annotation?: Annotation;
  /** Directory of the first row that has one, or to which the session moved since. */
  readonly cwd?: string;
  readonly branch?: string;
  /** Model of the last answer. */
  readonly model?: string;
  readonly entrypoint?: string;
  readonly sessionKind?: string;
  /** Times of the first row and of the last row of the conversation, epoch ms. */
  readonly created?: number;
  readonly active?: number;
  /** Micro-dollars by the last `cost-state` row. */
  readonly costState?: number;
}

export interface Extracted extends Part {
  readonly facts: Facts;
  /** By agent id: what older CLIs wrote about subagents into this file, for agents without a file of their own. */
  readonly agents: ReadonlyMap<string, Part>;
}

/** Segments of a file, and by agent id those of subagents in it. */
export interface ExtractedSegments {
  readonly segments: readonly Segment[];
  readonly agents: ReadonlyMap<string, readonly Segment[]>;
}
