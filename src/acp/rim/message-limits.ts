/** Limits of the ACP server. Lengths are in UTF-16 units, sizes in bytes. */

/** Maximum length of a stored title, next to the short one in a list; longer ones are cut. */
export const STORED_TITLE_UNITS = 2000;

/** Maximum length of a tool call's title, which may be a whole shell script. `rawInput` has all of it. */
export const TOOL_TITLE_UNITS = 2000;

/** Maximum size of an update, without its envelope: a quarter of the line at which the SDK's clients disconnect. */
export const UPDATE_BYTES = 8 * 1024 * 1024 - 16 * 1024;

/** Length of text that always fits in an update, since a unit takes at most 6 bytes in JSON (`\u0000`). */
export const UPDATE_UNITS = 1280 * 1024;

/** Maximum places of a search in an update that had to be cut. */
export const CUT_PLACES = 1000;

/** Longest path on any system. Updates that had to be cut omit longer ones. */
export const PATH_UNITS = 4096;

/** Approximate size of a batch of messages. Larger than a pipe's buffer, so that the reader is busy meanwhile. */
export const WRITE_BATCH_BYTES = 256 * 1024;

/** Maximum size of output that waits for a slow client, before a load pauses. */
export const OUTPUT_BYTES = 1024 * 1024;

/** Maximum concurrent loads. Each holds the index of a transcript and a read buffer. */
export const PARALLEL_LOADS = 4;

/** Maximum number of entries of a plan, and maximum length of each. */
export const PLAN_ENTRIES = 500;
export const PLAN_ENTRY_UNITS = 1000;

/** Maximum length of an id of a call or message. Longer ones are not from the API and get replaced. */
export const ID_UNITS = 256;

/** Maximum depth of subagents that start subagents, in case they form a cycle. */
export const SUBAGENT_DEPTH = 8;
