import * as z from "zod";
import { formatBytes } from "../../view/size.ts";
import { flag } from "../core/input.ts";
import { nameText } from "../core/quote.ts";
import { defineTool, ToolFailure } from "../core/tool.ts";
import { findSession } from "../sessions/find-session.ts";
import { CHANGES, SESSION_INPUT, withTitles } from "../sessions/write-tools.ts";

export const exportSession = defineTool({
  name: "export_session",
  title: "Export a session to a file",
  description:
    "Writes a session, with all that belongs to it, into a new file in the directory that the user gave for exports; the answer names it. Only when the user wants it.",
  annotations: { ...CHANGES, idempotentHint: false },
  input: z.strictObject({
    session: SESSION_INPUT,
    redact: flag("true: masks secrets, home directories and names, to share the file."),
  }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    path: z.string(),
    bytes: z.number(),
    leftOut: z.number(),
    masked: z.record(z.string(), z.number()).optional(),
  }),
  async run({ session, redact = false }, context) {
    const { store, signal, options } = context;
    const dir = options.exportDir;
    if (dir === undefined) throw new ToolFailure("The user gave no directory for exports (--export-dir).");
    const found = await findSession(session, context);
    const report = await store.exportSession(found.copy.sessionId, {
      dir,
      redact,
      signal,
      progress: (done, total) => context.progress(done, total, "bytes of the session"),
    });
    const { path = dir, bytes = 0, sessions, notTaken, masked } = report;
    const leftOut =
      sessions.reduce((sum, one) => sum + one.leftOut.length, 0) + notTaken.fileHistory + notTaken.machine;
    const kinds = Object.entries(masked?.kinds ?? {}).map(([kind, count]) => `${count} ${kind}`);
    const lines = [
      `Exported ${found.shortId} to ${nameText(path, path.length)}, ${formatBytes(bytes)}.`,
      ...(leftOut === 0 ? [] : [`Left out: ${leftOut} ${leftOut === 1 ? "item" : "items"}.`]),
      ...(masked === undefined ? [] : [`Masked: ${kinds.length === 0 ? "nothing" : kinds.join(", ")}.`]),
      ...(masked === undefined || masked.unseenFiles === 0
        ? []
        : [`Not looked into: ${masked.unseenFiles} pictures or documents.`]),
    ];
    const structured = { id: found.shortId, title: found.title, path, bytes, leftOut, masked: masked?.kinds };
    return { text: withTitles(lines.join("\n"), found), structured };
  },
});
