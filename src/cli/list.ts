import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { resolveConfigDirs } from "../store/config-dir.ts";
import { listSessionPage } from "../store/page.ts";
import type { ListedSession, Skipped } from "../store/types.ts";
import { PAGE_SESSIONS_MAX } from "../transcript/limits.ts";

export interface ListOptions {
  readonly configDirs: readonly string[] | undefined;
  readonly json: boolean;
}

/** Prints every session, the last active first: a line each, or one JSON document. What was skipped goes to stderr. */
export async function printList({ configDirs, json }: ListOptions): Promise<void> {
  // `list | head` closes the pipe early: that is no failure.
  process.stdout.on("error", () => process.exit(0));
  let count = 0;
  let skipped: readonly Skipped[] = [];
  let cursor: string | undefined;
  do {
    const page = await listSessionPage({ configDirs, cursor, limit: PAGE_SESSIONS_MAX, archived: "include" });
    for (const session of page.sessions) {
      await print(json ? `${count === 0 ? "[\n" : ",\n"}${JSON.stringify(session)}` : `${toLine(session)}\n`);
      count++;
    }
    skipped = page.skipped;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (json) await print(count === 0 ? "[]\n" : "\n]\n");
  else if (count === 0) await print(`no sessions in ${resolveConfigDirs({ configDirs }).join(", ")}\n`);
  for (const { path, reason } of skipped) process.stderr.write(`skipped ${path}: ${reason}\n`);
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** `2026-11-21 10:07  <session id>  /home/me/project  A title`. */
function toLine({ activity, sessionId, cwd, projectKey, summary }: ListedSession): string {
  const time = new Date(activity);
  const when = Number.isNaN(time.getTime()) ? "unknown" : time.toISOString().slice(0, 16).replace("T", " ");
  return [when.padEnd(16), sessionId, printable(cwd ?? projectKey), printable(summary)].join("  ");
}

/** On one line, and without anything a terminal would obey: titles and paths come from files. */
const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
