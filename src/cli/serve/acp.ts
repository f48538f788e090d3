import { LOG_LEVELS, type LogLevel } from "../../acp/rim/log.ts";
import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { type Command, mustBe, oneOf } from "../terminal/command.ts";
import { configDirsFromEnvironment, flag, type Setting, setting } from "../terminal/environment.ts";
import { CLEANUP_AFTER, cleanupAfterDays } from "./cleanup-option.ts";

export const command: Command = {
  summary: "Serve sessions to an editor over the Agent Client Protocol, on stdin and stdout",
  usage: "acp [options]",
  details: "",
  options: {
    "read-only": { type: "boolean", help: "Declare no methods that change anything, and refuse all calls to them." },
    "page-size": {
      type: "string",
      value: "N",
      help: `Sessions per page of a list if the request does not set a number: 1 to ${PAGE_SESSIONS_MAX}; ${PAGE_SESSIONS} by default.`,
    },
    "no-worktrees": {
      type: "boolean",
      help: "In lists for a directory, leave out the sessions of its git worktrees, unless a request asks for them.",
    },
    "no-programmatic": {
      type: "boolean",
      help: "In lists, leave out sessions that programs started (claude -p, the Agent SDK), unless a request asks for them.",
    },
    "replay-last": {
      type: "string",
      value: "N",
      help: "Replay only the last N messages of a session, unless a request asks for others, and say how many came before.",
    },
    ...CLEANUP_AFTER,
    "log-level": {
      type: "string",
      value: "LEVEL",
      help: `What is logged on stderr: ${oneOf(LOG_LEVELS)}; error by default.`,
      completes: LOG_LEVELS,
    },
  },
  variables: [
    "config-dir",
    "read-only",
    "page-size",
    "no-worktrees",
    "no-programmatic",
    "replay-last",
    "cleanup-after",
    "log-level",
  ],
  positionals: "none",
  async run({ configDirs, values, terminal }) {
    const readOnly = flag("read-only", values);
    const options = {
      configDirs: configDirs ?? (await configDirsFromEnvironment()),
      readOnly,
      cleanupAfterDays: cleanupAfterDays(values, { readOnly }),
      includeWorktrees: !flag("no-worktrees", values),
      includeProgrammatic: !flag("no-programmatic", values),
      pageSize: pageSize(setting("page-size", values)),
      replayLast: replayLast(setting("replay-last", values)),
      logLevel: logLevel(setting("log-level", values)),
    };
    if (process.stdin.isTTY) {
      terminal.warn("claude-transcripts acp: expected an editor on stdin, not a terminal. Press Ctrl-D to end.");
      terminal.warn("To look at sessions here, try 'claude-transcripts list'.");
    }
    const { serveAcp } = await import("../../acp/main.ts");
    return serveAcp(options);
  },
};

function pageSize(given: Setting | undefined): number {
  if (given === undefined) return PAGE_SESSIONS;
  const size = /^\d+$/.test(given.value) ? Number(given.value) : 0;
  if (size >= 1 && size <= PAGE_SESSIONS_MAX) return size;
  throw mustBe(given.from, `an integer from 1 to ${PAGE_SESSIONS_MAX}`, given.value);
}

function replayLast(given: Setting | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(given.value)) return Number(given.value);
  throw mustBe(given.from, "a positive integer", given.value);
}

function logLevel(given: Setting | undefined): LogLevel {
  if (given === undefined) return "error";
  const level = LOG_LEVELS.find((it) => it === given.value);
  if (level === undefined) throw mustBe(given.from, oneOf(LOG_LEVELS), given.value);
  return level;
}
