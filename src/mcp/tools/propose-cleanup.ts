import * as z from "zod";
import { shellWord } from "../../view/resume.ts";
import { notedLine } from "../../view/sanitise.ts";
import { formatBytes } from "../../view/size.ts";
import { flag, text } from "../core/input.ts";
import { echoed, quoted, quotedLines } from "../core/quote.ts";
import { defineTool, READS, ToolFailure } from "../core/tool.ts";
import { timeOf } from "../sessions/period.ts";
import { rowFacts, rowLine, sessionRow, skippedNames } from "../sessions/session-line.ts";

/** Maximum number of sessions that are named; all are counted. */
const MOST_ROWS = 100;
const MEGABYTE = 1_000_000;

export const proposeCleanup = defineTool({
  name: "propose_cleanup",
  title: "Propose a clean-up",
  description: "Lists sessions to delete, with bytes, and the command with which the user does it. Deletes nothing.",
  annotations: READS,
  input: z.strictObject({
    before: text("Last active before: 90d, 2026-08-21."),
    project: text(),
    tag: text(),
    larger_mb: z.number().positive().nullish(),
    empty: flag("true: without messages."),
    query: text("As in search_sessions."),
  }),
  async run({ before, project, tag, larger_mb: megabytes, empty, query }, context) {
    for (const [name, value] of Object.entries({ project, tag, query }))
      if (value !== undefined && notedLine(value) !== value)
        throw new ToolFailure(`${name}: ${echoed(value)} has characters that the user cannot type into a command.`);
    const end = before === undefined ? undefined : timeOf("before", before, Date.now());
    const larger = typeof megabytes === "number" ? Math.round(megabytes * MEGABYTE) : undefined;
    const words = [
      ...(end === undefined ? [] : [`--before=${new Date(end).toISOString()}`]),
      ...(project === undefined ? [] : [`--project=${project}`]),
      ...(tag === undefined ? [] : [`--tag=${tag}`]),
      ...(larger === undefined ? [] : [`--larger=${larger}`]),
      ...(empty === true ? ["--empty"] : []),
      ...(query === undefined ? [] : [`--query=${query}`]),
    ];
    if (words.length === 0)
      throw new ToolFailure("Say which sessions: before, project, tag, larger_mb, empty or query.");
    const plan = await context.store.planCleanup({
      until: end === undefined ? undefined : end - 1,
      project,
      tags: tag === undefined ? undefined : [tag],
      larger,
      empty: empty === true ? true : undefined,
      query,
      progress: (done, total) => context.progress(done, total, "bytes of transcripts read"),
      signal: context.signal,
    });
    const facts = await rowFacts(context);
    const rows = plan.deleted
      .slice(0, MOST_ROWS)
      .map(({ session, bytes }) => rowLine(sessionRow(session, ANYWHERE, facts), [formatBytes(bytes)]));
    const count = plan.deleted.length;
    const more = count - rows.length;
    const reasons = [...countsOf(plan.kept.map(({ reason }) => reason))].map(
      ([reason, n]) => `${n}: ${notedLine(reason)}`,
    );
    const lines = [
      count === 0
        ? "No session would go."
        : `${sessionsText(count)}, ${formatBytes(plan.bytes)}, would go into the trash.`,
      ...(rows.length === 0 ? [] : [quoted(rows.join("\n"))]),
      ...(more > 0 ? [`${more} more are not named here; the command shows all of them before it asks.`] : []),
      ...quotedLines("Fit, but stay:", reasons),
      ...quotedLines("Notes:", plan.notes.map(notedLine)),
      ...quotedLines("Could not be read:", skippedNames(plan.skipped)),
      ...(count === 0 ? [] : [`Nothing was deleted. Show this to the user, who can run: ${commandOf(words)}`]),
    ];
    return { text: lines.join("\n") };
  },
});

/** The scope of rows that name their directories. */
const ANYWHERE = { name: "all", dirs: [] } as const;

const sessionsText = (count: number): string => (count === 1 ? "1 session" : `${count} sessions`);

const commandOf = (words: readonly string[]): string =>
  ["claude-transcripts cleanup", ...words.map((word) => shellWord(word))].join(" ");

function countsOf(reasons: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}
