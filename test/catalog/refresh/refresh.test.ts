import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import type { OpenCatalog } from "../../../src/catalog/schema/open-catalog.ts";
import { refresh } from "../../../src/catalog/refresh/refresh.ts";
import { searchTranscripts } from "../../../src/catalog/search/search-transcripts.ts";
import { contentsOf, sessionsWith, tempCatalog } from "../../support/catalog.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

const [first, second] = [sessionId(1), sessionId(2)];
const fileOf = (id: string): string => `projects/-w/${id}.jsonl`;
const line = (row: object): string => `${JSON.stringify(row)}\n`;
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

const prompt = (id: string, text: string, seconds = 0): string =>
  line({
    type: "user",
    uuid: `u${seconds}`,
    sessionId: id,
    cwd: "/w",
    timestamp: at(seconds),
    message: { role: "user", content: text },
  });

const answer = (id: string, message: string, text: string, { output = 10, seconds = 1 } = {}): string =>
  line({
    type: "assistant",
    uuid: `a${message}${seconds}`,
    sessionId: id,
    cwd: "/w",
    requestId: `req_${message}`,
    timestamp: at(seconds),
    message: {
      id: `msg_${message}`,
      role: "assistant",
      model: "claude-opus-4-5",
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      usage: { input_tokens: 5, output_tokens: output },
    },
  });

const spendOf = ({ database }: OpenCatalog): unknown[] =>
  database
    .prepare(`SELECT s.uuid AS uuid, sum(requests) AS requests, sum(output) AS output
      FROM spend JOIN session s ON s.id = spend.session GROUP BY 1 ORDER BY 1`)
    .all()
    .map((row) => ({ ...row }));

/** Compares with a catalog that was built at once. */
async function expectWhole(catalog: OpenCatalog): Promise<void> {
  const clean = await tempCatalog(catalog.configDir);
  await refresh(clean);
  expect(contentsOf(catalog)).toEqual(contentsOf(clean));
  expect(catalog.database.prepare("PRAGMA integrity_check").get()).toMatchObject({ integrity_check: "ok" });
}

test("a refresh reads what was appended, and nothing else", async () => {
  const dir = tempConfigDir();
  const target = put(dir, fileOf(first), prompt(first, "Find the walrus"));
  put(dir, fileOf(second), prompt(second, "Paint the fence"));
  const catalog = await tempCatalog(dir);
  expect(await refresh(catalog)).toMatchObject({ files: 2, rows: 2, sessions: 2 });
  expect(await refresh(catalog)).toMatchObject({ files: 0, bytes: 0, rows: 0 });
  const row = answer(first, "1", "It sleeps under the pier");
  fs.appendFileSync(target, row);
  expect(await refresh(catalog)).toMatchObject({ files: 1, bytes: row.length, rows: 1 });
  expect(sessionsWith(catalog, "under the pier")).toEqual([first]);
  expect(sessionsWith(catalog, "paint the fence")).toEqual([second]);
  await expectWhole(catalog);
});

test("a row that is not whole waits for its end", async () => {
  const dir = tempConfigDir();
  const row = answer(first, "1", "A marmot whistles");
  const target = put(dir, fileOf(first), prompt(first, "Who whistles?") + row.slice(0, 200));
  const catalog = await tempCatalog(dir);
  expect(await refresh(catalog)).toMatchObject({ rows: 1 });
  fs.appendFileSync(target, row.slice(200, 300));
  expect(await refresh(catalog)).toMatchObject({ rows: 0 });
  fs.appendFileSync(target, row.slice(300));
  expect(await refresh(catalog)).toMatchObject({ rows: 1 });
  expect(sessionsWith(catalog, "marmot whistles")).toEqual([first]);
  await expectWhole(catalog);
});

test("a file that was rewritten, shortened or replaced is read anew", async () => {
  const dir = tempConfigDir();
  const target = put(dir, fileOf(first), prompt(first, "Count the geese") + answer(first, "1", "Seven geese"));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  fs.writeFileSync(
    target,
    prompt(first, "Count the ducks") + answer(first, "1", "Eight ducks") + prompt(first, "Thanks", 9),
  );
  await refresh(catalog);
  expect(sessionsWith(catalog, "geese")).toEqual([]);
  expect(sessionsWith(catalog, "ducks")).toEqual([first]);
  fs.writeFileSync(target, prompt(first, "Count the ducks"));
  await refresh(catalog);
  expect(sessionsWith(catalog, "eight ducks")).toEqual([]);
  put(dir, "new", prompt(first, "Count the swans"));
  fs.renameSync(path.join(dir, "new"), target);
  await refresh(catalog);
  expect(sessionsWith(catalog, "swans")).toEqual([first]);
  await expectWhole(catalog);
});

test("a session that is gone leaves nothing behind", async () => {
  const dir = tempConfigDir();
  const target = put(dir, fileOf(first), prompt(first, "Hide the acorns") + answer(first, "1", "Hidden"));
  put(dir, `projects/-w/${first}/subagents/agent-x.jsonl`, prompt(first, "Dig here"));
  put(dir, `projects/-w/${first}/tool-results/out.txt`, "seventeen acorns");
  put(dir, fileOf(second), prompt(second, "Stay"));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  expect(sessionsWith(catalog, "seventeen acorns")).toEqual([first]);
  expect(sessionsWith(catalog, "dig here")).toEqual([first]);
  fs.rmSync(target);
  expect(await refresh(catalog)).toMatchObject({ gone: 3, sessions: 1 });
  for (const table of ["file", "session", "segment", "charge", "spend", "tally"])
    expect(Number(catalog.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"])).toBeLessThanOrEqual(1);
  await expectWhole(catalog);
});

test("the last row of a request counts, also in a later refresh", async () => {
  const dir = tempConfigDir();
  const target = put(dir, fileOf(first), prompt(first, "Go") + answer(first, "1", "One", { output: 10 }));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  fs.appendFileSync(target, answer(first, "1", "Two", { output: 25, seconds: 2000 }));
  await refresh(catalog);
  expect(spendOf(catalog)).toEqual([{ uuid: first, requests: 1, output: 25 }]);
  await expectWhole(catalog);
});

test("a request that several files repeat is charged to the session that began first, as long as it is there", async () => {
  const dir = tempConfigDir();
  const shared = answer(first, "1", "Shared", { output: 100 });
  put(dir, fileOf(second), prompt(second, "Copy", 5) + shared + answer(second, "2", "Own", { output: 3 }));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  expect(spendOf(catalog)).toEqual([{ uuid: second, requests: 2, output: 103 }]);
  const original = put(dir, fileOf(first), prompt(first, "Original", 0) + shared);
  await refresh(catalog);
  expect(spendOf(catalog)).toEqual([
    { uuid: first, requests: 1, output: 100 },
    { uuid: second, requests: 1, output: 3 },
  ]);
  await expectWhole(catalog);
  fs.rmSync(original);
  await refresh(catalog);
  expect(spendOf(catalog)).toEqual([{ uuid: second, requests: 2, output: 103 }]);
  await expectWhole(catalog);
});

test("a subagent in progress rows counts unless it has a file of its own", async () => {
  const dir = tempConfigDir();
  const progress = (agentId: string, text: string): string =>
    line({
      type: "progress",
      uuid: `p${agentId}`,
      sessionId: first,
      timestamp: at(3),
      data: { message: JSON.parse(answer(first, agentId, text)), type: "agent_progress", agentId },
    });
  put(
    dir,
    fileOf(first),
    prompt(first, "Start") + progress("lone", "A lone heron") + progress("filed", "A filed heron"),
  );
  put(dir, `projects/-w/${first}/subagents/agent-filed.jsonl`, answer(first, "filed", "From its file"));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  expect(sessionsWith(catalog, "a lone heron")).toEqual([first]);
  expect(sessionsWith(catalog, "a filed heron")).toEqual([]);
  expect(sessionsWith(catalog, "from its file")).toEqual([first]);
  expect(spendOf(catalog)).toEqual([{ uuid: first, requests: 2, output: 20 }]);
});

test("a title and an archive mark next to the transcript are noticed", async () => {
  const dir = tempConfigDir();
  put(dir, fileOf(first), prompt(first, "Look"));
  const catalog = await tempCatalog(dir);
  await refresh(catalog);
  put(dir, `projects/-w/${first}/custom-title.json`, JSON.stringify({ customTitle: "The lighthouse" }));
  put(dir, `projects/-w/${first}/archived.json`, JSON.stringify({ archived: true, at: at(60), by: "sdk" }));
  expect(await refresh(catalog)).toMatchObject({ bytes: 0 });
  expect(catalog.database.prepare("SELECT title, archived FROM session").get()).toMatchObject({
    title: "The lighthouse",
    archived: 1,
  });
});

test("an unreadable file is skipped, and others are read", async () => {
  const dir = tempConfigDir();
  put(dir, fileOf(first), prompt(first, "Readable"));
  put(dir, `projects/-w/${second}.jsonl/not-a-file`, "x");
  const catalog = await tempCatalog(dir);
  const result = await refresh(catalog);
  expect(result.skipped.map((skip) => path.basename(skip.path))).toEqual([`${second}.jsonl`]);
  expect(sessionsWith(catalog, "readable")).toEqual([first]);
});

test("a refresh that is aborted leaves a catalog that the next one completes", async () => {
  const dir = tempConfigDir();
  for (let n = 1; n <= 30; n++)
    put(
      dir,
      fileOf(sessionId(n)),
      prompt(sessionId(n), `Session ${n} `.repeat(3000)) + answer(sessionId(n), `${n}`, "Done"),
    );
  const catalog = await tempCatalog(dir);
  for (let round = 0; round < 3; round++) {
    const stop = new AbortController();
    const progress = (done: number): void => (done > 0 ? stop.abort(new Error("enough")) : undefined);
    await expect(refresh(catalog, { signal: stop.signal, progress })).rejects.toThrow("enough");
  }
  expect(Number(catalog.database.prepare("SELECT count(*) AS n FROM file").get()?.["n"])).toBeGreaterThan(0);
  await refresh(catalog);
  await expectWhole(catalog);
});

test("of a row that is too long to be held, the beginnings of its texts are read, and the rest is told", async () => {
  const dir = tempConfigDir();
  const filler = "lorem ipsum ".repeat(1_500_000);
  const content = [{ type: "tool_result", tool_use_id: "t1", content: `first heron ${filler} last heron` }];
  const row = { type: "user", uuid: "u5", timestamp: at(5), message: { role: "user", content } };
  const target = put(
    dir,
    fileOf(first),
    prompt(first, "Before") +
      line({ ...row, toolUseResult: { stdout: filler } }) +
      prompt(first, "After the herons", 9),
  );
  const catalog = await tempCatalog(dir);
  const reason = "in a row of 36 MB, only the first 4 MB of each text are searched";
  expect(await refresh(catalog)).toMatchObject({ rows: 3, skipped: [{ path: target, reason }] });
  const phrases = ["first heron", "last heron", "after the herons"];
  expect(phrases.map((phrase) => sessionsWith(catalog, phrase).length)).toEqual([1, 0, 1]);
  const scanned = phrases.map(async (phrase) =>
    searchTranscripts({ configDirs: [dir], query: `"${phrase}"`, index: false }),
  );
  expect((await Promise.all(scanned)).map(({ total, skipped }) => [total, skipped])).toEqual(
    [1, 0, 1].map((total) => [total, [{ path: target, reason }]]),
  );
  // The index says so whenever it is used, and together with a scan only once.
  expect(await refresh(catalog)).toMatchObject({ bytes: 0, skipped: [{ path: target, reason }] });
  for (const query of ["first heron", "re:/first heron/"])
    expect((await searchTranscripts({ configDirs: [dir], query })).skipped).toEqual([{ path: target, reason }]);
  put(dir, fileOf(first), prompt(first, "Before"));
  expect((await refresh(catalog)).skipped).toEqual([]);
});

test("looking changes nothing in the config dir", async () => {
  const dir = tempConfigDir();
  put(dir, fileOf(first), prompt(first, "Look, don't touch"));
  const before = fs.statSync(path.join(dir, "projects/-w"));
  await refresh(await tempCatalog(dir));
  expect(fs.readdirSync(dir)).toEqual(["projects"]);
  expect(fs.statSync(path.join(dir, "projects/-w")).mtimeMs).toBe(before.mtimeMs);
});
