/**
 * Names that Claude Code's format makes: keys of rows, words, ids, times, names of files. They tell nothing of anybody, and a session
 * whose ids were masked would be none. So they stay, whatever is taken for a secret or a user elsewhere.
 */

/** Keys of rows, of messages and of their blocks. */
const KEYS = new Set(
  (
    "agentId aiTitle attachment attributionAgent caller content customTitle cwd data durationMs effort entrypoint " +
    "error forkedFrom gitBranch id input isApiErrorMessage isCompactSummary isMeta isSidechain " +
    "isSnapshotUpdate isVisibleInTranscriptOnly lastPrompt leafUuid level logicalParentUuid media_type message messageId mode " +
    "model name operation origin parentToolUseID parentUuid permissionMode promptId promptSource requestId role " +
    "sessionId signature slug snapshot source sourceToolAssistantUUID sourceToolUseID stop_reason stop_sequence subtype " +
    "summary text thinking thinkingMetadata timestamp todos toolUseID toolUseResult tool_use_id type url usage userType uuid version"
  ).split(" "),
);

/** Words of the format that are long enough to be taken for a secret. */
const WORDS = new Set(
  (
    "assistant attachment external tool_use tool_result thinking redacted_thinking document progress file-history-snapshot " +
    "queue-operation custom-title ai-title last-prompt compact_boundary local_command stop_sequence end_turn max_tokens " +
    "structuredPatch originalFile file_path old_string new_string"
  ).split(" "),
);

const PLAIN_KEY = /^[a-z][A-Za-z_]{0,40}$/;

/** Reports whether a key is one of a row, a message or a block; `path` is where it is (json-strings.ts). */
export const isFormatKey = (key: string, path: readonly string[]): boolean =>
  KEYS.has(key) || (PLAIN_KEY.test(key) && (path.length === 0 || (path.length === 1 && path[0] === "message")));

/** Reports whether a text is a key or a word of the format: then it is no secret. */
export const isFormatWord = (text: string): boolean => KEYS.has(text) || WORDS.has(text);

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** `a1b2c3d4e5f6a7b8c`, and of some agents with a word before. */
const AGENT = "(?:a?[a-z_]{1,30}-)?a?[0-9a-f]{3,40}";

const ID_KEY = /(?:id|ids|uuid|uuids)$/i;
const ID = new RegExp(`^(?:${UUID}|(?:toolu|srvtoolu|msg|req|call|chatcmpl|agent)[_-][\\w-]{1,100}|${AGENT})$`, "i");
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)$/;

/** Reports whether the value of a key links rows and files with each other, or puts them in order. */
export const isLink = (key: string, value: string): boolean =>
  (ID_KEY.test(key) && ID.test(value)) ||
  (key === "timestamp" && TIME.test(value)) ||
  (key === "backupFileName" && BACKUP.test(value));

const BACKUP = /^[0-9a-f]{8,64}@v\d{1,9}$/;

const FILE_NAME = new RegExp(
  [
    "projects|subagents|tool-results|todos|file-history|workflows",
    `(?:agent-)?${UUID}(?:-agent-${UUID})?(?:\\.[a-z]{1,5})?`,
    `agent-${AGENT}(?:\\.meta)?\\.jsonl?`,
    BACKUP.source.slice(1, -1),
  ]
    .map((pattern) => `^(?:${pattern})$`)
    .join("|"),
);

/** Reports whether a name in a path is one that Claude Code gives to files and directories of any session. */
export const isFormatName = (name: string): boolean => FILE_NAME.test(name);
