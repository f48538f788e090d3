/** The caps of the protocol rim, with their reasons. Lengths in UTF-16 units, sizes in bytes, times in milliseconds. */

/** Titles in a list are for one line of a picker; clients cut or wrap what is longer. */
export const TITLE_UNITS = 256;

/** A tool call's title: a whole shell script may stand there, and stands in `rawInput` anyway. */
export const TOOL_TITLE_UNITS = 2000;

/** The SDK's clients close the connection at a line over 32 MiB; the envelope needs a little of it. */
export const UPDATE_BYTES = 31 * 1024 * 1024;

/** A unit takes at most 6 bytes in JSON (`\u0000`), so an update with no more text than this always gets through. */
export const UPDATE_UNITS = 5 * 1024 * 1024;

/** A longer request line is answered with an error and passed over. Prompts with pictures stay well below. */
export const REQUEST_LINE_UNITS = 16 * 1024 * 1024;

/** Small messages are written together up to about this many units: a write each would cost more than the JSON. */
export const WRITE_BATCH_UNITS = 64 * 1024;

/** Loads that run at the same time. Each holds the index of a transcript and a read buffer; the others wait. */
export const PARALLEL_LOADS = 4;

/** After the end of stdin, answers under way may still go out for this long; then the process ends. */
export const END_GRACE_MS = 400;
