/**
 * The processes on this machine. A process is identified by its pid, its start time (pids are reused) and the domain of
 * the pid (two containers both have a process 7), in the forms of the CLI's pid files.
 */
import { nodeChildProcess, nodeCrypto } from "./builtins.ts";
import { hostname, uptime } from "node:os";
import { readLink } from "./fs.ts";
import { attempt } from "../errors.ts";
import { tryReadSmall } from "./read-small-file.ts";

/** Whether a process runs; `unknown` if that cannot be found out here. */
export type ProcessState = "runs" | "gone" | "unknown";

/** A process as a file records it. `start` is absent if the platform did not report it. */
export interface ProcessRecord {
  readonly pid: number;
  readonly start?: string | undefined;
}

const PROC_STAT_BYTES = 4096;

/** Reports whether a recorded process still runs. Its pid must be of our domain. */
export function stateOfProcess(record: ProcessRecord, platform: NodeJS.Platform = process.platform): ProcessState {
  if (!pidExists(record.pid)) return "gone";
  const now = processStart(record.pid, platform);
  if (now === "ended") return "gone";
  if (record.start === undefined || now === undefined) return "unknown";
  return record.start === now ? "runs" : "gone";
}

/** Returns when a process started, in a form that only it has; undefined if unknown, `ended` for a zombie. */
export function processStart(pid: number, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === "linux") return startInProcStat(procStat(pid));
  if (platform === "darwin") return askPs("lstart", pid);
  return undefined;
}

/** Reads `/proc/<pid>/stat`; undefined in a sandbox with the `/proc` of its host, where the pid is another's. */
function procStat(pid: number): string | undefined {
  const isOurs = attempt(() => readLink("/proc/self")) === String(process.pid);
  return isOurs ? readProc(`/proc/${pid}/stat`) : undefined;
}

/** Returns when the process of a `/proc/<pid>/stat` started (field 22), or `ended` by its state (field 3). */
export function startInProcStat(stat: string | undefined): string | undefined {
  const fields = fieldsInProcStat(stat ?? "");
  if (fields[0] === "Z" || fields[0] === "X") return "ended";
  const start = fields[19];
  return start !== undefined && /^[0-9]+$/.test(start) ? start : undefined;
}

function askPs(column: string, pid: number): string | undefined {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const options = { encoding: "utf8", timeout: 1000, env } as const;
  const args = ["-o", `${column}=`, "-p", String(pid)];
  return attempt(() => nodeChildProcess().execFileSync("ps", args, options).trim()) || undefined;
}

/** Returns the pid of a process's parent; undefined if unknown, and for the first process of all. */
export function parentOf(pid: number, platform: NodeJS.Platform = process.platform): number | undefined {
  let text: string | undefined;
  if (platform === "linux") text = fieldsInProcStat(procStat(pid) ?? "")[1];
  if (platform === "darwin") text = askPs("ppid", pid);
  const parent = Number(text);
  return Number.isSafeInteger(parent) && parent > 0 ? parent : undefined;
}

/** Returns the fields of `/proc/<pid>/stat` from the third on. The bracketed name before them may contain brackets and spaces. */
const fieldsInProcStat = (stat: string): string[] => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

/** Reports whether a process with this pid exists, whoever it is. */
export function pidExists(pid: number): boolean {
  // 0 and negative numbers mean process groups. In a container, 1 is its main program, which may be ours.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/**
 * Reports whether the domain in a pid file (of CLI 2.1.329) is ours. Its form on Windows is not known, so none is ours
 * there, and the age of the transcript decides whether the session counts as in use.
 */
export function isOurPidDomain(domain: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === "linux") return domain === `linux:${readProc("/etc/machine-id")?.trim() ?? ""}:${pidNamespace()}`;
  return platform === "darwin" && (domain === "darwin" || domain === "linux");
}

/**
 * Returns a short id of this boot of this machine and its pid namespace. A pid with a start time can be looked up only if
 * this id is equal: a machine id alone survives reboots, and machines made from one image share it.
 */
export function bootTag(): string {
  knownBootTag ??= tagOf(hostname(), readProc("/proc/sys/kernel/random/boot_id")?.trim() ?? "", pidNamespace());
  return knownBootTag;
}

let knownBootTag: string | undefined;

const tagOf = (...facts: readonly string[]): string =>
  nodeCrypto().createHash("sha256").update(facts.join("\n")).digest("hex").slice(0, 12);

/** Number of the initial pid namespace on every Linux. */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";

/** Returns an id of this machine over reboots; empty if two could have the same: in a container, without an id. */
function machineTag(): string {
  const id = readProc("/etc/machine-id")?.trim() ?? "";
  return id === "" || pidNamespace() !== FIRST_PID_NAMESPACE ? "" : tagOf(hostname(), id);
}

/**
 * Returns the mark that this process puts in file names, so that others can find out whether it still runs:
 * `<machine>-<boot>-<pid>-<start>`, with machine and start empty if unknown. All characters are valid in file names.
 */
export function ownMark(): string {
  knownMark ??= [machineTag(), bootTag(), process.pid, encodeURIComponent(processStart(process.pid) ?? "")].join("-");
  return knownMark;
}

let knownMark: string | undefined;

export const PROCESS_MARK = "([0-9a-f]{12})?-([0-9a-f]{12})-([1-9][0-9]*)-([^-/\\\\]*)";

/** Tolerance for a clock that is set while the machine boots. */
const BOOT_SLACK_MS = 60 * 1000;

/** This machine and its current boot, which marks are compared with. `booted`: epoch ms. */
export interface Here {
  readonly machine: string;
  readonly boot: string;
  readonly booted: number;
}

const here = (): Here => ({ machine: machineTag(), boot: bootTag(), booted: Date.now() - uptime() * 1000 });

/**
 * Reports whether the process that left a mark (the groups of `PROCESS_MARK`) in a name at a time still runs. A process of
 * an earlier boot of this machine is gone: same machine, and the mark is older than this boot. The state of processes of
 * other machines and containers is unknown.
 */
export function stateOfMark(
  [machine, boot, pid, start]: readonly (string | undefined)[],
  writtenMs: number,
  now: Here = here(),
): ProcessState {
  if (boot === now.boot) {
    const state = stateOfProcess({
      pid: Number(pid),
      start: attempt(() => decodeURIComponent(start ?? "")) || undefined,
    });
    // A process has this pid; if its start time is unknown, it counts as the same one.
    return state === "gone" ? "gone" : "runs";
  }
  const isEarlierBoot = Boolean(machine) && machine === now.machine && writtenMs < now.booted - BOOT_SLACK_MS;
  return isEarlierBoot ? "gone" : "unknown";
}

const pidNamespace = (): string => attempt(() => readLink("/proc/self/ns/pid")) ?? "";

const readProc = (path: string): string | undefined => tryReadSmall(path, PROC_STAT_BYTES);
