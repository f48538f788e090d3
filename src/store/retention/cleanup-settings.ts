import { join } from "node:path";
import { asObject } from "../../transcript/rows/json-values.ts";
import { readNames, statFile } from "../disk/fs.ts";
import { readSmall } from "../disk/read-small-file.ts";
import { attempt, errnoOf } from "../errors.ts";

/** What a settings file says of how long transcripts are kept. */
export interface CleanupSettings {
  readonly path: string;
  /** `cleanupPeriodDays`; "invalid" if it is none, "unreadable" if the file cannot be read, undefined if it does not say. */
  readonly days: number | "invalid" | "unreadable" | undefined;
  /** `desktopSessionCleanupPeriodDays`; undefined if it does not say. */
  readonly desktopDays: number | undefined;
}

const SETTINGS_BYTES = 4 * 1024 * 1024;

/** Reads a settings file of Claude Code. Never throws because of its content. */
export function readCleanupSettings(path: string): CleanupSettings {
  const unreadable = { path, days: "unreadable", desktopDays: undefined } as const;
  try {
    // A FIFO or a device has no end; the CLI would wait for it.
    if (statFile(path)?.isFile() === false) return unreadable;
    const text = readSmall(path, SETTINGS_BYTES)?.replace(/^\uFEFF/, "");
    if (text === undefined || text.trim() === "") return { path, days: undefined, desktopDays: undefined };
    const settings = asObject(JSON.parse(text));
    if (settings === undefined) return unreadable;
    const { cleanupPeriodDays: days, desktopSessionCleanupPeriodDays: desktop } = settings;
    return {
      path,
      days: days === undefined ? undefined : isCount(days) && days > 0 ? days : "invalid",
      desktopDays: isCount(desktop) && desktop > 0 ? desktop : undefined,
    };
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return unreadable;
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Where an organisation puts its settings on this machine (CLI 2.1.329). */
const MANAGED_DIR =
  process.platform === "darwin"
    ? "/Library/Application Support/ClaudeCode"
    : process.platform === "win32"
      ? "C:\\Program Files\\ClaudeCode"
      : "/etc/claude-code";

/**
 * Returns what the organisation says, if it does: by the settings that Claude Code got from its server, then by files on this
 * machine. Settings of a device management (a plist, the registry) are not read.
 */
export function managedSettings(configDir: string, managedDir = MANAGED_DIR): CleanupSettings | undefined {
  const parts = join(managedDir, "managed-settings.d");
  const names = (attempt(() => readNames(parts)) ?? []).filter(
    (name) => name.endsWith(".json") && !name.startsWith("."),
  );
  const paths = [
    join(configDir, "remote-settings.json"),
    ...names.toReversed().map((name) => join(parts, name)),
    join(managedDir, "managed-settings.json"),
  ];
  const found = paths.map(readCleanupSettings);
  return found.find(({ days }) => typeof days === "number") ?? found.find(({ days }) => days !== undefined);
}
