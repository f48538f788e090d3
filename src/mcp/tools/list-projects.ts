import * as z from "zod";
import { foldText } from "../../transcript/text/fold-text.ts";
import { formatBytes } from "../../view/size.ts";
import { clamped, limit, text } from "../core/input.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, quoted } from "../core/quote.ts";
import { QUOTED, skippedLines, skippedNotes, timeText } from "../sessions/session-line.ts";
import { defineTool, READS } from "../core/tool.ts";

const DEFAULT = 50;
const MOST = 200;

/** The directories that have sessions. */
export const listProjects = defineTool({
  name: "list_projects",
  title: "List projects",
  description:
    "Lists the directories that have Claude Code sessions, the last active first. Next: list_sessions or search_sessions with project.",
  annotations: READS,
  input: z.strictObject({
    name: text("Only projects with this text in their path."),
    limit: limit(MOST, DEFAULT),
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
  async run({ name, limit: asked }, context, { store }) {
    const { value, note } = clamped(asked, MOST, "limit");
    const all = await store.projects(context.signal, (looked, total) =>
      context.progress(looked, total, "projects looked at"),
    );
    const wanted = foldText(name ?? "");
    const fitting = all.projects.filter(({ path, key }) => foldText(path ?? key).includes(wanted));
    const projects = fitting.slice(0, value).map(({ path, key, sessions, bytes, activity }) => {
      const time = timeText(activity);
      // Where no session says where it was, the key takes the place of the path: as an argument it means the same.
      return { path: notedLine(path ?? key), sessions, bytes, ...(time !== undefined && { activity: time }) };
    });
    const notes = [
      ...(note === undefined ? [] : [note]),
      ...(fitting.length > projects.length
        ? [`${fitting.length - projects.length} more are not shown: name, or limit up to ${MOST}.`]
        : []),
    ];
    const structured = { projects, total: fitting.length, notes: [...notes, ...skippedNotes(all.skipped), QUOTED] };
    const rows = projects.map(
      ({ path, sessions, bytes, activity }) =>
        `${path}  ${sessions} session${sessions === 1 ? "" : "s"} · ${activity ?? "(time unknown)"} · ${formatBytes(bytes)}`,
    );
    const lines = [
      `${fitting.length} project${fitting.length === 1 ? "" : "s"}${name === undefined ? "" : ` with ${echoed(name)} in the path`}, of ${all.projects.length}.`,
      ...(rows.length === 0 ? [] : [quoted(rows.join("\n"))]),
      ...notes,
      ...skippedLines(all.skipped),
    ];
    return { text: lines.join("\n"), structured };
  },
});
