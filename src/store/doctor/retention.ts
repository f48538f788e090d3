import { join } from "node:path";
import { asObject } from "../../transcript/rows/json-values.ts";
import { statFile } from "../disk/fs.ts";
import { errnoOf } from "../errors.ts";
import { readSmall } from "../disk/read-small-file.ts";

/** Days after which Claude Code deletes a transcript, unless its settings say otherwise (CLI 2.1.329). */
const DEFAULT_DAYS = 30;
const SETTINGS_BYTES = 4 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** How long Claude Code keeps transcripts. */
export interface Retention {
  /** Undefined if nothing is deleted, for the reason in `why`. */
  readonly days: number | undefined;
  readonly why: "default" | "settings" | "settings_unreadable" | "settings_invalid";
  /** The file that was read. Settings of an organisation or a project may override it. */
  readonly settingsPath: string;
}

/** Reads `cleanupPeriodDays`. As in the CLI, nothing is deleted if it is invalid or `settings.json` is unreadable. */
export function readRetention(configDir: string): Retention {
  const settingsPath = join(configDir, "settings.json");
  const byDefault: Retention = { days: DEFAULT_DAYS, why: "default", settingsPath };
  const never = (why: Retention["why"]): Retention => ({ days: undefined, why, settingsPath });
  let days: unknown;
  try {
    // A FIFO or a device has no end; the CLI would wait for it.
    if (statFile(settingsPath)?.isFile() === false) return never("settings_unreadable");
    const text = readSmall(settingsPath, SETTINGS_BYTES)?.replace(/^\uFEFF/, "");
    if (text === undefined || text.trim() === "") return byDefault;
    const settings = asObject(JSON.parse(text));
    if (settings === undefined) return never("settings_unreadable");
    days = settings["cleanupPeriodDays"];
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return never("settings_unreadable");
  }
  if (days === undefined) return byDefault;
  if (typeof days !== "number" || !Number.isInteger(days) || days <= 0) return never("settings_invalid");
  return { days, why: "settings", settingsPath };
}

/** Entrypoints of the desktop application, whose transcripts are exempt (CLI 2.1.329). */
const EXEMPT = new Set(["claude-desktop", "claude-desktop-3p", "local-agent", "local_agent"]);

/** Returns the time (epoch ms) from which Claude Code deletes a transcript when it starts; undefined if never. */
export function deletedFrom(
  { days }: Retention,
  { mtimeMs, entrypoints }: { readonly mtimeMs: number; readonly entrypoints: readonly string[] },
): number | undefined {
  if (days === undefined || entrypoints.some((name) => EXEMPT.has(name))) return undefined;
  return mtimeMs + days * DAY_MS;
}
