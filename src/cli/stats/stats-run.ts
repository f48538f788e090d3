import { resolve } from "node:path";
import {
  USAGE_GROUPINGS,
  type Usage,
  type UsageGroup,
  type UsageGrouping,
  type UsageOptions,
} from "../../catalog/stats/usage-types.ts";
import { usageStats } from "../../catalog/stats/usage-stats.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { type Invocation, mustBe, oneOf, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { makeStyle } from "../terminal/style.ts";
import { tableWidth } from "../terminal/table.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";
import { parseTime } from "../terminal/time.ts";
import { csvLines } from "./csv.ts";
import { usageRemarks } from "../../view/usage-words.ts";
import { isByTime, statsLines } from "./stats-table.ts";

/** Default limit on a terminal, so that the totals do not scroll away. */
const TERMINAL_LIMIT = 30;

/** Runs `stats`. Returns the exit code. */
export async function stats(invocation: Invocation): Promise<number> {
  const { configDirs, json, terminal } = invocation;
  const { filters, limit, isCsv } = await readOptions(invocation);
  const progress = startProgress("Reading transcripts");
  try {
    const usage = await usageStats({ ...filters, configDirs, progress: progress.report });
    progress.stop();
    const shown = shownGroups(usage, limit);
    if (json) await terminal.write(`${terminalJson({ ...usage, groups: shown })}\n`);
    else if (isCsv) await terminal.write(csvLines({ ...usage, groups: shown }));
    else if (usage.totals.sessions === 0) await terminal.write(`${printable(nothing(invocation))}\n`);
    else {
      const options = {
        width: tableWidth(terminal),
        isTty: terminal.isTty,
        colors: terminal.colors,
        style: makeStyle(terminal.colors),
        shortId: shortIds(configDirs),
      };
      await terminal.write(`${statsLines({ ...usage, groups: shown }, usage.groups, options).join("\n")}\n`);
      for (const line of remarks(usage, shown.length)) terminal.warn(line);
    }
    for (const note of usage.notes) terminal.warn(note);
    for (const { path, reason } of usage.skipped) terminal.warn(`skipped ${path}: ${reason}`);
  } finally {
    progress.stop();
  }
  return 0;
}

interface StatsOptions {
  readonly filters: UsageOptions;
  readonly limit: number;
  readonly isCsv: boolean;
}

async function readOptions({ values, json, terminal }: Invocation): Promise<StatsOptions> {
  const text = (name: string): string | undefined => asString(values[name]);
  const isCsv = values["csv"] === true;
  if (isCsv && json) throw new UsageError("--csv and --json cannot be used together");
  const by = text("by");
  if (by !== undefined && !isGrouping(by)) throw mustBe("--by", oneOf(USAGE_GROUPINGS), by);
  const limit = text("limit");
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) throw mustBe("--limit", "a positive integer", limit);
  const now = Date.now();
  const [since, until] = [text("since"), text("until")];
  const times = {
    since: since === undefined ? undefined : parseTime(since, "--since", { now }),
    until: until === undefined ? undefined : parseTime(until, "--until", { now, edge: "end" }),
  };
  if (times.since !== undefined && times.until !== undefined && times.since > times.until)
    throw new UsageError(`--since "${since}" is later than --until "${until}"`);
  const cwd = text("cwd");
  const tag = text("tag");
  return {
    filters: {
      by,
      ...times,
      dir: cwd === undefined ? undefined : resolve(cwd),
      includeWorktrees: values["no-worktrees"] !== true,
      model: text("model"),
      branch: text("branch"),
      tag: tag === undefined ? undefined : (await import("../../store/annotate/normalize-tag.ts")).normalizeTag(tag),
      index: values["no-index"] !== true,
    },
    limit: limit === undefined ? (terminal.isTty && !json && !isCsv ? TERMINAL_LIMIT : Infinity) : Number(limit),
    isCsv,
  };
}

const isGrouping = (text: string): text is UsageGrouping => (USAGE_GROUPINGS as readonly string[]).includes(text);

const shownGroups = ({ by, groups }: Usage, limit: number): readonly UsageGroup[] =>
  isByTime(by) ? groups.slice(Math.max(0, groups.length - limit)) : groups.slice(0, limit);

function nothing({ configDirs, values }: Invocation): string {
  const typed = ["since", "until", "cwd", "model", "branch", "tag"].flatMap((name) => {
    const value = values[name];
    return typeof value === "string" ? [`--${name} ${value}`] : [];
  });
  const where = resolveConfigDirs({ configDirs }).join(", ");
  return `nothing to count in ${where}${typed.length === 0 ? "" : ` with ${typed.join(" ")}`}`;
}

/** Says what is not shown, what the figures lack, and by which prices they were made. */
function remarks(usage: Usage, shown: number): string[] {
  const { by, groups } = usage;
  const which = isByTime(by) ? "last" : "first";
  return [
    ...(groups.length === shown
      ? []
      : [`Showing the ${which} ${shown} of ${groups.length} groups. To see more, use --limit N.`]),
    ...usageRemarks(usage),
  ];
}
