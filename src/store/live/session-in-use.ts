/**
 * Whether a session is in use. The CLI opens and closes the transcript for each row, so locks and open files say
 * nothing; what it leaves is `<configDir>/sessions/<pid>.json`, which stays behind when the process is killed. So the
 * process that such a file names is asked for: same pid domain, same start time. Where that cannot be told (another
 * container, another machine on a shared disk, a file in the middle of being written), a transcript that changed a
 * moment ago counts as in use.
 */
import { join } from "node:path";
import { RECENT_CHANGE_MS } from "../../transcript/rows/limits.ts";
import { readDir } from "../disk/fs.ts";
import { isMissing, SessionInUseError } from "../errors.ts";
import { pidFilesPath } from "../layout/paths.ts";
import { isOurPidDomain, parentOf, stateOfProcess } from "../disk/processes.ts";
import type { ProcessState } from "../disk/processes.ts";
import { tryReadSmall } from "../disk/read-small-file.ts";
import { findCopies } from "../projects/find-copies.ts";
import type { SessionOptions } from "../types.ts";
import { asObject, asString } from "../../transcript/rows/json-values.ts";

/** Why a session counts as in use. */
export interface SessionUse {
  /** `process`: a running CLI has it open. `recent`: nobody can be asked, and its transcript changed a moment ago. */
  readonly by: "process" | "recent";
  readonly why: string;
  readonly pid?: number;
}

/** Where to look, and since when the transcripts lie untouched. */
export interface SessionTraces {
  readonly configDir: string;
  /** Of the copies of the transcript, epoch ms. */
  readonly mtimesMs: readonly number[];
}

/** Largest pid file that is read; the CLI's have about 600 bytes. */
const PID_FILE_BYTES = 64 * 1024;
const PID_FILE_NAME = /^([1-9][0-9]*)\.json$/;

/** How the session is in use in one config dir, or undefined when it is not. Never throws; reads only. */
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
  return { by: "recent", why: `it changed ${seconds} s ago, and whether ${unknownFile} is still true cannot be told` };
}

/** How the session is in use where a copy of its transcript lies; undefined if it is not, or is not there. */
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
 * Warns that a new title or tag may not last, if the session is in use: the CLI appends those it knows again when it ends or
 * compacts. Ask before the change, which makes the transcript one that changed recently.
 */
export function overwriteWarning(sessionId: string, what: string, options: SessionOptions): string | undefined {
  const use = useOfSession(sessionId, options);
  return use && `The session is in use (${use.why}): Claude Code may write ${what} it knows over this one.`;
}

/** The sessions that a running process is known to have open in a config dir. Never throws; reads only. */
export function sessionsInProcesses(configDir: string): ReadonlySet<string> {
  return new Set(pidFiles(configDir).flatMap(({ state, facts }) => (state === "runs" ? (facts?.sessionId ?? []) : [])));
}

/** So many processes may stand between a CLI and one that it started: shells, npx, npm. */
const GENERATIONS = 32;

/**
 * The session that the nearest ancestor of this process has open, by the file that it keeps of itself. Undefined where no
 * ancestor keeps one. Never throws; reads only.
 */
export function sessionOfAncestor(configDirs: readonly string[], from: number = process.ppid): string | undefined {
  let pid: number | undefined = from;
  for (let n = 0; n < GENERATIONS && pid !== undefined; n++, pid = parentOf(pid)) {
    for (const configDir of configDirs) {
      const facts = parsePidFile(tryReadSmall(join(pidFilesPath(configDir), `${pid}.json`), PID_FILE_BYTES));
      if (facts?.sessionId !== undefined && stateOf(pid, facts) === "runs") return facts.sessionId;
    }
  }
  return undefined;
}

/** Throws `SessionInUseError` when the session is in use in one of the places. */
export function requireNotInUse(sessionId: string, places: readonly SessionTraces[]): void {
  for (const traces of places) {
    const use = sessionInUse(sessionId, traces);
    if (use) throw new SessionInUseError(sessionId, use.why, { by: use.by, pid: use.pid, configDir: traces.configDir });
  }
}

interface PidFile {
  readonly name: string;
  readonly pid: number;
  /** Undefined when the file cannot be read or understood: then it may name any session. */
  readonly facts: PidFacts | undefined;
  /** Never `runs` without facts: without its start time a process is not known for certain. */
  readonly state: ProcessState;
}

function pidFiles(configDir: string): PidFile[] {
  const dir = pidFilesPath(configDir);
  try {
    return readDir(dir).flatMap((entry) => {
      const pid = Number(PID_FILE_NAME.exec(entry.name)?.[1]);
      return Number.isSafeInteger(pid) ? [readPidFile(join(dir, entry.name), entry.name, pid)] : [];
    });
  } catch (error) {
    // Without the directory no CLI that writes pid files has run here; with one that is closed to us, any may run.
    return isMissing(error) ? [] : [{ name: "sessions", pid: 0, facts: undefined, state: "unknown" }];
  }
}

function readPidFile(path: string, name: string, pid: number): PidFile {
  const facts = parsePidFile(tryReadSmall(path, PID_FILE_BYTES));
  return { name, pid, facts, state: facts === undefined ? stateOfProcess({ pid }) : stateOf(pid, facts) };
}

function stateOf(pid: number, facts: PidFacts): ProcessState {
  if (facts.pidDomain !== undefined && !isOurPidDomain(facts.pidDomain)) return "unknown";
  const state = stateOfProcess({ pid, start: facts.procStart });
  // Older CLIs name no domain: a process that is not here may run elsewhere, one that began at the same tick is the one.
  return facts.pidDomain === undefined && state === "gone" ? "unknown" : state;
}

/** What a pid file says. */
export interface PidFacts {
  readonly sessionId: string | undefined;
  readonly procStart: string | undefined;
  readonly pidDomain: string | undefined;
}

/** Reads the text of a pid file; undefined for one that is torn or no JSON object. */
export function parsePidFile(text: string | undefined): PidFacts | undefined {
  try {
    const facts = asObject(JSON.parse(text ?? ""));
    return facts === undefined
      ? undefined
      : {
          sessionId: asString(facts["sessionId"]),
          procStart: asString(facts["procStart"]),
          pidDomain: asString(facts["pidDomain"]),
        };
  } catch {
    return undefined;
  }
}
