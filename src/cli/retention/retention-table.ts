import { homedir } from "node:os";
import type { Retention } from "../../store/retention/retention.ts";
import type { ListedSession } from "../../store/types.ts";
import { formatBytes } from "../../view/size.ts";
import { projectLabel, projectName } from "../../view/project-name.ts";
import { type Column, headLine, layOut, tableLine, tableWidth } from "../terminal/table.ts";
import type { Terminal } from "../terminal/command.ts";
import { printable } from "../terminal/terminal.ts";
import { deletionTime } from "../terminal/time.ts";

/** A session that Claude Code will delete. */
export interface GoingSession {
  readonly session: ListedSession;
  /** Epoch ms. */
  readonly deletedFrom: number;
  /** Of its transcript and what stands next to it. */
  readonly bytes: number;
  /** Whether the snapshot has all of it. */
  readonly inSnapshot: boolean;
}

/** What Claude Code does in a config dir. */
export interface DirRetention extends Retention {
  readonly configDir: string;
}

const COLUMNS: readonly Column[] = [
  { title: "DELETED" },
  { title: "ID", color: 33 },
  { title: "TITLE", min: 16, share: 0.4 },
  { title: "PROJECT", min: 12, color: 36, dispensable: 3 },
  { title: "SIZE", right: true, dispensable: 1 },
  { title: "SNAPSHOT", dispensable: 2 },
];

interface TableOptions {
  readonly terminal: Terminal;
  readonly idOf: (sessionId: string) => string;
  /** Epoch ms. */
  readonly now: number;
}

/** Returns the table of sessions that will be deleted. */
export function retentionTable(going: readonly GoingSession[], { terminal, idOf, now }: TableOptions): string[] {
  const rows = going.map(({ session: { sessionId, title, cwd, projectKey }, deletedFrom, bytes, inSnapshot }) => [
    deletionTime(deletedFrom, now),
    idOf(sessionId),
    printable(title) || "(no title)",
    printable(projectLabel(projectName(cwd ?? projectKey, homedir(), undefined))),
    formatBytes(bytes),
    inSnapshot ? "yes" : "no",
  ]);
  const width = tableWidth(terminal);
  const widths = layOut(COLUMNS, rows, { width, heads: true });
  const options = { cuts: width !== undefined, colors: terminal.colors };
  return [headLine(COLUMNS, widths, options), ...rows.map((row) => tableLine(COLUMNS, widths, row, options))];
}

/** Returns sentences on how long Claude Code keeps transcripts. */
export function retentionLines({ configDir, days, why, settingsPath, projects }: DirRetention): string[] {
  if (why === "settings_unreadable")
    return [`Claude Code deletes nothing in ${configDir} for now: ${settingsPath} cannot be read.`];
  if (why === "settings_invalid")
    return [`Claude Code deletes nothing in ${configDir} for now: cleanupPeriodDays in ${settingsPath} is not valid.`];
  const from =
    why === "default"
      ? "the default"
      : `cleanupPeriodDays in ${settingsPath}${why === "managed" ? ", settings of the organisation" : ""}`;
  return [
    `Claude Code deletes sessions in ${configDir} that have not changed for ${daysText(days ?? 0)} (${from}).`,
    ...projects.map(({ directory, days: own, settingsPath: path }) =>
      own === undefined
        ? `Started in ${directory}, it deletes nothing: ${path} is not valid.`
        : `Started in ${directory}, it deletes those of all projects after ${daysText(own)} (${path}).`,
    ),
  ];
}

const daysText = (days: number): string => `${days} ${days === 1 ? "day" : "days"}`;
