import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";
import { together } from "../../support/together.ts";

const ID = sessionId(1);
const TEXT = conversation(ID, ...Array.from({ length: 400 }, (_, n) => `${n} ${"text ".repeat(50)}`));
const at = `projects/-w/${ID}.jsonl`;
const ROUNDS = Array.from({ length: 4 }, (_, round) => round);

function source(): string {
  const from = tempConfigDir();
  put(from, at, TEXT);
  put(from, `projects/-w/${ID}/subagents/agent-x.jsonl`, TEXT);
  return from;
}
const callOf = (from: string, dir: string): string =>
  `lib.importSessions(${JSON.stringify({ from, configDir: dir, keepCwd: true, update: true })})`;

test.for(ROUNDS)("two processes that import a session do it once (%i)", async () => {
  const [from, dir] = [source(), tempConfigDir()];
  const call = `const { sessions, refused } = await ${callOf(from, dir)}; return sessions[0]?.outcome ?? refused[0].error.code;`;
  const outcomes = await together([call, call, call], dir);
  expect(outcomes.toSorted()).toEqual(["already", "already", "imported"]);
  const { projects: _, ...left } = snapshot(dir, { times: false });
  const [there, here] = [
    snapshot(path.join(from, "projects"), { times: false }),
    snapshot(path.join(dir, "projects"), { times: false }),
  ];
  const contents = (tree: Record<string, string>): string[] =>
    Object.entries(tree).map(([name, what]) => `${name} ${what.split(" ")[3]}`);
  expect(contents(here)).toEqual(contents(there));
  expect(Object.keys(left).filter((name) => !name.startsWith("projects/"))).toEqual([]);
});

test.for(ROUNDS)("a row that is appended while a session is updated is kept (%i)", async (round) => {
  const [from, dir] = [source(), tempConfigDir()];
  const file = put(dir, at, TEXT.slice(0, TEXT.indexOf("\n", TEXT.length / 2) + 1));
  const row = '{"type":"later"}\n';
  const append = `const end = performance.now() + ${round * 4}; while (performance.now() < end); fs.appendFileSync(${JSON.stringify(file)}, ${JSON.stringify(row)}); return "";`;
  const update = `const { sessions, refused } = await ${callOf(from, dir)}; return sessions[0]?.outcome ?? refused[0].error.code;`;
  const [, outcome] = await together([append, update], dir);
  const text = fs.readFileSync(file, "utf8");
  // The row came first, and the session is another one since, or it is behind what was added.
  const before = TEXT.slice(0, TEXT.indexOf("\n", TEXT.length / 2) + 1) + row;
  expect([
    ["updated", TEXT + row],
    ["SessionExists", before],
    ["SessionBusy", before],
  ]).toContainEqual([outcome, text]);
});
