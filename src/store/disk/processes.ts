/**
 * Who runs on this machine. A process is known by its pid, by when it began (a pid is given out again) and by the
 * domain in which the pid counts (two containers both have a process 7). The forms are those that the CLI writes into
 * its pid files, so that its files can be compared with what is seen here.
 */
import { nodeChildProcess, nodeCrypto } from "./builtins.ts";
import { hostname, uptime } from "node:os";
import { readLink } from "./fs.ts";
import { readSmall } from "./read-small-file.ts";

/** Whether a process runs: `unknown` where nothing here can tell. */
export type ProcessState = "runs" | "gone" | "unknown";

/** A process that wrote something down. `start` is absent where the platform did not tell. */
export interface ProcessRecord {
  readonly pid: number;
  readonly start?: string | undefined;
}

const PROC_STAT_BYTES = 4096;

/** Whether the process that is recorded still runs, when its pid counts in our domain. */
export function stateOfProcess(record: ProcessRecord, platform: NodeJS.Platform = process.platform): ProcessState {
  if (!pidExists(record.pid)) return "gone";
  const now = processStart(record.pid, platform);
  if (now === "ended") return "gone";
  if (record.start === undefined || now === undefined) return "unknown";
  return record.start === now ? "runs" : "gone";
}

/**
 * When a process began, in a form that is equal for the same process only: clock ticks since boot on Linux, a date on
 * macOS. Undefined where it cannot be told, `ended` for a process that waits for its parent to take note of its end.
 */
export function processStart(pid: number, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === "linux") return startInProcStat(procStat(pid));
  if (platform === "darwin") return startInPs(pid);
  return undefined;
}

/**
 * `/proc/<pid>/stat`. A sandbox may show the `/proc` of the system around it, where the same pid is a stranger's: then
 * nothing is known.
 */
function procStat(pid: number): string | undefined {
  try {
    return readLink("/proc/self") === String(process.pid) ? tryRead(`/proc/${pid}/stat`) : undefined;
  } catch {
    return undefined;
  }
}

/** Field 22 of `/proc/<pid>/stat`. The name before it, in brackets, may hold brackets and spaces of its own. */
export function startInProcStat(stat: string | undefined): string | undefined {
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return "ended";
  const start = fields[19];
  return start !== undefined && /^[0-9]+$/.test(start) ? start : undefined;
}

function startInPs(pid: number): string | undefined {
  return askPs("lstart", pid);
}

function askPs(column: string, pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const text = nodeChildProcess().execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], {
      encoding: "utf8",
      timeout: 1000,
      env,
    });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The pid of the process that started another; undefined where it cannot be told, and for the first of all. */
export function parentOf(pid: number, platform: NodeJS.Platform = process.platform): number | undefined {
  let text: string | undefined;
  if (platform === "linux") text = parentInProcStat(procStat(pid));
  if (platform === "darwin") text = askPs("ppid", pid);
  const parent = Number(text);
  return Number.isSafeInteger(parent) && parent > 0 ? parent : undefined;
}

/** Field 4 of `/proc/<pid>/stat`. */
const parentInProcStat = (stat: string | undefined): string | undefined =>
  stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];

function pidExists(pid: number): boolean {
  // 0 and negative numbers would ask for groups of processes. In a container 1 is the program that it was made for: ours.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/**
 * Whether pids of the domain that a pid file names count here. The forms are those of CLI 2.1.329:
 * `linux:<machine id>:<pid namespace>` on Linux, one word on macOS. Which form Windows has is not known for certain, so
 * there nothing counts as ours, and the age of the transcript decides.
 */
export function isOurPidDomain(domain: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === "linux") return domain === `linux:${tryRead("/etc/machine-id")?.trim() ?? ""}:${pidNamespace()}`;
  return platform === "darwin" && (domain === "darwin" || domain === "linux");
}

/**
 * A short name of this boot of this machine and of the pid namespace in it: where it is equal, a pid with a start time
 * can be asked about. A machine id alone would do for neither a reboot nor two machines made of one image.
 */
export function bootTag(): string {
  if (knownBootTag === undefined) {
    const boot = tryRead("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
    const text = `${hostname()}
${boot}
${pidNamespace()}`;
    knownBootTag = nodeCrypto().createHash("sha256").update(text).digest("hex").slice(0, 12);
  }
  return knownBootTag;
}

let knownBootTag: string | undefined;

/** The namespace that a machine begins with has this number on every Linux. */
const FIRST_PID_NAMESPACE = "pid:[4026531836]";

/**
 * A short name of this machine that stays through a reboot. Empty where two machines could have the same: in a container,
 * and where there is no machine id.
 */
function machineTag(): string {
  const id = tryRead("/etc/machine-id")?.trim() ?? "";
  if (id === "" || pidNamespace() !== FIRST_PID_NAMESPACE) return "";
  return nodeCrypto().createHash("sha256").update(`${hostname()}\n${id}`).digest("hex").slice(0, 12);
}

/**
 * What a process puts in a name so that others can tell whether it still runs: `<machine>-<boot>-<pid>-<start>`, machine and
 * start empty where they are not known. Nothing in it is a letter that a name cannot have.
 */
export function ownMark(): string {
  knownMark ??= [machineTag(), bootTag(), process.pid, encodeURIComponent(processStart(process.pid) ?? "")].join("-");
  return knownMark;
}

let knownMark: string | undefined;

export const PROCESS_MARK = "([0-9a-f]{12})?-([0-9a-f]{12})-([1-9][0-9]*)-([^-/\\\\]*)";

/** Clocks may be set while a machine boots. */
const BOOT_SLACK_MS = 60 * 1000;

/** What marks are compared with: this machine as it runs now. `booted`: epoch ms. */
export interface Here {
  readonly machine: string;
  readonly boot: string;
  readonly booted: number;
}

const here = (): Here => ({ machine: machineTag(), boot: bootTag(), booted: Date.now() - uptime() * 1000 });

/**
 * Whether a process still runs that left a mark (the groups of `PROCESS_MARK`) in a name at a time. One of an earlier boot of
 * this machine is gone: same machine, and the mark is older than this boot. Of any other machine or container nothing is
 * known.
 */
export function stateOfMark(
  [machine, boot, pid, start]: readonly (string | undefined)[],
  writtenMs: number,
  now: Here = here(),
): ProcessState {
  if (boot === now.boot) {
    const state = stateOfProcess({ pid: Number(pid), start: decoded(start) });
    // A process of this pid is there; where its start cannot be told, it is taken for the one.
    return state === "gone" ? "gone" : "runs";
  }
  const isEarlierBoot = Boolean(machine) && machine === now.machine && writtenMs < now.booted - BOOT_SLACK_MS;
  return isEarlierBoot ? "gone" : "unknown";
}

/** What `encodeURIComponent` made, or anything else that stands in its place. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text ? decodeURIComponent(text) : undefined;
  } catch {
    return undefined;
  }
}

function pidNamespace(): string {
  try {
    return readLink("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readSmall(path, PROC_STAT_BYTES);
  } catch {
    return undefined;
  }
}
