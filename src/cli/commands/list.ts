import { resolveConfigDirs } from "../../store/config-dir.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import type { Command } from "../command.ts";
import { printable } from "../terminal.ts";

export const command: Command = {
  summary: "List the sessions, the last active first",
  usage: "list",
  details: "",
  options: {},
  positionals: "none",
  async run({ configDirs, json, terminal }) {
    const { listSessionPage } = await import("../../store/page.ts");
    let count = 0;
    let skipped: readonly Skipped[] = [];
    let cursor: string | undefined;
    do {
      const page = await listSessionPage({ configDirs, cursor, limit: 500, archived: "include" });
      for (const session of page.sessions) {
        await terminal.write(
          json ? `${count === 0 ? "[\n" : ",\n"}${JSON.stringify(session)}` : `${toLine(session)}\n`,
        );
        count++;
      }
      skipped = page.skipped;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    if (json) await terminal.write(count === 0 ? "[]\n" : "\n]\n");
    else if (count === 0) await terminal.write(`no sessions in ${resolveConfigDirs({ configDirs }).join(", ")}\n`);
    for (const { path, reason } of skipped) terminal.warn(`skipped ${path}: ${reason}`);
    return 0;
  },
};

/** `2026-11-21 10:07  <session id>  /home/me/project  A title`. */
function toLine({ activity, sessionId, cwd, projectKey, summary }: ListedSession): string {
  const time = new Date(activity);
  const when = Number.isNaN(time.getTime()) ? "unknown" : time.toISOString().slice(0, 16).replace("T", " ");
  return [when.padEnd(16), sessionId, printable(cwd ?? projectKey), printable(summary)].join("  ");
}
