/** Limits that several files share, each with its reason. Sizes are in bytes, times in milliseconds. */

/** Size of the head and the tail that a list reads of a transcript; the official value (official-helpers.md §4). */
export const WINDOW_BYTES = 64 * 1024;

/** Maximum head that a list reads to find the first prompt or a row of the main chain. */
export const HEAD_GROWTH_BYTES = 16 * 1024 * 1024;

/** Maximum tail that is searched for the last conversation row, whose timestamp orders a list. */
export const TAIL_GROWTH_BYTES = 16 * 1024 * 1024;

/** First step of that search: has the last row of most transcripts, and costs hardly more than opening the file. */
export const ACTIVITY_BYTES = 2 * 1024;

/** How much is searched for a conversation in a transcript that another one is continued in (official-helpers.md §4.4). */
export const CONTINUATION_BYTES = 16 * 1024 * 1024;

/** Limits of the cache of metadata: sessions, and UTF-16 units of their texts. */
export const CACHED_SESSIONS = 20_000;
export const CACHED_UNITS = 32 * 1024 * 1024;

/** Size of one read from a file. A larger one leaves the processor's cache before it is scanned, and is slower. */
export const CHUNK_BYTES = 128 * 1024;

/** A longer line is measured before it is read, so that it is held once, or not at all if it is too long. */
export const LOOK_AHEAD_BYTES = 1024 * 1024;

/** A longer row is reported and skipped: V8 cannot hold it as one string and have memory left for its value. */
export const ROW_BYTES = 256 * 1024 * 1024;

/** Most levels of objects and lists in a message that a program saves: functions of Node that compare and write values call themselves for each. */
export const MESSAGE_LEVELS = 500;

/** Above this size the official reader drops what is before the last plain compact boundary (official-helpers.md §5.1). */
export const PRECOMPACT_SKIP_BYTES = 5 * 1024 * 1024;

/** Longest first prompt in UTF-16 units; longer ones are cut (official-helpers.md §4.1). */
export const PROMPT_UNITS = 200;

/** Longest title in a list in UTF-16 units, its ellipsis included: for one line of a picker. */
export const LIST_TITLE_UNITS = 100;

/** Longest title in UTF-16 units that a client may set over ACP (else cut) or MCP (else refused). Elsewhere any is stored. */
export const GIVEN_TITLE_UNITS = 200;

/** Most tags of a session, and longest tag and description in UTF-16 units, so that their row fits in the tail a list reads. */
export const SESSION_TAGS = 32;
export const TAG_UNITS = 100;
export const DESCRIPTION_UNITS = 2000;

/** Sanitised project paths longer than this get a hash (official-helpers.md §2.2). */
export const PROJECT_KEY_UNITS = 200;

/** Largest `archived.json` that counts (official-helpers.md §4.3). */
export const ARCHIVED_MARK_BYTES = 4096;

/** Largest `claude-transcripts.json` that is read: it has one number. */
export const ANNOTATION_PLACE_BYTES = 4096;

/** Largest `custom-title.json` that is read. Only 200 code points of its title are shown. */
export const TITLE_FILE_BYTES = 1024 * 1024;

/** Maximum number of files and directories that `doctor` checks, which takes a few seconds. */
export const WALKED_ENTRIES = 1_000_000;

/** Largest manifest of a deleted session: has room for more than a hundred thousand entries. */
export const MANIFEST_BYTES = 16 * 1024 * 1024;

/** A transcript that changed this recently may be in use, if its process cannot be checked. */
export const RECENT_CHANGE_MS = 2 * 60 * 1000;

/** Minimum age of a temporary file before it is removed, if its process cannot be checked. */
export const STALE_TEMP_MS = 24 * 60 * 60 * 1000;

/** Maximum number of ancestors of a fork that are searched for its stored output. */
export const FORK_ANCESTORS = 8;

/** Sessions on a page: default and maximum. */
export const PAGE_SESSIONS = 50;
export const PAGE_SESSIONS_MAX = 500;
