import * as z from "zod";
import { type UsageGroup, USAGE_GROUPINGS, type UsageGrouping } from "../../catalog/stats/usage-types.ts";
import { formatActive, formatCount, grouped } from "../../view/figures.ts";
import { notedLine } from "../../view/sanitise.ts";
import { boundedCost, namelessText, tokensOf, usageRemarks } from "../../view/usage-words.ts";
import { clamped, limit, text } from "../core/input.ts";
import { quoted, quotedLines, shortened, titleLine } from "../core/quote.ts";
import { defineTool, READS } from "../core/tool.ts";
import { readPeriod } from "../sessions/period.ts";
import { filterOf, SAME_SCOPE_INPUT, scopeOf, scopeText } from "../sessions/scope.ts";
import { skippedNames } from "../sessions/session-line.ts";

const DEFAULT_LIMIT = 30;
const MAX_LIMIT = 200;
/** Maximum UTF-16 units of a directory or another name. */
const NAME_UNITS = 200;

export const usageStats = defineTool({
  name: "usage_stats",
  title: "Usage and cost",
  description:
    "Counts what Claude Code did and what it cost: sessions, prompts, tool calls, tokens, dollars, active time.",
  annotations: READS,
  input: z.strictObject({
    scope: SAME_SCOPE_INPUT.scope,
    project: SAME_SCOPE_INPUT.project,
    by: z.enum(USAGE_GROUPINGS).nullish().describe("Default day."),
    since: text("Only since then; forms as in list_sessions."),
    until: text(),
    model: text("Only models with this in their name."),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
  }),
  async run({ by: given, model, limit: givenLimit, ...rest }, context) {
    const { value, notes: clampedNotes } = clamped(givenLimit, "limit", { max: MAX_LIMIT });
    const by = given ?? USAGE_GROUPINGS[0];
    const scope = await scopeOf(rest, context);
    const { since, until } = readPeriod(rest);
    const usage = await context.store.usage({
      ...filterOf(scope),
      by,
      since,
      until,
      model,
      progress: (read, total) => context.progress(read, total, "bytes of transcripts read"),
      signal: context.signal,
    });
    const { groups, totals } = usage;
    const isByTime = by === "day" || by === "week" || by === "month";
    const shown = isByTime ? groups.slice(Math.max(0, groups.length - value)) : groups.slice(0, value);
    const shortId = by === "session" ? await context.store.shortIds() : (id: string): string => id;
    const rows = shown.map((group) => groupLine(group, by, shortId));
    const hidden = groups.length - shown.length;
    const lines = [
      `Scope: ${scopeText(scope)}. ${scope.name !== "all" && totals.sessions === 0 ? 'Nothing is counted here (all projects: scope: "all").' : `Total: ${countsText(totals)}.`}`,
      ...(rows.length === 0 ? [] : [quoted(rows.join("\n"))]),
      ...clampedNotes,
      ...(hidden === 0
        ? []
        : [
            `${hidden} ${isByTime ? "earlier" : "further"} groups are not shown: give a limit up to ${MAX_LIMIT}, or since.`,
          ]),
      ...usage.notes,
      // A transcript chose the names of models.
      ...(totals.unpricedTokens === 0 ? usageRemarks(usage) : quotedLines("Remarks:", usageRemarks(usage))),
      ...quotedLines("Could not be read:", skippedNames(usage.skipped)),
    ];
    return { text: lines.join("\n") };
  },
});

/** Writes a group on one line, its counts before its name, which a transcript chose. */
function groupLine(group: UsageGroup, by: UsageGrouping, shortId: (id: string) => string): string {
  const counts = by === "tool" ? `${grouped(group.toolCalls)} calls, ${sessionsText(group)}` : countsText(group);
  if (by === "session") return `${shortId(group.key)}  ${counts}  ${titleLine(group.title) || "(no title)"}`;
  const name = group.key === "" ? namelessText(by) : shortened(notedLine(group.key), NAME_UNITS);
  return by === "day" || by === "week" || by === "month" ? `${name}  ${counts}` : `${counts}  ${name}`;
}

function countsText(counts: Omit<UsageGroup, "key">): string {
  const { prompts, turns, toolCalls, active } = counts;
  return [
    boundedCost(counts),
    `${formatCount(tokensOf(counts))} tokens`,
    sessionsText(counts),
    `${grouped(prompts)} prompts`,
    `${grouped(turns)} answers`,
    `${grouped(toolCalls)} calls`,
    `${formatActive(active)} active`,
  ].join(", ");
}

const sessionsText = ({ sessions }: Pick<UsageGroup, "sessions">): string =>
  sessions === 1 ? "1 session" : `${grouped(sessions)} sessions`;
