import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "./calls.ts";
import { conversation } from "./conversation.ts";
import { withFlowRows } from "./deviations-data-flow.ts";
import { bytesOf, line, type Row, type Transcript } from "./model.ts";
import { official } from "./official.ts";
import { ours } from "./ours.ts";
import { Rng } from "./rng.ts";

const SEEDS = [...Array.from({ length: 60 }, (_, i) => i), 2059];
const PROJECT = "projects/-p";
let dir: string;
let before: string | undefined;

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "data-flow-"));
  fs.mkdirSync(path.join(dir, PROJECT), { recursive: true });
  before = process.env["CLAUDE_CONFIG_DIR"];
  process.env["CLAUDE_CONFIG_DIR"] = dir;
});

afterAll(() => {
  if (before === undefined) delete process.env["CLAUDE_CONFIG_DIR"];
  else process.env["CLAUDE_CONFIG_DIR"] = before;
  fs.rmSync(dir, { recursive: true, force: true });
});

test.each(SEEDS)("an official fork of our fork says of data what one of the source says (%i)", async (seed) => {
  const rng = new Rng(`data-flow-${seed}`);
  const source = transcript(rng);
  fs.writeFileSync(path.join(dir, source.path), bytesOf(source));
  const last = rng.chance(0.4) ? { upToMessageId: rng.pick(mainUuids(rowsIn(source.path))) } : {};

  const expected = said(await fork(official, source.sessionId, last));
  const first = await fork(ours, source.sessionId, last);
  const second = await fork(ours, first.sessionId);

  expect(said(await fork(official, first.sessionId), first.sessionId)).toEqual(expected);
  expect(said(await fork(official, second.sessionId), first.sessionId, second.sessionId)).toEqual(expected);
});

test("what is unknown in a list that a later one takes the place of is in the fork", async () => {
  const sessionId = new Rng("superseded").uuid();
  const row = (type: string, fields: object): Row => ({ type, v: 1, sessionId, ...fields });
  const later = { type: "later", id: "x", via: "fork" };
  const rows = [
    { type: "user", uuid: sessionId, parentUuid: null, sessionId, message: { role: "user", content: "hi" } },
    row("data-flow-records", { records: [{ event_id: "e" }] }),
    row("derived-from", { sessions: [{ type: "claude_code_session", id: "a", via: "fork" }, later] }),
    row("derived-from", { sessions: [] }),
  ];
  fs.writeFileSync(
    path.join(dir, PROJECT, `${sessionId}.jsonl`),
    `${rows.map((each) => JSON.stringify(each)).join("\n")}\n`,
  );

  const copy = await fork(ours, sessionId);

  const lists = copy.rows.filter(({ type }) => type === "derived-from").map(({ sessions }) => sessions);
  expect(lists).toEqual([[later], [{ type: "claude_code_session", id: sessionId, via: "fork" }]]);
  expect(said(await fork(official, copy.sessionId), copy.sessionId)).toEqual(said(await fork(official, sessionId)));
});

function transcript(rng: Rng): Transcript {
  const sessionId = rng.uuid();
  const rows = conversation(rng, { sessionId, cwd: "/p", steps: rng.int(1, 8), start: Date.UTC(2026, 0, 1) });
  const lines = rows.map(line);
  return withFlowRows(rng, {
    kind: "transcript",
    path: `${PROJECT}/${sessionId}.jsonl`,
    sessionId,
    lines,
    finalNewline: true,
    mtime: 0,
  });
}

const rowsIn = (file: string): Row[] =>
  fs
    .readFileSync(path.join(dir, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Row);

const mainUuids = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ type, uuid, isSidechain }) =>
    (type === "user" || type === "assistant") && isSidechain === false ? [uuid as string] : [],
  );

async function fork(api: Api, id: string, options: object = {}): Promise<{ sessionId: string; rows: Row[] }> {
  const { sessionId } = (await api.forkSession(id, options)) as { sessionId: string };
  return { sessionId, rows: rowsIn(`${PROJECT}/${sessionId}.jsonl`) };
}

/** What the rows about data of an official fork say, less the forks that it was made through. */
function said({ rows }: { readonly rows: readonly Row[] }, ...through: readonly string[]): object {
  const row = (type: string): Row | undefined => rows.find((each) => each["type"] === type);
  const sessions = (row("derived-from")?.["sessions"] ?? []) as Row[];
  return {
    codes: ((row("data-flow-incomplete")?.["codes"] ?? []) as number[]).toSorted((a, b) => a - b),
    // In the order of the sessions that wrote into the file, which says nothing.
    records: ((row("data-flow-records")?.["records"] ?? []) as Row[]).map((each) => JSON.stringify(each)).toSorted(),
    sessions: sessions.filter(({ id }) => !through.includes(id as string)),
  };
}
