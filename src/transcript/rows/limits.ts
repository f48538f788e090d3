/** Every cap in one place, with its reason. Sizes are bytes, times are milliseconds. */

/** Size of the head and the tail window that a list reads of a transcript; the official helpers' value (official-helpers.md §4). */
export const WINDOW_BYTES = 64 * 1024;

/** How far the head may grow in search of the first prompt or of a row of the main chain, when a list asks. */
export const HEAD_GROWTH_BYTES = 16 * 1024 * 1024;

/** How far the tail may grow in search of the last conversation row, whose timestamp orders a list. */
export const TAIL_GROWTH_BYTES = 16 * 1024 * 1024;

/** First step of that search: holds the last row of most transcripts, and costs hardly more than opening the file. */
export const ACTIVITY_BYTES = 2 * 1024;

/** How much of a transcript is searched for a sign of conversation, when another says it goes on there (official-helpers.md §4.4). */
export const CONTINUATION_BYTES = 16 * 1024 * 1024;

/** What a process remembers of transcripts it has read: so many of them, and so many UTF-16 units of text. */
export const REMEMBERED_SESSIONS = 20_000;
export const REMEMBERED_UNITS = 32 * 1024 * 1024;

/** One read from a file. What is larger falls out of the processor's cache before it is looked at, and is slower. */
export const CHUNK_BYTES = 128 * 1024;

/** A longer line is measured before it is read, so that it is held once, and not at all where it is too long. */
export const LOOK_AHEAD_BYTES = 1024 * 1024;

/** A longer row is reported and passed over: V8 cannot hold it as one string with room for its parsed value. */
export const ROW_BYTES = 256 * 1024 * 1024;

/** Above this size the official reader drops what stands before the last plain compact boundary (official-helpers.md §5.1). */
export const PRECOMPACT_SKIP_BYTES = 5 * 1024 * 1024;

/** Length of a first prompt in UTF-16 units before it is cut (official-helpers.md §4.1). */
export const PROMPT_UNITS = 200;

/** Length of a title in a list, in UTF-16 units, its ellipsis included: for one line of a picker. */
export const LIST_TITLE_UNITS = 100;

/**
 * Longest title that a client may set over ACP (longer ones are cut) or MCP (refused), in UTF-16 units. The library and the
 * command line store any, as the official helper does (official-helpers.md §7).
 */
export const GIVEN_TITLE_UNITS = 200;

/** Sanitised project paths longer than this get a hash (official-helpers.md §2.2). */
export const PROJECT_KEY_UNITS = 200;

/** Largest `archived.json` that counts (official-helpers.md §4.3). */
export const ARCHIVED_MARK_BYTES = 4096;

/** Largest `custom-title.json` that is read: of its title no more than 200 code points are shown. */
export const TITLE_FILE_BYTES = 1024 * 1024;

/** Files and directories that `doctor` looks at below the places that Claude Code writes to. Some seconds. */
export const WALKED_ENTRIES = 1_000_000;

/** Largest manifest of a deleted session that is written and read: more than a hundred thousand things. */
export const MANIFEST_BYTES = 16 * 1024 * 1024;

/** A transcript that changed this recently may be in use, where no process can be asked. */
export const RECENT_CHANGE_MS = 2 * 60 * 1000;

/** A temporary file of a process that cannot be asked is left alone until it is this old. */
export const STALE_TEMP_MS = 24 * 60 * 60 * 1000;

/** How many sessions back from a fork its stored output is looked for. */
export const FORK_ANCESTORS = 8;

/** Sessions on a page, unless a caller says otherwise, and at most. */
export const PAGE_SESSIONS = 50;
export const PAGE_SESSIONS_MAX = 500;
