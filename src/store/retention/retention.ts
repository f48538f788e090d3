import { isAbsolute, join } from "node:path";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import { type CleanupSettings, managedSettings, readCleanupSettings } from "./cleanup-settings.ts";

/** Days after which Claude Code deletes a transcript, unless its settings say otherwise (CLI 2.1.329). */
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** How long Claude Code keeps transcripts. */
export interface Retention {
  /** Undefined if nothing is deleted, for the reason in `why`. */
  readonly days: number | undefined;
  readonly why: "default" | "settings" | "managed" | "settings_unreadable" | "settings_invalid";
  /** The file that decides: that of the user, or of the organisation (`managed`). */
  readonly settingsPath: string;
  /** Days for transcripts of the desktop application; undefined if those are kept. */
  readonly desktopDays: number | undefined;
  /**
   * Directories whose own settings say otherwise. Claude Code that is started there deletes transcripts of all projects by them.
   */
  readonly projects: readonly ProjectRetention[];
}

interface ProjectRetention {
  readonly directory: string;
  /** Undefined if Claude Code that is started there deletes nothing, because the file is wrong. */
  readonly days: number | undefined;
  readonly settingsPath: string;
}

/**
 * Reads `cleanupPeriodDays` of the user and of the organisation. As in the CLI, nothing is deleted if that of the user is
 * invalid or `settings.json` is unreadable, unless the organisation sets it. `managedDir`: where the settings of the
 * organisation are, if not in the place of this platform.
 */
export function readRetention(configDir: string, managedDir?: string): Retention {
  const user = readCleanupSettings(join(configDir, "settings.json"));
  const managed = managedSettings(configDir, managedDir);
  const projects: readonly ProjectRetention[] = [];
  if (typeof managed?.days === "number") {
    const { days, path: settingsPath } = managed;
    return { days, why: "managed", settingsPath, desktopDays: days, projects };
  }
  const of = ({ days, path: settingsPath }: CleanupSettings): Retention => {
    const period = days === undefined ? DEFAULT_DAYS : typeof days === "number" ? days : undefined;
    const why = days === undefined ? "default" : typeof days === "number" ? "settings" : WRONG[days];
    const limit = managed?.desktopDays ?? user.desktopDays;
    const desktopDays = period === undefined || limit === undefined ? undefined : Math.max(limit, period);
    return { days: period, why, settingsPath, desktopDays, projects };
  };
  return of(managed?.days === undefined ? user : managed);
}

const WRONG = { unreadable: "settings_unreadable", invalid: "settings_invalid" } as const;

/** Maximum number of directories looked at: transcripts can name any. */
const MOST_DIRECTORIES = 10_000;

/** Adds what the settings of directories say, each from which sessions were started. Looks at none on the network. */
export async function withProjects(retention: Retention, directories: Iterable<string>): Promise<Retention> {
  const projects: ProjectRetention[] = [];
  if (retention.why === "managed" || retention.days === undefined) return retention;
  for (const directory of [...new Set(directories)].slice(0, MOST_DIRECTORIES)) {
    if (isTurnOver(1)) await yieldToEventLoop();
    const own = projectRetention(directory);
    if (own !== undefined && own.days !== retention.days) projects.push(own);
  }
  return { ...retention, projects };
}

/** Returns what the settings of a directory say, first those that are not shared with others; undefined if they say nothing. */
export function projectRetention(directory: string): ProjectRetention | undefined {
  if (!isAbsolute(directory) || /^[/\\]{2}/.test(directory)) return undefined;
  for (const name of ["settings.local.json", "settings.json"]) {
    const { path: settingsPath, days } = readCleanupSettings(join(directory, ".claude", name));
    if (days !== undefined) return { directory, days: typeof days === "number" ? days : undefined, settingsPath };
  }
  return undefined;
}

/** Entrypoints of the desktop application, whose transcripts are exempt (CLI 2.1.329). */
const EXEMPT = new Set(["claude-desktop", "claude-desktop-3p", "local-agent", "local_agent"]);

/**
 * Returns the time (epoch ms) from which Claude Code deletes a transcript when it starts, wherever that may be; undefined if
 * never.
 */
export function deletedFrom(
  { days, desktopDays, projects }: Retention,
  { mtimeMs, entrypoints }: { readonly mtimeMs: number; readonly entrypoints: readonly string[] },
): number | undefined {
  if (days === undefined) return undefined;
  if (entrypoints.some((name) => EXEMPT.has(name)))
    return desktopDays === undefined ? undefined : mtimeMs + desktopDays * DAY_MS;
  const soonest = projects.reduce((least, project) => Math.min(least, project.days ?? Infinity), days);
  return mtimeMs + soonest * DAY_MS;
}
