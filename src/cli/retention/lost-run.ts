import { resolve } from "node:path";
import { projectTest } from "../../catalog/query/fact-conditions.ts";
import { type LostPrompts, lostPrompts, type LostSession } from "../../store/retention/prompt-history.ts";
import { typedFilter, readFilter } from "../filter/read-filter.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import { startProgress } from "../terminal/progress.ts";
import { makeStyle } from "../terminal/style.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printableLines } from "../../view/sanitise.ts";
import { printable } from "../terminal/terminal.ts";
import { localTime } from "../terminal/time.ts";

/** Prints the prompts of sessions that are gone everywhere. Returns the exit code. */
export async function printLost(invocation: Invocation, limit = Infinity): Promise<number> {
  const { configDirs, json, terminal } = invocation;
  const progress = startProgress("Reading history.jsonl");
  const found = await lostPrompts({ configDirs, accepts: conditionOf(invocation) }).finally(() => progress.stop());
  const shown = found.sessions.slice(0, limit);
  await (json ? printJson(shown, found, invocation) : printText(shown, found, invocation));
  const { unnamed, unread, sessions } = found;
  if (json) return 0;
  if (shown.length < sessions.length)
    terminal.warn(`Showing ${shown.length} of ${sessions.length} sessions. To see more, use --limit N.`);
  if (unnamed > 0)
    terminal.warn(
      `${unnamed === 1 ? "1 prompt names" : `${unnamed} prompts name`} no session, and may be of one that is there.`,
    );
  if (unread > 0) terminal.warn(`${unread === 1 ? "1 line" : `${unread} lines`} of history.jsonl cannot be read.`);
  return 0;
}

/** Filters that the rows of the history can decide. */
const DECIDABLE = /^--(?:project|cwd|since|until|before)\b/;

function conditionOf({ values }: Invocation): Parameters<typeof lostPrompts>[0]["accepts"] {
  const other = typedFilter(values).find((typed) => !DECIDABLE.test(typed));
  if (other !== undefined)
    throw new UsageError(
      `--lost takes --project, --cwd, --since, --until and --before, not ${other.split(" ")[0] ?? ""}`,
    );
  const { dir, project, since = -Infinity, until = Infinity } = readFilter(values);
  const isTimed = since !== -Infinity || until !== Infinity;
  const tests = [
    dir === undefined ? [] : [projectTest(resolve(dir))],
    project === undefined ? [] : [projectTest(project)],
  ].flat();
  return ({ project: directory, timestamp }) => {
    if (isTimed && !(timestamp !== undefined && timestamp >= since && timestamp <= until)) return false;
    return tests.every((test) => directory !== undefined && test(directory));
  };
}

async function printJson(
  shown: readonly LostSession[],
  { sessions, unnamed, unread }: LostPrompts,
  { terminal }: Invocation,
): Promise<void> {
  let before = '{"sessions":[';
  for (const { sessionId, configDir, project, from, to, prompts } of shown) {
    const head = terminalJson({ sessionId, configDir, project, from, to }).slice(0, -1);
    await terminal.write(`${before}\n${head},"prompts":[`);
    let separator = "";
    for (const prompt of prompts()) {
      await terminal.write(`${separator}\n${terminalJson(prompt)}`);
      separator = ",";
    }
    await terminal.write("]}");
    before = ",";
  }
  const counts = {
    count: sessions.length,
    prompts: sessions.reduce((sum, { count }) => sum + count, 0),
    unnamed,
    unread,
  };
  await terminal.write(`${shown.length === 0 ? before : "\n"}],${terminalJson(counts).slice(1)}\n`);
}

async function printText(
  shown: readonly LostSession[],
  { sessions }: LostPrompts,
  { terminal }: Invocation,
): Promise<void> {
  const style = makeStyle(terminal.colors);
  if (sessions.length === 0) await terminal.write("no prompts of lost sessions\n");
  for (const [at, { sessionId, project = "", from, to, count, prompts }] of shown.entries()) {
    const [first, last] = [localTime(from).date, localTime(to).date];
    const dates = first === last ? first : `${first} to ${last}`;
    const head = [style.place(sessionId), dates, printable(project), count === 1 ? "1 prompt" : `${count} prompts`];
    await terminal.write(`${at === 0 ? "" : "\n"}${head.filter((part) => part !== "").join("  ")}\n`);
    for (const { timestamp, text, left } of prompts()) {
      const { date, time } = localTime(timestamp);
      const when = date === "" ? "" : `${style.dim(`${date} ${time}`)}  `;
      const [line = "", ...more] = printableLines(text).trimEnd().split("\n");
      await terminal.write(`${[`  ${when}${line}`, ...more.map((one) => `    ${one}`)].join("\n")}\n`);
      if (left > 0)
        terminal.warn(
          `${sessionId}: a prompt is too long with ${left === 1 ? "1 pasted text" : `${left} pasted texts`} in it.`,
        );
    }
  }
}
