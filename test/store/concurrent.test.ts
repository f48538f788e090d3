import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { getSessionAnnotation } from "../../src/store/annotate/session-annotation.ts";
import { deleteSession } from "../../src/store/trash/delete-session.ts";
import { moveProject } from "../../src/store/move/move-project.ts";
import { restoreSession } from "../../src/store/trash/restore-session.ts";
import { listTrash } from "../../src/store/trash/trash-contents.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { fillConfigDir, ID, OWN } from "../support/session-tree.ts";
import { snapshot } from "../support/snapshot.ts";
import { together } from "../support/together.ts";

const ROUNDS = Array.from({ length: 8 }, (_, round) => round);

test.for(ROUNDS)("two processes that delete a session leave one entry that has all of it (%i)", async () => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  const before = snapshot(dir);
  const call = "return attempt(lib.deleteSession('" + ID + "', where));";
  const outcomes = await together([call, call], dir);
  const done = outcomes.filter((outcome) => typeof outcome === "object");
  // The slower one has joined in, or has found nothing more to delete.
  expect(done.length).toBeGreaterThan(0);
  expect(outcomes.filter((outcome) => typeof outcome === "string" && outcome !== "SessionNotFound")).toEqual([]);
  expect(Object.keys(snapshot(dir)).filter((at) => OWN.includes(at))).toEqual([]);
  expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ sessionId: ID, complete: true, items: OWN.length }]);
  await restoreSession(ID, { configDirs: [dir] });
  expect(snapshot(dir)).toEqual(before);
});

test.for(ROUNDS)("two processes that restore a session put it back once (%i)", async () => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  const before = snapshot(dir);
  await deleteSession(ID, { configDirs: [dir] });
  const call = "return attempt(lib.restoreSession('" + ID + "', where));";
  const outcomes = await together([call, call], dir);
  expect(outcomes.filter((outcome) => typeof outcome === "object").length).toBeGreaterThan(0);
  expect(
    outcomes.filter(
      (outcome) => typeof outcome === "string" && !["TrashEntryNotFound", "SessionInUse"].includes(outcome),
    ),
  ).toEqual([]);
  expect(snapshot(dir)).toEqual(before);
});

test.for(ROUNDS)("two processes that move a project move each session once (%i)", async () => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  // The older copies differ, so that neither could have the place.
  fs.rmSync(path.join(dir, "projects/-b"), { recursive: true });
  const before = snapshot(dir);
  const call = `return attempt(lib.moveProject({ from: "/w", to: "/v", ...where }).then(({ refused }) => refused.map(({ error }) => error.message)));`;
  const outcomes = await together([call, call], dir);
  expect(outcomes).toEqual([[], []]);
  const report = await moveProject({ from: "/w", to: "/v", configDirs: [dir] });
  expect(report).toMatchObject({ moved: [], refused: [] });
  const after = snapshot(dir);
  const isOwn = (at: string): boolean => at.startsWith(`projects/-a/${ID}/`) || at.endsWith("agent-0001.jsonl");
  for (const [at, what] of Object.entries(before).filter(([at]) => isOwn(at))) {
    expect(after[at.replace(/^projects\/[^/]+/, "projects/-v")]).toBe(what);
  }
  const rows = fs.readFileSync(path.join(dir, `projects/-v/${ID}.jsonl`), "utf8").split("\n");
  expect(rows.filter((row) => row.includes('"movedFrom"'))).toHaveLength(1);
});

test("a process that deletes and one that restores, again and again, lose nothing", async () => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  const before = snapshot(dir);
  const again = (name: string): string =>
    `const said = new Set();
     for (let i = 0; i < 25; i++) said.add(await attempt(lib.${name}("${ID}", where).then(() => "done")));
     return [...said];`;
  const [deleting, restoring] = (await together([again("deleteSession"), again("restoreSession")], dir)) as string[][];
  const expected = new Set(["done", "SessionNotFound", "TrashEntryNotFound"]);
  expect([...(deleting ?? []), ...(restoring ?? [])].filter((said) => !expected.has(said))).toEqual([]);
  // Whatever is in the trash now is put back, unfinished things first.
  for (;;) {
    const [entry] = await listTrash({ configDirs: [dir] });
    if (entry === undefined) break;
    await restoreSession(ID, { configDirs: [dir] });
  }
  await deleteSession(ID, { configDirs: [dir] });
  await restoreSession(ID, { configDirs: [dir] });
  expect(snapshot(dir)).toEqual(before);
});

test.for([2, 3, 6])("%i processes that delete and restore at random leave exactly one copy", async (processes) => {
  const dir = tempConfigDir(fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir());
  put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));
  put(dir, `projects/-a/${ID}/subagents/agent-x.jsonl`, conversation(ID, "sub"));
  const before = snapshot(dir);
  // Each in an order of its own, and nobody waits for the others.
  const working = (seed: number): string => `const said = {};
    let random = ${seed};
    for (let i = 0; i < 30; i++) {
      random = (random * 1103515245 + 12345) % 2147483648;
      const call = random % 1000 < 500 ? lib.deleteSession : lib.restoreSession;
      const outcome = await attempt(call("${ID}", where).then(() => "done"));
      said[outcome] = (said[outcome] ?? 0) + 1;
    }
    return said;`;
  const said = (await together(
    Array.from({ length: processes }, (_, i) => working(1 + i * 7919)),
    dir,
  )) as Record<string, number>[];
  const outcomes = new Set(said.flatMap((counts) => Object.keys(counts)));
  expect([...outcomes].filter((one) => !["done", "SessionNotFound", "TrashEntryNotFound"].includes(one))).toEqual([]);
  const found = Object.keys(snapshot(dir)).filter((at) => /(?:agent-x|0001)\.jsonl$/.test(at));
  expect(found.map((at) => path.basename(at)).sort()).toEqual([`${ID}.jsonl`, "agent-x.jsonl"]);
  expect(outcomes).toContain("done");
  if (found[0]?.startsWith("claude-transcripts") === true) await restoreSession(ID, { configDirs: [dir] });
  expect(snapshot(dir)).toEqual(before);
});

test("a row that is appended while the session is deleted is kept, with it or in its place", async () => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  const rows = 300;
  const appending = `let done = 0;
    for (let i = 0; i < ${rows}; i++) if ((await attempt(lib.tagSession("${ID}", "tag-" + i, where))) === undefined) done++;
    return done;`;
  const deleting = `await new Promise((resolve) => setTimeout(resolve, 60));
    return attempt(lib.deleteSession("${ID}", { ...where, force: true }).then(() => "done"));`;
  const [appended, deleted] = await together([appending, deleting], dir);
  expect(deleted).toBe("done");
  await restoreSession(ID, { configDirs: [dir] });
  const kept = ["-a", "-b"].flatMap((key) =>
    fs
      .readFileSync(path.join(dir, "projects", key, `${ID}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line.includes('"type":"tag"')),
  );
  expect(kept.length).toBe(appended);
  expect(kept.every((line) => (JSON.parse(line) as { tag: string }).tag.startsWith("tag-"))).toBe(true);
});

test("processes that archive and unarchive at once leave one whole mark and no temporary files", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));
  const call = (name: string): string => `for (let i = 0; i < 40; i++) await lib.${name}("${ID}", where); return null;`;
  await together([call("archiveSession"), call("unarchiveSession"), call("archiveSession")], dir);
  expect(fs.readdirSync(path.join(dir, "projects", "-a", ID))).toEqual(["archived.json"]);
  expect(JSON.parse(fs.readFileSync(path.join(dir, "projects", "-a", ID, "archived.json"), "utf8"))).toMatchObject({
    by: "sdk",
  });
});

test("deletions of different sessions do not disturb each other, nor does one that empties the trash", async () => {
  const dir = tempConfigDir(fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir());
  const ids = Array.from({ length: 30 }, (_, i) => sessionId(100 + i));
  for (const id of ids) put(dir, `projects/-a/${id}.jsonl`, conversation(id, "hi"));
  const some = (remainder: number): string =>
    `const said = new Set();
     for (const id of ${JSON.stringify(ids.filter((_, i) => i % 2 === remainder))}) {
       said.add(await attempt(lib.deleteSession(id, where).then(() => "done")));
     }
     return [...said];`;
  const emptying = `for (let i = 0; i < 60; i++) await lib.emptyTrash({ ...where, olderThanMs: -1 }); return ["done"];`;
  expect(await together([some(0), some(1), emptying], dir)).toEqual([["done"], ["done"], ["done"]]);
  expect(fs.readdirSync(path.join(dir, "projects", "-a"))).toEqual([]);
  expect((await listTrash({ configDirs: [dir] })).filter((entry) => !entry.complete)).toEqual([]);
});

test("processes that tag and describe a session at once lose nothing", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));
  const tagging = (name: string): string =>
    `for (let i = 0; i < 10; i++) await lib.editSessionTags("${ID}", { add: ["${name}" + i] }, where);`;
  const describing = `for (let i = 0; i < 10; i++) await lib.describeSession("${ID}", "text " + i, where); return 1;`;
  await together([`${tagging("a")} return 1;`, `${tagging("b")} return 1;`, describing], dir);
  const { tags = [], description } = (await getSessionAnnotation(ID, { configDirs: [dir] })) ?? {};
  const all = ["a", "b"].flatMap((name) => Array.from({ length: 10 }, (_, i) => `${name}${i}`));
  expect([...tags].sort()).toEqual(all);
  expect(description).toBe("text 9");
});
