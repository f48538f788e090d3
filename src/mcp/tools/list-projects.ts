import * as z from "zod";
import { foldText } from "../../transcript/text/fold-text.ts";
import { formatBytes } from "../../view/size.ts";
import { clamped, limit, text } from "../core/input.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed } from "../core/quote.ts";
import { listAnswer, timeText } from "../sessions/session-line.ts";
import { defineTool, READS } from "../core/tool.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const listProjects = defineTool({
  name: "list_projects",
  title: "List projects",
  description:
    "Lists the directories that have Claude Code sessions, most recently active first. Next: list_sessions or search_sessions with project.",
  annotations: READS,
  input: z.strictObject({
    name: text("Only projects with this text in their path."),
    limit: limit(MAX_LIMIT, DEFAULT_LIMIT),
  }),
  output: z.object({
    projects: z.array(
      z.object({
        path: z.string(),
        sessions: z.number(),
        activity: z.string().optional(),
        bytes: z.number(),
      }),
    ),
    total: z.number(),
    notes: z.array(z.string()),
  }),
  async run({ name, limit: given }, context) {
    const { value, notes: clampedNotes } = clamped(given, "limit", { max: MAX_LIMIT });
    const { projects: all, skipped } = await context.store.projects(context.signal, (looked, total) =>
      context.progress(looked, total, "projects examined"),
    );
    const wanted = foldText(name ?? "");
    const matches = all.filter(({ path, key }) => foldText(path ?? key).includes(wanted));
    const projects = matches.slice(0, value).map(({ path, key, sessions, bytes, activity }) => ({
      // If no session names its directory, the key replaces the path: as an argument it means the same.
      path: notedLine(path ?? key),
      sessions,
      bytes,
      activity: timeText(activity),
    }));
    const notes = [
      ...clampedNotes,
      ...(matches.length > projects.length
        ? [`${matches.length - projects.length} more are not shown: give name, or a limit up to ${MAX_LIMIT}.`]
        : []),
    ];
    const rows = projects.map(
      ({ path, sessions, bytes, activity }) =>
        `${path}  ${sessions} session${sessions === 1 ? "" : "s"} · ${activity ?? "(time unknown)"} · ${formatBytes(bytes)}`,
    );
    const head = `${matches.length} project${matches.length === 1 ? "" : "s"}${name === undefined ? "" : ` with ${echoed(name)} in the path`}, of ${all.length}.`;
    return listAnswer({ head, rows, notes, skipped }, { projects, total: matches.length });
  },
});
