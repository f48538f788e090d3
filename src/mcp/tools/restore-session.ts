import * as z from "zod";
import { TranscriptError } from "../../store/errors.ts";
import type { TrashEntry } from "../../store/trash/trash-contents.ts";
import { amount } from "../../view/size.ts";
import { CHANGES, withTitles } from "../sessions/write-tools.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, nameText, quotedLines, titleLine } from "../core/quote.ts";
import type { Context } from "../core/context.ts";
import { timeText } from "../sessions/session-line.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";

export const restoreSession = defineTool({
  name: "restore_session",
  title: "Restore a deleted session",
  description: "Brings a deleted session back from the trash; of several deletions, the latest. Overwrites nothing.",
  annotations: CHANGES,
  input: z.strictObject({
    session: z.string().describe("Id, or its beginning; an unknown one lists the trash."),
  }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    items: z.number(),
    bytes: z.number(),
    missing: z.array(z.string()).optional(),
    otherDeletions: z.number().optional(),
  }),
  async run({ session }, { store }) {
    const given = session.trim().slice(0, ID_UNITS);
    const restored = await store.restore(given).catch(async (error: unknown) => {
      if (!(error instanceof TranscriptError) || !NOT_FOUND.has(error.code)) throw error;
      // The entry exists; the error says why it cannot be restored.
      if (error.data["problem"] !== undefined) throw error;
      throw new ToolFailure(await suggestions(given, error, store));
    });
    const { sessionId, items, bytes, missing, otherTrashIds, summary } = restored;
    const found = { shortId: (await store.shortIds())(sessionId), title: titleLine(summary) };
    const lost = missing.map(({ path }) => path);
    const text = [
      `Restored ${found.shortId}: ${amount(items.length, bytes)}.`,
      ...(otherTrashIds.length === 0
        ? []
        : [`Earlier deletions of it that are still in the trash: ${otherTrashIds.length}`]),
    ].join("\n");
    const structured = {
      id: found.shortId,
      title: found.title,
      items: items.length,
      bytes,
      missing: lost.length > 0 ? lost.map(notedLine) : undefined,
      otherDeletions: otherTrashIds.length || undefined,
    };
    const names = lost.map((path) => nameText(path));
    return {
      text: [withTitles(text, found), ...quotedLines("No longer in the trash:", names)].join("\n"),
      structured,
    };
  },
});

/** Codes of errors for an id that fits no entry, or several. */
const NOT_FOUND = new Set<string>(["TrashEntryNotFound", "InvalidSessionId"]);
/** UTF-16 units; more than the id of a session or of an entry of the trash has. */
const ID_UNITS = 200;
const MAX_NAMED = 5;

async function suggestions(id: string, error: TranscriptError, store: Context["store"]): Promise<string> {
  const name = echoed(id);
  const entries = await store.trash();
  const several = error.data["candidates"];
  if (Array.isArray(several)) {
    const fitting = entries.filter((entry) => several.includes(entry.sessionId) || several.includes(entry.id));
    return described(
      `The ids of several deleted sessions start with ${name}. Give more characters of the id:`,
      fitting,
    );
  }
  const there = await store.find(id).catch(() => undefined);
  const inPlace = there === undefined ? "" : " The id of a session that is not in the trash starts with it.";
  if (entries.length === 0) return `No id in the trash starts with ${name}: the trash is empty.${inPlace}`;
  return described(`No id in the trash starts with ${name}.${inPlace} The latest of ${entries.length} in it:`, entries);
}

function described(text: string, entries: readonly TrashEntry[]): string {
  const named = entries.slice(0, MAX_NAMED).map(({ sessionId, summary, deletedAt }) => ({
    shortId: `${sessionId}  deleted ${timeText(deletedAt) ?? "(time unknown)"}`,
    title: titleLine(summary) || "(no title)",
  }));
  return withTitles(text, ...named);
}
