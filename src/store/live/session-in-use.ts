/**
 * Finds out whether a session is in use. The CLI closes the transcript after each row, but keeps
 * `<configDir>/sessions/<pid>.json`, also after a kill: so the process is looked up. If its state is unknown (another
 * container or machine, a file still being written), a transcript that changed recently counts as in use.
 */
import { join } from "node:path";
import { RECENT_CHANGE_MS } from "../../transcript/rows/limits.ts";
import { readDir } from "../disk/fs.ts";
import { attempt, isMissing, SessionInUseError } from "../errors.ts";
import { pidFilesPath } from "../layout/paths.ts";
import { isOurPidDomain, parentOf, stateOfProcess } from "../disk/processes.ts";
import type { ProcessState } from "../disk/processes.ts";
import { tryReadSmall } from "../disk/read-small-file.ts";
import { findCopies } from "../projects/find-copies.ts";
import type { SessionOptions } from "../types.ts";
import { asObject, asString } from "../../transcript/rows/json-values.ts";

/** The reason why a session counts as in use. */
export interface SessionUse {
  /** `process`: a running CLI has it open. `recent`: no process could be checked, and its transcript changed recently. */
  readonly by: "process" | "recent";
  readonly why: string;
  readonly pid?: number;
}

/** A session's config dir and the times of its transcripts there. */
export interface SessionTraces {
  readonly configDir: string;
  /** mtimes of the copies of the transcript, epoch ms. */
  readonly mtimesMs: readonly number[];
}

/** Maximum size of a pid file; the CLI's have about 600 bytes. */
const PID_FILE_BYTES = 64 * 1024;
const PID_FILE_NAME = /^([1-9][0-9]*)\.json$/;

/** Returns how the session is in use in one config dir; undefined if it is not. Never throws; only reads. */
export function sessionInUse(sessionId: string, traces: SessionTraces, now = Date.now()): SessionUse | undefined {
  let unknownFile: string | undefined;
  for (const file of pidFiles(traces.configDir)) {
    if (file.state === "gone" || (file.facts !== undefined && file.facts.sessionId !== sessionId)) continue;
    if (file.state === "runs") return { by: "process", pid: file.pid, why: `process ${file.pid} has it open` };
    unknownFile = file.name;
  }
  if (unknownFile === undefined) return undefined;
  const quietMs = now - Math.max(...traces.mtimesMs, 0);
  if (quietMs >= RECENT_CHANGE_MS) return undefined;
  const seconds = Math.max(0, Math.round(quietMs / 1000));
  return {
    by: "recent",
    why: `it changed ${seconds} s ago, and a process recorded in ${unknownFile} may still be running`,
  };
}

/** Returns how the session is in use in the config dirs of its copies; undefined if it is not, or does not exist. */
export function useOfSession(sessionId: string, options: SessionOptions): SessionUse | undefined {
  const copies = findCopies(sessionId, options);
  for (const configDir of new Set(copies.map(({ project }) => project.configDir))) {
    const mtimesMs = copies.filter(({ project }) => project.configDir === configDir).map((copy) => copy.mtimeMs);
    const use = sessionInUse(sessionId, { configDir, mtimesMs });
    if (use !== undefined) return use;
  }
  return undefined;
}

/**
 * Returns a warning if the session is in use: the CLI appends the title and tag it knows again when it ends or compacts, so
 * a new one may not last. Call it before the change, after which the transcript counts as recently changed.
 */
export function overwriteWarning(sessionId: string, what: string, options: SessionOptions): string | undefined {
  const use = useOfSession(sessionId, options);
  return use && `The session is in use (${use.why}): Claude Code may overwrite this one with ${what} it knows.`;
}

/** Returns the sessions that a running process is known to have open in a config dir. Never throws; only reads. */
export function sessionsInProcesses(configDir: string): ReadonlySet<string> {
  return new Set(pidFiles(configDir).flatMap(({ state, facts }) => (state === "runs" ? (facts?.sessionId ?? []) : [])));
}

/** Maximum number of processes between a CLI and one that it started: shells, npx, npm. */
const MAX_ANCESTORS = 32;

/** Returns the session of the nearest ancestor of this process with a pid file; undefined if none. Never throws. */
export function sessionOfAncestor(configDirs: readonly string[], from: number = process.ppid): string | undefined {
  let pid: number | undefined = from;
  for (let n = 0; n < MAX_ANCESTORS && pid !== undefined; n++, pid = parentOf(pid)) {
    for (const configDir of configDirs) {
      const facts = parsePidFile(tryReadSmall(join(pidFilesPath(configDir), `${pid}.json`), PID_FILE_BYTES));
      if (facts?.sessionId !== undefined && stateOf(pid, facts) === "runs") return facts.sessionId;
    }
  }
  return undefined;
}

/** Throws `SessionInUseError` if the session is in use in one of the places. */
export function requireNotInUse(sessionId: string, places: readonly SessionTraces[]): void {
  for (const traces of places) {
    const use = sessionInUse(sessionId, traces);
    if (use) throw new SessionInUseError(sessionId, use.why, { by: use.by, pid: use.pid, configDir: traces.configDir });
  }
}

interface PidFile {
  readonly name: string;
  readonly pid: number;
  /** Undefined if the file cannot be read or parsed: then it may name any session. */
  readonly facts: PidFacts | undefined;
  /** Never `runs` without facts: a process is identified by its start time. */
  readonly state: ProcessState;
}

function pidFiles(configDir: string): PidFile[] {
  const dir = pidFilesPath(configDir);
  try {
    return readDir(dir).flatMap(({ name }) => {
      const pid = Number(PID_FILE_NAME.exec(name)?.[1]);
      if (!Number.isSafeInteger(pid)) return [];
      const facts = parsePidFile(tryReadSmall(join(dir, name), PID_FILE_BYTES));
      return [{ name, pid, facts, state: facts === undefined ? stateOfProcess({ pid }) : stateOf(pid, facts) }];
    });
  } catch (error) {
    // Without the directory, no CLI that writes pid files has run here; if it is unreadable, any may be running.
    return isMissing(error) ? [] : [{ name: "sessions", pid: 0, facts: undefined, state: "unknown" }];
  }
}

function stateOf(pid: number, facts: PidFacts): ProcessState {
  if (facts.pidDomain !== undefined && !isOurPidDomain(facts.pidDomain)) return "unknown";
  const state = stateOfProcess({ pid, start: facts.procStart });
  // Older CLIs name no domain: a process that is not here may run elsewhere. One with the same start tick is the right one.
  return facts.pidDomain === undefined && state === "gone" ? "unknown" : state;
}

/** The content of a pid file. */
export interface PidFacts {
  readonly sessionId: string | undefined;
  readonly procStart: string | undefined;
  readonly pidDomain: string | undefined;
}

/** Parses the text of a pid file; undefined if it is incomplete or not a JSON object. */
export function parsePidFile(text: string | undefined): PidFacts | undefined {
  const facts = attempt(() => asObject(JSON.parse(text ?? "")));
  if (facts === undefined) return undefined;
  const { sessionId, procStart, pidDomain } = facts;
  return { sessionId: asString(sessionId), procStart: asString(procStart), pidDomain: asString(pidDomain) };
}
