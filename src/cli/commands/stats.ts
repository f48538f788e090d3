import { TIMES_UNDERSTOOD } from "../../transcript/text/when.ts";
import { USAGE_GROUPINGS } from "../../catalog/stats/usage-types.ts";
import { FILTER_OPTIONS } from "../filter/filter-options.ts";
import { type Command, oneOf } from "../terminal/command.ts";

export const command: Command = {
  summary: "Show what was done and what it cost, by day, project, model and more",
  usage: "stats [options]",
  details: `Counts sessions, prompts, answers, tool calls, tokens, cost, active time and changed lines. Each request is charged once,
however many forks and copies repeat it, with the prices of its day; where Claude Code's own record of a session is higher,
that counts. Requests without a known price are named and not guessed. ≥ marks costs that may be higher.

The first run reads every transcript into an index in the cache directory; later ones read only what is new. A terminal shows
30 groups; a file or pipe gets all of them.`,
  notes: `Active time leaves out gaps longer than five minutes. Prompts, answers (turns) and changed lines have no model or branch
of their own: they count for the model and branch with the most requests in the same quarter of an hour.

JSON
  {"by", "groups": [{key, title, cwd, sessions, prompts, turns, messages, toolCalls, requests,
    tokens: {input, output, cacheRead, cacheWrite5m, cacheWrite1h}, webSearches, cost, unrecordedCost,
    unpricedTokens, unpricedModels, lowerBounds, active, linesAdded, linesRemoved}],
  "totals": the same without key, "prices": {version, published}, "notes", "skipped": [{path, reason}]}
  Costs are millionths of a dollar, times are milliseconds. The totals are the sums of all groups, except for sessions,
    which may be in several. By tool, groups have only sessions and toolCalls. title and cwd are there only by session.
  unrecordedCost: the part of cost that only Claude Code's own record has. lowerBounds: requests that may have
    cost more.`,
  options: {
    by: {
      type: "string",
      value: "GROUP",
      help: `Group by ${oneOf(USAGE_GROUPINGS)}. Default: day. Weeks begin on Monday.`,
      completes: USAGE_GROUPINGS,
    },
    since: {
      type: "string",
      value: "TIME",
      help: `Only what happened since then. TIME is ${TIMES_UNDERSTOOD}.`,
      completes: ["today", "yesterday", "monday", "7d", "30d", "this month"],
    },
    until: {
      type: "string",
      value: "TIME",
      help: "Only what happened at or before TIME; a day is included to its end.",
      completes: ["today", "yesterday", "monday", "7d", "30d"],
    },
    cwd: FILTER_OPTIONS.cwd,
    "no-worktrees": FILTER_OPTIONS["no-worktrees"],
    model: {
      type: "string",
      value: "NAME",
      help: "Only requests to models with this text in their name, such as opus.",
    },
    branch: { type: "string", value: "NAME", help: "Only requests on this git branch.", completes: "branches" },
    tag: { type: "string", value: "TAG", help: "Only sessions with this tag.", completes: "tags" },
    limit: {
      type: "string",
      short: "n",
      value: "N",
      help: "Show at most N groups: the last days, weeks or months, otherwise the highest. Totals are of all.",
      completes: ["10", "100"],
    },
    csv: { type: "boolean", help: "Print comma-separated values, costs in dollars." },
    "no-index": { type: "boolean", help: "Read every transcript instead of the index, which takes longer." },
  },
  positionals: "none",
  async run(invocation) {
    const { stats } = await import("../stats/stats-run.ts");
    return stats(invocation);
  },
};
