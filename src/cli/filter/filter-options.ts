/** The conditions on sessions that every command that takes several of them understands. */
import { TIMES_UNDERSTOOD } from "../../transcript/text/when.ts";
import type { Options, OptionSpec } from "../terminal/command.ts";

const TIMES = ["today", "yesterday", "monday", "1h", "1d", "7d", "30d"] as const;

export const FILTER_OPTIONS = {
  cwd: {
    type: "string",
    value: "DIR",
    help: "Only sessions of this directory and the git worktrees of its repository. '.' is the current directory.",
    completes: "projects",
  },
  "no-worktrees": { type: "boolean", help: "With --cwd: leave out the sessions of other worktrees." },
  project: {
    type: "string",
    value: "NAME",
    help: "Only sessions in a directory of this name, or below it; or below a path.",
    completes: "projects",
  },
  since: {
    type: "string",
    value: "TIME",
    help: `Only sessions active since then. TIME is ${TIMES_UNDERSTOOD}.`,
    completes: TIMES,
  },
  until: {
    type: "string",
    value: "TIME",
    help: "Only sessions last active at or before TIME; a day counts to its end.",
    completes: TIMES,
  },
  before: {
    type: "string",
    value: "TIME",
    help: "Only sessions last active before TIME; a day does not count.",
    completes: TIMES,
  },
  tag: {
    type: "string",
    multiple: true,
    value: "TAG",
    help: "Only sessions with this tag; repeated, with one of them.",
    completes: "tags",
  },
  branch: {
    type: "string",
    value: "NAME",
    help: "Only sessions that were last on this git branch.",
    completes: "branches",
  },
  model: { type: "string", value: "NAME", help: "Only sessions with a request to a model that has NAME in its name." },
  "min-cost": { type: "string", value: "USD", help: "Only sessions that cost at least this much." },
  "max-cost": { type: "string", value: "USD", help: "Only sessions that cost at most this much." },
  larger: {
    type: "string",
    value: "SIZE",
    help: "Only sessions with a transcript larger than SIZE: 500kB, 10MB, 1GB.",
    completes: ["1MB", "10MB", "100MB"],
  },
  empty: { type: "boolean", help: "Only sessions without any message." },
  query: { type: "string", value: "QUERY", help: "Only sessions that 'search QUERY' finds." },
} as const satisfies Options;

/** The same, for commands that change sessions: of two values, the second one may select more. */
export const STRICT_FILTER_OPTIONS: Options = Object.fromEntries(
  Object.entries<OptionSpec>(FILTER_OPTIONS).map(([name, spec]) => [
    name,
    spec.type === "string" && spec.multiple !== true ? { ...spec, once: true } : spec,
  ]),
);

/** The same, for commands that change nothing and whose help refers to that of 'list'. */
export const EXPLAINED_FILTER_OPTIONS: Options = Object.fromEntries(
  Object.entries<OptionSpec>(FILTER_OPTIONS).map(([name, spec]) => [name, { ...spec, explainedBy: "list" }]),
);

/** The same, for commands whose help refers to that of 'list', with the option to go on without asking. */
export const CHOICE_OPTIONS: Options = {
  ...Object.fromEntries(
    Object.entries(STRICT_FILTER_OPTIONS).map(([name, spec]) => [name, { ...spec, explainedBy: "list" }]),
  ),
  yes: { type: "boolean", short: "y", help: "With a filter: do not ask for confirmation." },
};
