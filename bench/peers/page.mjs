/** The comparison as a page of Markdown. */
import os from "node:os";

/** Counts for which more is better, in the order of the table. */
const SHOWN = {
  prompts: "prompts",
  answers: "answers",
  earlier: "… prompts and answers before the last compaction",
  thoughts: "thoughts",
  commands: "local commands and bash mode, as what the user did",
  calls: "tool calls",
  planCalls: "plan tools, as calls or as a plan",
  results: "calls that end: completed or failed",
  failures: "failures shown as failed",
  resultTexts: "results with their text",
  diffs: "recorded diffs, every hunk of them",
  diffLines: "… with the line of every hunk",
  overwrites: "overwritten files, with their previous content",
  subagentCalls: "tool calls of subagents",
  images: "images",
  compactions: "compactions marked as such",
  usage: "sessions with a usage update",
};
/** Counts that should be 0. */
const NONE = {
  hidden: "hidden texts (reminders, caveats) shown as the user's",
  machinery: "messages with markup of Claude Code's own",
  summaries: "summaries of compactions shown as prompts",
  withoutId: "message chunks without a message id",
  open: "tool calls that never end",
  late: "updates after the answer to the load",
  changed: "transcripts changed by loading them",
  errors: "loads that fail",
};

/** Adds up the tallies of sessions. */
export function addUp(tallies) {
  const sum = (one, other) => ({
    shown: (one.shown ?? 0) + (other.shown ?? 0),
    of: (one.of ?? 0) + (other.of ?? 0),
    count: (one.count ?? 0) + (other.count ?? 0),
  });
  const keys = [...Object.keys(SHOWN), ...Object.keys(NONE)];
  return Object.fromEntries(keys.map((key) => [key, tallies.map((each) => each[key]).reduce(sum, {})]));
}

export function comparisonPage({ agents, sessions, shown, times, values }) {
  const names = agents.map(({ name, version }) => `${name} ${version}`);
  const [first] = agents;
  const rows = (labels, cells) =>
    Object.entries(labels).map(([key, label]) => `| ${[label, ...cells(key)].join(" | ")} |`);
  const head = (columns) => [`| ${columns.join(" | ")} |`, `|${" --- |".repeat(columns.length)}`];
  const ms = (what) => agents.map(({ name }) => `${Math.round(times[name][what])} ms`);
  const ratio = (what) => `${(times[agents[0].name][what] / times[agents[1].name][what]).toFixed(1)} ×`;
  return `${[
    `# Side by side with ${first.name}`,
    "",
    `This page compares what two ACP agents show of the same ${sessions.length} sessions after \`session/load\`. The sessions are those`,
    "with the most kinds of content, taken in turns from the given config dirs. Their content is counted from their bytes,",
    "without either program, and then looked for in the updates.",
    "",
    "- Abandoned branches are counted with the rest, so neither program shows everything.",
    "- The text of a result counts only if a reader wants to see it: not if a diff, the answers to questions or an agent's report",
    "  replace it, and not if it is for the model only.",
    "- The client declares `session.compaction`. Without it, the incumbent shows summaries as prompts.",
    "",
    ...head(["shown", "in the files", ...names]),
    ...rows(SHOWN, (key) => [shown[first.name][key].of, ...agents.map(({ name }) => shown[name][key].shown)]),
    "",
    ...head(["shown, or done, that should not be", ...names]),
    ...rows(NONE, (key) => agents.map(({ name }) => shown[name][key].count)),
    "",
    `## Time`,
    "",
    `A generated session of ${values.megabytes} MB, a new process for each load, in turns, medians of ${values.rounds}. Node ${process.version},`,
    `${os.platform()} ${os.arch()}, ${os.cpus().length} cores, load average ${os.loadavg()[0].toFixed(1)}.`,
    "",
    ...head(["from the spawn", ...names, "ratio"]),
    `| to the answer to \`initialize\` | ${[...ms("initialize"), ratio("initialize")].join(" | ")} |`,
    `| to the last update of the conversation | ${[...ms("conversation"), ratio("conversation")].join(" | ")} |`,
    `| to the answer to the load | ${[...ms("answer"), ratio("answer")].join(" | ")} |`,
    `| to the last update | ${[...ms("last"), ratio("last")].join(" | ")} |`,
    "",
    "## How it is run",
    "",
    "```sh",
    "npm run build && npm install --prefix bench/peers",
    "node bench/peers.mjs CONFIG_DIR... --out docs/comparison.md",
    "```",
    "",
    "Each program works on copies. The incumbent starts the CLI at every load. It gets an invalid key and an address at which",
    "nobody listens, which is enough for everything except a prompt.",
  ].join("\n")}\n`;
}
