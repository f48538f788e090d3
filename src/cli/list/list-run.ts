import { dirname, resolve } from "node:path";
import { isDirectory, resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { SessionUsages } from "../../catalog/facts/session-usage.ts";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { streamSessions } from "../../store/list/stream-sessions.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { shellWord } from "../../view/resume.ts";
import type { ListedSession } from "../../store/types.ts";
import { type Invocation, mustBe, oneOf, type Terminal, UsageError } from "../terminal/command.ts";
import { flag } from "../terminal/environment.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { SESSION_SORTS, type SessionSort } from "../../catalog/facts/session-facts.ts";
import { Deadlines } from "./deadlines.ts";
import { SessionTable } from "./session-table.ts";
import { printable } from "../terminal/terminal.ts";
import { tableWidth } from "../terminal/table.ts";
import { LimitedSessions, type LimitOptions } from "./take-sessions.ts";
import { readFilter, typedFilter } from "../filter/read-filter.ts";
import { type FilteredStream, filteredStream } from "./filtered-stream.ts";
import { asString } from "../../transcript/rows/json-values.ts";

/** Default limit on a terminal, so that the first lines do not scroll away. */
const TERMINAL_LIMIT = 30;
/** Sessions printed first, for which the columns are laid out. */
const FIRST_ROWS = 30;
const LATER_ROWS = 500;

/** Runs `list`. Returns the exit code. */
export async function listSessions(invocation: Invocation): Promise<number> {
  const { json, terminal } = invocation;
  const asked = readOptions(invocation);
  const progress = startProgress("Reading transcripts");
  try {
    const { usage, stream, notes } = await openList(asked, invocation, progress);
    const taken = new LimitedSessions(stream, asked);
    if (json) await printJson(taken, terminal, progress, { usage, notes });
    else await printTable(taken, invocation, { ...asked, usage }, progress);
    progress.stop();
    for (const note of notes) terminal.warn(note);
    for (const { path, reason } of stream.skipped()) terminal.warn(`skipped ${path}: ${reason}`);
  } finally {
    progress.stop();
  }
  return 0;
}

/** Opens the list in its order. Only an order or columns that need the index load its code. */
async function openList(
  { filters, sort, cost, wait }: ListOptions,
  { configDirs, terminal }: Invocation,
  progress: Progress,
): Promise<FilteredStream & { readonly usage?: SessionUsages | undefined }> {
  const { stream, notes } = await filteredStream(filters, configDirs, progress);
  if (sort === "activity" && !cost) return { stream, notes };
  const { loadUsage, sorted } = await import("./usage-list.ts");
  const usage = cost ? await loadUsage({ configDirs, wait, terminal, progress: progress.report }) : undefined;
  return { usage, stream: await sorted(stream, sort, usage?.usage), notes };
}

interface ListOptions extends LimitOptions {
  readonly filters: SessionFilter;
  readonly sort: SessionSort;
  /** Whether to show messages and cost. */
  readonly cost: boolean;
  readonly wait: boolean;
  /** Whether only the environment variable hides sessions of programs. */
  readonly byEnvironment: boolean;
  /** Filters as the user typed them. */
  readonly typed: readonly string[];
}

function readOptions({ values, positionals, json, terminal }: Invocation): ListOptions {
  const text = (name: string): string | undefined => asString(values[name]);
  const all = values["all"] === true;
  if (all && values["archived"] === true) throw new UsageError("--all and --archived cannot be used together");
  const [directory] = positionals;
  const cwd = text("cwd") ?? directory;
  if (directory !== undefined && cwd !== directory) {
    throw new UsageError(`"${directory}" and --cwd "${cwd ?? ""}" cannot be used together`);
  }
  // Said as it was understood: '.' is short for a path.
  const given = cwd === undefined ? values : { ...values, cwd: resolve(cwd) };
  const byOption = values["no-programmatic"] === true;
  const byEnvironment = !byOption && !all && flag("no-programmatic", values);
  const limit = text("limit");
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) throw mustBe("--limit", "a positive integer", limit);
  const sort = text("sort") ?? "activity";
  if (!isSort(sort)) throw mustBe("--sort", oneOf(SESSION_SORTS), sort);
  const cost = values["cost"] === true || sort === "cost" || sort === "messages";
  const wait = values["wait"] === true;
  if (wait && !cost) throw new UsageError("--wait needs --cost, --sort cost or --sort messages");
  return {
    sort,
    cost,
    wait,
    filters: { ...readFilter(given), archived: values["archived"] === true ? true : undefined },
    hidesArchived: !all && values["archived"] !== true,
    hidesProgrammatic: byOption || byEnvironment,
    byEnvironment,
    limit: limit === undefined ? (terminal.isTty && !json && !all ? TERMINAL_LIMIT : Infinity) : Number(limit),
    typed: [
      ...typedFilter(given),
      ...["archived", "no-programmatic"].flatMap((name) => (values[name] === true ? [`--${name}`] : [])),
    ],
  };
}

const isSort = (text: string): text is SessionSort => (SESSION_SORTS as readonly string[]).includes(text);

async function printJson(
  taken: LimitedSessions,
  terminal: Terminal,
  progress: Progress,
  { usage: usages, notes }: { readonly usage: SessionUsages | undefined; readonly notes: readonly string[] },
): Promise<void> {
  const print = (text: string): Promise<void> => {
    progress.clear();
    return terminal.write(text);
  };
  const deadlines = new Deadlines(Date.now());
  const withFacts = (row: ListedSession): object => ({
    ...row,
    ...(usages && { usage: usages.usage.get(row.sessionId) }),
    deletedFrom: deadlines.of(row),
  });
  let before = '{"sessions":[';
  for (let rows = await taken.rows(FIRST_ROWS); rows.length > 0; rows = await taken.rows(LATER_ROWS)) {
    await print(`${before}\n${rows.map((row) => terminalJson(withFacts(row))).join(",\n")}`);
    before = ",";
  }
  const more = await taken.hasMore();
  const { stream, archivedLeftOut, programmaticLeftOut } = taken;
  const facts = { more, archivedLeftOut, programmaticLeftOut, transcripts: stream.total, skipped: stream.skipped() };
  const counted = {
    ...(usages && { pending: usages.pending, prices: usages.prices }),
    ...((usages !== undefined || notes.length > 0) && { notes: [...(usages?.notes ?? []), ...notes] }),
  };
  const rest = terminalJson({ ...facts, ...counted }).slice(1);
  await print(`${taken.count === 0 ? before : "\n"}],${rest}\n`);
}

async function printTable(
  taken: LimitedSessions,
  { configDirs, terminal, positionals: [given] }: Invocation,
  { typed, filters, limit, byEnvironment, usage }: ListOptions & { readonly usage: SessionUsages | undefined },
  progress: Progress,
): Promise<void> {
  const now = Date.now();
  const deadlines = new Deadlines(now);
  let going = 0;
  const table = new SessionTable({
    deadline(session) {
      const from = deadlines.of(session);
      if (from !== undefined) going++;
      return from;
    },
    width: tableWidth(terminal),
    heads: terminal.isTty,
    colors: terminal.colors,
    shortId: shortIds(configDirs),
    now,
    ofOneProject: filters.dir !== undefined,
    usage: usage?.usage,
  });
  const shown: string[] = [];
  for (let rows = await taken.rows(FIRST_ROWS); rows.length > 0; rows = await taken.rows(LATER_ROWS)) {
    const lines = table.lines(rows, rows.length < FIRST_ROWS || taken.count >= limit);
    progress.clear();
    await terminal.write(`${lines.join("\n")}\n`);
    if (usage !== undefined) for (const { sessionId } of rows) shown.push(sessionId);
  }
  const more = await taken.hasMore();
  progress.clear();
  const { count, stream, archivedLeftOut, programmaticLeftOut } = taken;
  if (usage !== undefined && count > 0) {
    const { usageWarnings } = await import("./usage-list.ts");
    for (const line of usageWarnings(usage, shown)) terminal.warn(line);
  }
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
    // The reader of a pipe may not know the environment.
    if (byEnvironment && programmaticLeftOut > 0) terminal.warn(`${started} (CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC).`);
    return;
  }
  if (going > 0)
    terminal.warn(
      `Claude Code will delete ${going === 1 ? "1 session" : `${going} sessions`} soon. To keep copies: claude-transcripts retention --keep`,
    );
  const first = count === 1 ? "the first" : `the first ${count}`;
  if (more) terminal.warn(`Showing ${first} of ${stream.total} transcripts. To see more, use --limit N or --all.`);
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
        here > MAX_COUNTED
          ? `More than ${MAX_COUNTED} sessions are`
          : here === 1
            ? "1 session is"
            : `${here} sessions are`;
      terminal.warn(`${many} from this directory: 'claude-transcripts list .'`);
    }
  }
}

/** Returns a hint if a session was named instead of a directory. */
async function sessionHint(given: string | undefined, configDirs: readonly string[] | undefined): Promise<string> {
  const { sessionIdsWith } = await import("../../store/resolve/by-prefix.ts");
  const isSession = given !== undefined && sessionIdsWith(given, configDirs).length > 0;
  return isSession ? `. To show the session with that id: claude-transcripts show ${given}` : "";
}

/** Maximum number of sessions counted: each file must be read, because stubs do not count. */
const MAX_COUNTED = 100;

/** Counts the sessions that `list .` would show, up to one more than `MAX_COUNTED`. */
async function countHere(configDirs: readonly string[] | undefined): Promise<number> {
  let dir: string;
  try {
    dir = process.cwd();
  } catch {
    // The directory is gone.
    return 0;
  }
  const stream = await streamSessions({ dir, configDirs });
  let count = 0;
  while (count <= MAX_COUNTED && (await stream.next()) !== undefined) count++;
  return count;
}

/** Returns the closest parent directory with sessions: the user may be below the root of a project. */
async function directoryAbove(dir: string, configDirs: readonly string[] | undefined): Promise<string | undefined> {
  for (let above = dirname(dir), at = dir; above !== at; at = above, above = dirname(above)) {
    const stream = await streamSessions({ dir: above, configDirs });
    if ((await stream.next()) !== undefined) return above;
  }
  return undefined;
}
