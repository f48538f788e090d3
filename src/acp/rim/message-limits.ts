/** The caps of the protocol rim, with their reasons. Lengths in UTF-16 units, sizes in bytes, times in milliseconds. */

/** Titles as they are stored, beside the short one in a list; more is cut. */
export const STORED_TITLE_UNITS = 2000;

/** A tool call's title: a whole shell script may stand there, and stands in `rawInput` anyway. */
export const TOOL_TITLE_UNITS = 2000;

/** No message is longer than 8 MiB, a quarter of the line at which the SDK's clients hang up; the envelope needs a little. */
export const UPDATE_BYTES = 8 * 1024 * 1024 - 16 * 1024;

/** A unit takes at most 6 bytes in JSON (`\u0000`), so an update with no more text than this always gets through. */
export const UPDATE_UNITS = 1280 * 1024;

/** Places of one search that are named beside a text that had to be cut. */
export const CUT_PLACES = 1000;

/** No system has a file whose path is longer; where there is little room, it is none. */
export const PATH_UNITS = 4096;

/**
 * Small messages are written together up to about this many bytes: a write each would cost more than the JSON. Larger
 * than what a pipe holds, so that the reader takes it in large pieces while the next are made.
 */
export const WRITE_BATCH_BYTES = 256 * 1024;

/** What may wait for a slow reader; the reader of a transcript goes on until then. */
export const OUTPUT_BYTES = 1024 * 1024;

/** Loads that run at the same time. Each holds the index of a transcript and a read buffer; the others wait. */
export const PARALLEL_LOADS = 4;

/** A plan is for one look: entries, and the text of each. */
export const PLAN_ENTRIES = 500;
export const PLAN_ENTRY_UNITS = 1000;

/** Ids of calls and messages that are longer than this are no ids of the API's; a short one stands for them. */
export const ID_UNITS = 256;

/** Subagents start subagents; whoever goes deeper than this is going round in circles. */
export const SUBAGENT_DEPTH = 8;
