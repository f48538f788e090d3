import { resolve } from "node:path";
import { resolveConfigDirs } from "../store/config-dir.ts";
import { streamSessions } from "../store/session-stream.ts";
import { shortIds } from "../store/short-ids.ts";
import { type Invocation, type Terminal, UsageError } from "./command.ts";
import { type Progress, startProgress } from "./progress.ts";
import { terminalJson } from "./render/json-text.ts";
import { SESSION_COLUMNS, sessionCells } from "./session-table.ts";
import { headLine, layOut, tableLine, tableWidth } from "./table.ts";
import { Taking } from "./taking.ts";
import { parseTime } from "./time.ts";

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
  readonly limit: number;
  /** The filters as they were typed. */
  readonly typed: readonly string[];
}

async function readOptions({ values, json, terminal }: Invocation): Promise<Asked> {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const all = values["all"] === true;
  if (all && text("limit") !== undefined) throw new UsageError("--all and --limit exclude each other");
  if (all && values["archived"] === true) throw new UsageError("--all and --archived exclude each other");
  const cwd = text("cwd");
  const times = readTimes(text("since"), text("until"));
  const tag = text("tag");
  const limit = text("limit");
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) {
    throw new UsageError(`--limit: '${limit}' is no whole number above 0`);
  }
  return {
    filters: {
      dir: cwd === undefined ? undefined : resolve(cwd),
      includeWorktrees: values["no-worktrees"] !== true,
      ...times,
      tag: tag === undefined ? undefined : (await import("../store/annotate.ts")).normalizeTag(tag),
      branch: text("branch"),
      archived: values["archived"] === true ? "only" : "include",
    },
    hidesArchived: !all && values["archived"] !== true,
    limit: limit === undefined ? (terminal.isTty && !json && !all ? TERMINAL_LIMIT : Infinity) : Number(limit),
    typed: ["cwd", "since", "until", "tag", "branch", "archived"].flatMap((name) => {
      const value = values[name];
      return value === true ? [`--${name}`] : typeof value === "string" ? [`--${name} ${value}`] : [];
    }),
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
    throw new UsageError(`--since ${since} is later than --until ${until}`);
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
  const { archivedLeftOut, transcripts } = taking;
  const skipped = taking.skipped();
  const rest = terminalJson({ more, archivedLeftOut, transcripts, skipped }).slice(1);
  await print(`${taking.count === 0 ? before : "\n"}],${rest}\n`);
}

async function printTable(
  taking: Taking,
  { configDirs, terminal }: Invocation,
  { typed }: Asked,
  progress: Progress,
): Promise<void> {
  const width = tableWidth(terminal);
  const { colors } = terminal;
  const cellsWith = { shortId: shortIds(configDirs), now: Date.now() };
  let widths: ReturnType<typeof layOut> | undefined;
  for (let rows = await taking.rows(FIRST_ROWS); rows.length > 0; rows = await taking.rows(LATER_ROWS)) {
    const cells = rows.map((row) => sessionCells(row, cellsWith));
    const first = widths === undefined;
    widths ??= layOut(SESSION_COLUMNS, cells, { width, heads: terminal.isTty });
    const lines = [];
    if (first && terminal.isTty) lines.push(headLine(SESSION_COLUMNS, widths, { colors }));
    for (const row of cells) lines.push(tableLine(SESSION_COLUMNS, widths, row, { cuts: width !== undefined, colors }));
    progress.clear();
    await terminal.write(`${lines.join("\n")}\n`);
  }
  const more = await taking.hasMore();
  progress.clear();
  const { count, transcripts, archivedLeftOut } = taking;
  if (count === 0) {
    const dirs = resolveConfigDirs({ configDirs }).join(", ");
    await terminal.write(`no sessions in ${dirs}${typed.length === 0 ? "" : ` with ${typed.join(" ")}`}\n`);
    if (typed.length > 0) terminal.warn("'claude-transcripts list --all' shows every session of every project.");
  }
  if (!terminal.isTty && count > 0) return;
  if (more) terminal.warn(`The first ${count} are shown, of ${transcripts} transcripts. More: --limit N, or --all.`);
  if (archivedLeftOut > 0) {
    const are = archivedLeftOut === 1 ? "1 archived session is" : `${archivedLeftOut} archived sessions are`;
    terminal.warn(`${are} not shown: --archived shows only such, --all everything.`);
  }
}
