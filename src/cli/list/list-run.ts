import { dirname, resolve } from "node:path";
import { isDirectory, resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { streamSessions } from "../../store/list/stream-sessions.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { shellWord } from "../../view/resume.ts";
import { type Invocation, mustBe, type Terminal, UsageError } from "../terminal/command.ts";
import { flag } from "../terminal/environment.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { SessionTable } from "./session-table.ts";
import { printable } from "../terminal/terminal.ts";
import { tableWidth } from "../terminal/table.ts";
import { Taking } from "./take-sessions.ts";
import { parseTime } from "../terminal/time.ts";
import { asString } from "../../transcript/rows/json-values.ts";

/** On a terminal: what was printed first must not have scrolled away. */
const TERMINAL_LIMIT = 30;
/** The first lines are printed, and the columns laid out, when so many sessions are known. */
const FIRST_ROWS = 30;
const LATER_ROWS = 500;

/** What `list` prints. Gives the exit code. */
export async function listSessions(invocation: Invocation): Promise<number> {
  const { configDirs, json, terminal } = invocation;
  const asked = await readOptions(invocation);
  const progress = startProgress("Reading transcripts");
  try {
    const stream = await streamSessions({ ...asked.filters, configDirs });
    const taken = new Taking(stream, asked);
    if (json) await printJson(taken, terminal, progress);
    else await printTable(taken, invocation, asked, progress);
    progress.stop();
    for (const { path, reason } of stream.skipped()) terminal.warn(`skipped ${path}: ${reason}`);
  } finally {
    progress.stop();
  }
  return 0;
}

interface Asked {
  readonly filters: NonNullable<Parameters<typeof streamSessions>[0]>;
  readonly hidesArchived: boolean;
  readonly hidesProgrammatic: boolean;
  /** Not because it was typed, but because the environment says so. */
  readonly byEnvironment: boolean;
  readonly limit: number;
  /** The filters as they were typed. */
  readonly typed: readonly string[];
}

async function readOptions({ values, positionals, json, terminal }: Invocation): Promise<Asked> {
  const text = (name: string): string | undefined => asString(values[name]);
  const all = values["all"] === true;
  if (all && values["archived"] === true) throw new UsageError("--all and --archived cannot be used together");
  const [directory] = positionals;
  const cwd = text("cwd") ?? directory;
  if (directory !== undefined && cwd !== directory) {
    throw new UsageError(`"${directory}" and --cwd "${cwd ?? ""}" cannot be used together`);
  }
  const dir = cwd === undefined ? undefined : resolve(cwd);
  const typedSo = values["no-programmatic"] === true;
  const byEnvironment = !typedSo && !all && flag("no-programmatic", values);
  const times = readTimes(text("since"), text("until"));
  const tag = text("tag");
  const limit = text("limit");
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) throw mustBe("--limit", "a positive integer", limit);
  return {
    filters: {
      dir,
      includeWorktrees: values["no-worktrees"] !== true,
      ...times,
      tag: tag === undefined ? undefined : (await import("../../store/annotate/normalize-tag.ts")).normalizeTag(tag),
      branch: text("branch"),
      archived: values["archived"] === true ? "only" : "include",
    },
    hidesArchived: !all && values["archived"] !== true,
    hidesProgrammatic: typedSo || byEnvironment,
    byEnvironment,
    limit: limit === undefined ? (terminal.isTty && !json && !all ? TERMINAL_LIMIT : Infinity) : Number(limit),
    typed: [
      ...(dir === undefined ? [] : [`--cwd ${dir}`]),
      ...["since", "until", "tag", "branch", "archived", "no-programmatic"].flatMap((name) => {
        const value = values[name];
        return value === true ? [`--${name}`] : typeof value === "string" ? [`--${name} ${value}`] : [];
      }),
    ],
  };
}

function readTimes(
  since: string | undefined,
  until: string | undefined,
): { readonly since: number | undefined; readonly until: number | undefined } {
  const now = Date.now();
  const times = {
    since: since === undefined ? undefined : parseTime(since, "--since", { now }),
    until: until === undefined ? undefined : parseTime(until, "--until", { now, edge: "end" }),
  };
  if (times.since !== undefined && times.until !== undefined && times.since > times.until) {
    throw new UsageError(`--since "${since}" is later than --until "${until}"`);
  }
  return times;
}

async function printJson(taking: Taking, terminal: Terminal, progress: Progress): Promise<void> {
  const print = (text: string): Promise<void> => {
    progress.clear();
    return terminal.write(text);
  };
  let before = '{"sessions":[';
  for (let rows = await taking.rows(FIRST_ROWS); rows.length > 0; rows = await taking.rows(LATER_ROWS)) {
    await print(`${before}\n${rows.map((row) => terminalJson(row)).join(",\n")}`);
    before = ",";
  }
  const more = await taking.hasMore();
  const { archivedLeftOut, programmaticLeftOut, transcripts } = taking;
  const skipped = taking.skipped();
  const rest = terminalJson({ more, archivedLeftOut, programmaticLeftOut, transcripts, skipped }).slice(1);
  await print(`${taking.count === 0 ? before : "\n"}],${rest}\n`);
}

async function printTable(
  taking: Taking,
  { configDirs, terminal, positionals: [given] }: Invocation,
  { typed, filters, limit, byEnvironment }: Asked,
  progress: Progress,
): Promise<void> {
  const table = new SessionTable({
    width: tableWidth(terminal),
    heads: terminal.isTty,
    colors: terminal.colors,
    shortId: shortIds(configDirs),
    now: Date.now(),
    ofOneProject: filters.dir !== undefined,
  });
  for (let rows = await taking.rows(FIRST_ROWS); rows.length > 0; rows = await taking.rows(LATER_ROWS)) {
    const lines = table.lines(rows, rows.length < FIRST_ROWS || taking.count >= limit);
    progress.clear();
    await terminal.write(`${lines.join("\n")}\n`);
  }
  const more = await taking.hasMore();
  progress.clear();
  const { count, transcripts, archivedLeftOut, programmaticLeftOut } = taking;
  if (count === 0) {
    const dirs = resolveConfigDirs({ configDirs }).join(", ");
    const none = `no sessions in ${dirs}${typed.length === 0 ? "" : ` with ${typed.join(" ")}`}`;
    await terminal.write(`${printable(none)}\n`);
    const above = filters.dir === undefined ? undefined : await directoryAbove(filters.dir, configDirs);
    if (filters.dir !== undefined && !isDirectory(filters.dir)) {
      terminal.warn(`That directory does not exist${await sessionHint(given, configDirs)}`);
    }
    if (above !== undefined) {
      terminal.warn(`A directory above it has sessions: claude-transcripts list ${shellWord(above)}`);
    }
    if (typed.length > 0) terminal.warn("'claude-transcripts list --all' shows every session of every project.");
  }
  const started =
    programmaticLeftOut === 1
      ? "1 session that a program started is not shown"
      : `${programmaticLeftOut} sessions that programs started are not shown`;
  if (!terminal.isTty && count > 0) {
    // Whoever reads a pipe need not know what stands in the environment.
    if (byEnvironment && programmaticLeftOut > 0) terminal.warn(`${started} (CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC).`);
    return;
  }
  const first = count === 1 ? "the first" : `the first ${count}`;
  if (more) terminal.warn(`Showing ${first} of ${transcripts} transcripts. To see more, use --limit N or --all.`);
  if (archivedLeftOut > 0) {
    const are = archivedLeftOut === 1 ? "1 archived session is" : `${archivedLeftOut} archived sessions are`;
    terminal.warn(`${are} not shown. --archived shows only archived sessions, --all shows everything.`);
  }
  if (programmaticLeftOut > 0) {
    terminal.warn(byEnvironment ? `${started} (CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC). --all shows them.` : `${started}.`);
  }
  if (typed.length === 0) {
    const here = await countHere(configDirs);
    const areAll = !more && here === count;
    if (here > 0 && !areAll) {
      const many =
        here > MOST_COUNTED
          ? `More than ${MOST_COUNTED} sessions are`
          : here === 1
            ? "1 session is"
            : `${here} sessions are`;
      terminal.warn(`${many} from this directory: 'claude-transcripts list .'`);
    }
  }
}

/** A session that was named instead of a directory. */
async function sessionHint(given: string | undefined, configDirs: readonly string[] | undefined): Promise<string> {
  const { sessionIdsWith } = await import("../../store/resolve/by-prefix.ts");
  const isSession = given !== undefined && sessionIdsWith(given, configDirs).length > 0;
  return isSession ? `. To show the session with that id: claude-transcripts show ${given}` : "";
}

/** Each has to be looked into: a stub is none. */
const MOST_COUNTED = 100;

/** How many sessions `list .` would show; one more than `MOST_COUNTED` for whatever is more than that. */
async function countHere(configDirs: readonly string[] | undefined): Promise<number> {
  let dir: string;
  try {
    dir = process.cwd();
  } catch {
    // It is gone.
    return 0;
  }
  const stream = await streamSessions({ dir, configDirs });
  let count = 0;
  while (count <= MOST_COUNTED && (await stream.next()) !== undefined) count++;
  return count;
}

/** The closest directory above that has sessions: somebody asked from within a project. */
async function directoryAbove(dir: string, configDirs: readonly string[] | undefined): Promise<string | undefined> {
  for (let above = dirname(dir), at = dir; above !== at; at = above, above = dirname(above)) {
    const stream = await streamSessions({ dir: above, configDirs });
    if ((await stream.next()) !== undefined) return above;
  }
  return undefined;
}
