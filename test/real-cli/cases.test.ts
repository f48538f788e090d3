import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages } from "../../src/index.ts";
import { tempConfigDir } from "../support/config-dir.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import {
  assistant,
  attachment,
  boundary,
  brief,
  call,
  jsonl,
  result,
  rewind,
  type Row,
  summary,
  user,
  uuid,
} from "../support/rows.ts";
import { caseConfigDir, sessionIdsIn } from "../support/surfaces.ts";
import { ask, isCliExpected, newDir, requireCli } from "./cli.ts";
import { everythingOf, saidIn } from "./conversation.ts";

const NEXT = "And now?";

/** The CLI puts this between two prompts when the conversation ends with a row of the person's side. */
const NO_ANSWER = "assistant: No response requested.";

/** What the model is told when the real CLI resumes the session, but for the prompt that it is resumed with. */
async function toldToModel(config: string, id: string): Promise<string[]> {
  const cwd = newDir("elsewhere");
  try {
    const said = saidIn((await ask(config, cwd, NEXT, "--resume", id)).messages);
    expect(said.at(-1)).toBe(`user: ${NEXT}`);
    return said.slice(0, -1).filter((one) => one !== NO_ANSWER);
  } finally {
    fs.rmSync(cwd, { recursive: true });
  }
}

/** The uuids that `show --current` names, but for those of boundaries. */
async function shownCurrent(config: string, id: string): Promise<string[]> {
  const terminal = new FakeTerminal();
  await show(invocation(terminal, config, [id], { current: true, json: true }));
  const { messages } = JSON.parse(terminal.out) as { messages: { uuids: string[]; parts: { kind: string }[] }[] };
  return messages.filter(({ parts }) => parts.some(({ kind }) => kind !== "boundary")).flatMap(({ uuids }) => uuids);
}

/** A session as the library reads it, as `show --current` does, and as the CLI sends it when it is resumed. */
async function readByAll(config: string, id: string): Promise<{ library: string[]; brief: string; cli: string[] }> {
  const messages = await getSessionMessages(id, { configDirs: [config] });
  expect((await shownCurrent(config, id)).toSorted()).toEqual(messages.map(({ uuid }) => uuid).toSorted());
  const library = saidIn(messages.map(({ message }) => message));
  return { library, brief: brief(messages), cli: await toldToModel(config, id) };
}

/** A config dir with one session. */
function storeOf(rows: readonly Row[]): { config: string; id: string } {
  const id = "6f2c1b7e-93a4-4d0e-8a55-0c6f3b1e7d21";
  const config = tempConfigDir();
  const dir = path.join(config, "projects", "-w");
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, `${id}.jsonl`), jsonl(rows.map((row) => ({ ...row, sessionId: id }))));
  return { config, id };
}

const teamed = (row: Row): Row => ({ ...row, teamName: "coverage", agentName: "tester" });
const keyless = (row: Row): Row => ({ ...row, parentUuid: undefined });
const alone = (row: Row): Row => ({ ...row, parentUuid: null });
const turn = (n: number, parent: number): Row[] => [user(n, parent), assistant(n + 1, n)];
const compaction = (n: number, logical: number): Row[] => [boundary(n, logical), summary(n + 1, n)];
/** Compactions that keep the last two messages. */
const keeping = (n: number): Row[] => [boundary(n, n - 1, { anchor: n + 1, uuids: [n - 2, n - 1] }), summary(n + 1, n)];
const first = [user(1, null), assistant(2, 1), ...turn(3, 2)];
const before = [...first, ...compaction(5, 4), ...turn(7, 6)];

const asTheCli: Record<string, readonly [rows: Row[], messages: string]> = {
  "three compactions: without a parent's key, and naming no row": [
    [...before, keyless(boundary(9, 8)), summary(10, 9), ...turn(11, 10), ...compaction(13, 99), ...turn(15, 14)],
    "u14 u15 a16",
  ],
  "a boundary that names an inner row": [
    [...before, ...turn(9, 8), ...compaction(11, 8), ...turn(13, 12)],
    "u12 u13 a14",
  ],
  "a boundary that names a row behind it": [[...first, ...compaction(5, 8), ...turn(7, 6)], "u6 u7 a8"],
  "copies, and a turn after them": [[...before, ...first, ...turn(9, 8)], "u6 u7 a8 u9 a10"],
  "copies, and nothing after them": [[...before, ...first], "u1 a2 u3 a4"],
  "copies without links, and a turn on the last": [[...before, ...first.map(alone), ...turn(9, 4)], "a4 u9 a10"],
  "copies between a boundary and its summary": [
    [...first, boundary(5, 4), ...first, summary(6, 5), ...turn(7, 6)],
    "u6 u7 a8",
  ],
  "a rewind to before a compaction, and on": [[...before, rewind(2), ...turn(9, 2)], "u1 a2 u9 a10"],
  "a rewind to before a compaction": [[...before, rewind(2)], "u1 a2"],
  "a rewind, copies, a compaction": [
    [...first, rewind(2), ...turn(5, 2), ...first, ...compaction(7, 6), ...turn(9, 8)],
    "u8 u9 a10",
  ],
  "what was kept, and kept again by a boundary without a parent's key": [
    [
      ...first,
      ...keeping(5),
      ...turn(7, 4),
      ...keeping(9).map((row, n) => (n === 0 ? keyless(row) : row)),
      ...turn(11, 8),
    ],
    "u10 u7 a8 u11 a12",
  ],
  "a team, now and then": [
    [...first.map((row, n) => (n % 3 === 0 ? teamed(row) : row)), teamed(user(5, 4))],
    "u1 a2 u3 a4 u5",
  ],
  "a team, through a compaction": [before.map(teamed), "u6 u7 a8"],
  "a team's sidechain": [
    [...first, ...turn(5, 4).map((row) => teamed({ ...row, isSidechain: true })), ...turn(7, 4).map(teamed)],
    "u1 a2 u3 a4 u7 a8",
  ],
  "a team's parallel calls": [
    [
      user(1, null),
      call(2, 1, "ta", "m"),
      call(3, 2, "tb", "m"),
      result(4, 2, "ta"),
      result(5, 3, "tb"),
      assistant(6, 5),
    ].map(teamed),
    "u1 a2 a3 u4 u5 a6",
  ],
};

/** The official helpers read these as we do, and the CLI does not: docs/deviations.md says so. */
const notAsTheCli: Record<string, readonly [rows: Row[], messages: string, cli: readonly string[]]> = {
  "a turn on a message that a keeping compaction left behind": [
    [...first, ...keeping(5), ...turn(7, 4), ...turn(9, 2)],
    "u1 a2 u9 a10",
    ["user: summary 6", "user: u3", "assistant: a4", "user: u9", "assistant: a10"],
  ],
  "copies of the first few messages, and nothing after them": [
    [...before, ...first.slice(0, 2)],
    "u6 u7 a8",
    ["user: u1", "assistant: a2", "user: u3", "assistant: a4"],
  ],
  "links in a circle": [
    [user(1, 4), ...first.slice(1)],
    "",
    ["user: u1", "assistant: a2", "user: u3", "assistant: a4"],
  ],
};

describe.runIf(isCliExpected)("what the real CLI sends when it resumes", () => {
  beforeAll(requireCli);

  test.for([
    ["team-lead-session", 13],
    ["teammate-session", 6],
    ["second-compact-reappends", 3],
    ["branch-duplicated-rows", 1],
    ["compact-after-rewind", 6],
  ] as const)("is shown as current: fixtures/cases/%s", async ([name, count]) => {
    const config = caseConfigDir(name);
    const read = await Promise.all(sessionIdsIn(config).map((id) => readByAll(config, id)));
    for (const { library, cli } of read) expect(library).toEqual(cli);
    expect(Math.max(...read.map(({ cli }) => cli.length))).toBe(count);
  });

  test.for(Object.entries(asTheCli))("is shown as current: %s", async ([, [rows, messages]]) => {
    const { config, id } = storeOf(rows);
    const read = await readByAll(config, id);
    expect(read.library).toEqual(read.cli);
    expect(read.brief).toBe(messages);
  });

  test("has every prompt that waits in an attachment, and so has the current view", async () => {
    const queued = attachment(3, 2, { type: "queued_command", prompt: "typed meanwhile", commandMode: "prompt" });
    const { config, id } = storeOf([user(1, null), assistant(2, 1), queued, ...turn(4, 3)]);
    expect(await shownCurrent(config, id)).toEqual([1, 2, 3, 4, 5].map(uuid));
    expect(brief(await getSessionMessages(id, { configDirs: [config] }))).toBe("u1 a2 u4 a5");
    const request = await ask(config, config, NEXT, "--resume", id);
    expect(everythingOf(request).filter((block) => block.includes("typed meanwhile"))).toHaveLength(1);
  });

  test.for(Object.entries(notAsTheCli))(
    "is not, as for the official helpers: %s",
    async ([, [rows, messages, cli]]) => {
      const { config, id } = storeOf(rows);
      const read = await readByAll(config, id);
      expect(read.brief).toBe(messages);
      expect(read.cli).toEqual(cli);
    },
  );
});
