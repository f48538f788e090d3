import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import type { SessionUsage } from "../../catalog/facts/session-facts.ts";
import { linkedWorktreeOf } from "../../store/projects/worktrees.ts";
import type { ListedSession } from "../../store/types.ts";
import { forkFirst } from "../../transcript/summary/list-title.ts";
import { distinctLabels, projectLabel, type ProjectName, projectName } from "../../view/project-name.ts";
import { grouped } from "../../view/figures.ts";
import { sessionCost } from "../../view/usage-words.ts";
import { formatBytes } from "../../view/size.ts";
import { type Column, headLine, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { deletionTime, relativeTime } from "../terminal/time.ts";
import { fitTitles, type TitleCell } from "../terminal/titles.ts";

const YELLOW = 33;
const GREEN = 32;
const CYAN = 36;
const DIM = 2;

/** Minimum widths for less important columns. */
const MEDIUM = 100;
const WIDE = 120;

const COLUMNS: readonly Column[] = [
  { title: "ID", color: YELLOW },
  { title: "ACTIVE", dispensable: 1 },
  { title: "TITLE", min: 16, share: 0.5 },
  { title: "PROJECT", min: 16, isPath: true, color: CYAN, from: 70, dispensable: 2 },
  { title: "BRANCH", min: 20, color: GREEN, from: MEDIUM, dispensable: 3 },
  { title: "SIZE", right: true, color: DIM, from: WIDE, dispensable: 4 },
];
/** With `--cost`, or in an order by them. */
const USAGE_COLUMNS: readonly Column[] = [
  { title: "MESSAGES", right: true, dispensable: 1 },
  { title: "COST", right: true, color: YELLOW },
];
const TITLE = 2;
const PROJECT = 3;
const BRANCH = 4;

interface TableOptions {
  /** Undefined, for programs and files: nothing is cut or left out. */
  readonly width: number | undefined;
  readonly heads: boolean;
  readonly colors: boolean;
  readonly shortId: (id: string) => string;
  /** Epoch ms. */
  readonly now: number;
  /** Whether the list is of one directory and its worktrees, which the user knows. */
  readonly ofOneProject: boolean;
  /** When Claude Code deletes a session soon, epoch ms. */
  readonly deadline?: ((session: ListedSession) => number | undefined) | undefined;
  /** Counts of sessions by id, for columns of their own. */
  readonly usage?: ReadonlyMap<string, SessionUsage> | undefined;
}

/** Table of sessions that come in parts. The first part decides the layout. */
export class SessionTable {
  readonly #options: TableOptions;
  readonly #columns: readonly Column[];
  readonly #names = new Map<string, ProjectName>();
  #widths: (number | undefined)[] | undefined;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#columns = options.usage === undefined ? COLUMNS : [...COLUMNS, ...USAGE_COLUMNS];
  }

  /** Returns the lines of the next part. `isAll`: it is the only one. */
  lines(sessions: readonly ListedSession[], isAll: boolean): string[] {
    const { width, heads, colors } = this.#options;
    const isFirst = this.#widths === undefined;
    const titles = sessions.map((session) => this.#titleOf(session));
    const cells = width === undefined ? this.#fullCells(sessions) : this.#cells(sessions, width, isFirst && isAll);
    for (const [at, row] of cells.entries()) {
      row[TITLE] = wholeTitle(titles[at]);
      row.push(...this.#usageCells(sessions[at]?.sessionId ?? ""));
    }
    this.#widths ??= layOut(this.#columns, cells, { width, heads });
    const widths = this.#widths;
    if (width !== undefined) {
      const fitted = fitTitles(titles, widths[TITLE] ?? 0);
      for (const [at, row] of cells.entries()) row[TITLE] = fitted[at] ?? "";
    }
    const lines = cells.map((row) => tableLine(this.#columns, widths, row, { cuts: width !== undefined, colors }));
    return isFirst && heads ? [headLine(this.#columns, widths, { colors }), ...lines] : lines;
  }

  #fullCells(sessions: readonly ListedSession[]): string[][] {
    return sessions.map((session) => {
      const [id, active, size] = this.#commonCells(session);
      return [id, active, "", shortPath(printable(directoryOf(session)), homedir()), branchOf(session), size];
    });
  }

  /** Makes short cells, for people: only what distinguishes the sessions. */
  #cells(sessions: readonly ListedSession[], width: number, isAll: boolean): string[][] {
    const paths = sessions.map(directoryOf);
    const labels = distinctLabels(paths.map((path) => ({ path, label: projectLabel(this.#nameOf(path)) })));
    const cells = sessions.map((session) => {
      const { worktree, repository } = this.#nameOf(directoryOf(session));
      const [id, active, size] = this.#commonCells(session);
      const label = width < MEDIUM ? projectLabel({ worktree, repository }) : labels.get(directoryOf(session));
      const branch = branchOf(session);
      // The default branches of worktrees and repositories, and HEAD for none.
      const isPlain =
        branch === `worktree-${worktree ?? ""}` ||
        branch === "HEAD" ||
        (width < WIDE && (branch === "main" || branch === "master"));
      return [id, active, "", printable(label ?? ""), isPlain ? "" : branch, size];
    });
    // A column with one value distinguishes nothing.
    if (isAll && (width < MEDIUM || this.#options.ofOneProject)) clearIfAlike(cells, PROJECT);
    if (isAll && width < WIDE) clearIfAlike(cells, BRANCH);
    return cells;
  }

  #commonCells({ sessionId, activity, fileSize }: ListedSession): [id: string, active: string, size: string] {
    const { shortId, now } = this.#options;
    return [shortId(sessionId), relativeTime(activity, now), fileSize === undefined ? "" : formatBytes(fileSize)];
  }

  #titleOf(session: ListedSession): TitleCell {
    const { deadline, now } = this.#options;
    const from = deadline?.(session);
    if (from === undefined) return titleOf(session, undefined);
    return titleOf(session, from <= now ? "at the next start" : deletionTime(from, now).replace(/,.*/, ""));
  }

  #usageCells(sessionId: string): string[] {
    const { usage } = this.#options;
    if (usage === undefined) return [];
    const known = usage.get(sessionId);
    const messages = known === undefined ? "?" : `${known.isComplete ? "" : "≥"}${grouped(known.messages)}`;
    return [messages, sessionCost(known)];
  }

  #nameOf(directory: string): ProjectName {
    let name = this.#names.get(directory);
    if (name === undefined) {
      // Transcripts can name any directory, so only a limited number is looked up on the disk, and none on the network.
      const mayLookUp = this.#names.size < MAX_LOOKUPS && isAbsolute(directory) && !/^[/\\]{2}/.test(directory);
      name = projectName(directory, homedir(), mayLookUp ? linkedWorktreeOf : undefined);
      this.#names.set(directory, name);
    }
    return name;
  }
}

const MAX_LOOKUPS = 200;

const directoryOf = ({ cwd, projectKey }: ListedSession): string => cwd ?? projectKey;
const branchOf = ({ gitBranch }: ListedSession): string => printable(gitBranch ?? "");

function titleOf(
  { title, tags, description, archived, agentName }: ListedSession,
  deletion: string | undefined,
): TitleCell {
  const marks = [
    ...tags.map((tag) => `#${printable(tag)}`),
    ...(agentName === undefined ? [] : [`(agent ${printable(agentName)})`]),
    ...(archived ? ["(archived)"] : []),
    ...(deletion === undefined ? [] : [`(deleted ${deletion})`]),
  ];
  const called = printable(forkFirst(title)) || "(no title)";
  const described = printable(description ?? "");
  return { text: described === "" ? called : `${called} — ${described}`, marks: marks.join(" ") };
}

const wholeTitle = (title: TitleCell | undefined): string =>
  title === undefined ? "" : `${title.text} ${title.marks}`.trimEnd();

function clearIfAlike(cells: readonly string[][], column: number): void {
  if (cells.length < 2 || new Set(cells.map((row) => row[column])).size > 1) return;
  for (const row of cells) row[column] = "";
}

/** Returns `~/acme` for a directory below the home directory. */
export function shortPath(path: string, home: string): string {
  if (path === home) return "~";
  const below = path.startsWith(home) && /^[/\\]/.test(path.slice(home.length));
  return below ? `~${path.slice(home.length)}` : path;
}
