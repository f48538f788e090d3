import { join } from "node:path";
import { asObject } from "../../transcript/rows/json-values.ts";
import { statFile } from "../disk/fs.ts";
import { errnoOf } from "../errors.ts";
import { readSmall } from "../disk/read-small-file.ts";

/** Days after which Claude Code deletes a transcript, unless its settings say otherwise (CLI 2.1.329). */
const DEFAULT_DAYS = 30;
const SETTINGS_BYTES = 4 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** For how long Claude Code keeps transcripts. */
export interface Retention {
  /** Undefined: nothing is deleted, for the reason in `why`. */
  readonly days: number | undefined;
  readonly why: "default" | "settings" | "settings_unreadable" | "settings_invalid";
  /** The file that was looked at. Settings of an organisation or of a project may say something else. */
  readonly settingsPath: string;
}

/**
 * What `cleanupPeriodDays` in a config dir's `settings.json` says. As in the CLI: where the file cannot be read, or the
 * value is no whole number above 0, nothing is deleted until that is mended.
 */
export function readRetention(configDir: string): Retention {
  const settingsPath = join(configDir, "settings.json");
  let days: unknown;
  try {
    // A FIFO or a device has no end, and the CLI would wait for it.
    if (statFile(settingsPath)?.isFile() === false)
      return { days: undefined, why: "settings_unreadable", settingsPath };
    const text = readSmall(settingsPath, SETTINGS_BYTES)?.replace(/^\uFEFF/, "");
    if (text === undefined || text.trim() === "") return { days: DEFAULT_DAYS, why: "default", settingsPath };
    const settings = asObject(JSON.parse(text));
    if (settings === undefined) return { days: undefined, why: "settings_unreadable", settingsPath };
    days = settings["cleanupPeriodDays"];
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return { days: undefined, why: "settings_unreadable", settingsPath };
  }
  if (days === undefined) return { days: DEFAULT_DAYS, why: "default", settingsPath };
  if (typeof days !== "number" || !Number.isInteger(days) || days <= 0) {
    return { days: undefined, why: "settings_invalid", settingsPath };
  }
  return { days, why: "settings", settingsPath };
}

/** Transcripts of the desktop application are exempt (CLI 2.1.329), by what their first or last row names. */
const EXEMPT = new Set(["claude-desktop", "claude-desktop-3p", "local-agent", "local_agent"]);

/**
 * When Claude Code may delete a transcript, epoch ms: at its first start after so many days without a change. Undefined
 * when it keeps it.
 */
export function deletedFrom(
  { days }: Retention,
  { mtimeMs, entrypoints }: { readonly mtimeMs: number; readonly entrypoints: readonly string[] },
): number | undefined {
  if (days === undefined || entrypoints.some((name) => EXEMPT.has(name))) return undefined;
  return mtimeMs + days * DAY_MS;
}
