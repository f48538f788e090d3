import fs from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { canBelong, ownerOf } from "../../../src/store/layout/belongs.ts";
import { belongings } from "../../../src/store/projects/sidecars.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const A = sessionId(1);
const B = sessionId(2);

test.for([
  // At the top, one directory down, two directories down.
  [`security_warnings_state_${A}.json`, A],
  [A, A],
  [`file-history/${A}`, A],
  [`debug/${A}.txt`, A],
  [`some-new-place/prefix.${A}.suffix`, A],
  [`usage-data/facets/${A}.json`, A],
  [`usage-data/facets/deeper/${A}.json`, undefined],
  // The first id counts, and only a whole one.
  [`todos/${A}-agent-${B}.json`, A],
  [`todos/${B}-agent-${A}.json`, B],
  [`telemetry/1p_failed_events.${A}.${B}.json`, A],
  [`debug/${A}0.txt`, undefined],
  [`debug/0${A}.txt`, undefined],
  [`debug/${A.slice(0, -1)}.txt`, undefined],
  // What lies in a session's directory goes with that directory.
  [`file-history/${B}/${A}`, undefined],
  [`${B}/${A}`, undefined],
  [`jobs/${B.slice(0, 8)}/${A}.log`, undefined],
  // Beside the transcript.
  [`projects/-a/${A}`, A],
  [`projects/-a/${A}.jsonl`, A],
  [`projects/-a/${A}.precompact.json`, A],
  [`projects/-a/${A}.jsonl.compact.tmp.17`, A],
  [`projects/${A}`, undefined],
  [`projects/-tmp-${A}-x`, undefined],
  [`projects/-a/${B}/${A}.jsonl`, undefined],
  [`projects/-a/agent-${A}.jsonl`, undefined],
  // Copies that somebody made.
  [`projects/-a/${A}.jsonl.bak`, undefined],
  [`projects/-a/${A}.jsonl.gz`, undefined],
  [`projects/-a/copy of ${A}.jsonl`, undefined],
  [`projects/-a/${A}.bak-20260801`, undefined],
  [`projects/-a/${A}~`, undefined],
  [`debug/${A}.txt.orig`, undefined],
  [`projects.bak/-a/${A}.jsonl`, undefined],
  [`projects-2025/-a/${A}.jsonl`, undefined],
  [`backups/${A}.jsonl`, undefined],
  // Ours.
  [`claude-transcripts/${A}`, undefined],
  [`claude-transcripts/trash/${A}.deleting`, undefined],
  [`projects/-a/.${A}.jsonl.ct-0123456789ab-7-1-01234567.tmp`, undefined],
  [`projects/-a/.${A}.jsonl.ct-aside-01234567-0`, undefined],
  // Nobody's.
  ["history.jsonl", undefined],
  ["plans/warm-fox.md", undefined],
] as const)("%s belongs to %s", ([at, owner]) => {
  expect(ownerOf(at.split("/"))).toBe(owner);
  expect(canBelong(at.split("/"), A)).toBe(owner === A || at.startsWith("projects/-a/agent-"));
});

const pathsOf = async (dir: string): Promise<string[]> => (await belongings(A, dir)).items.map((item) => item.path);

test.for<[string, string | undefined, string[]]>([
  ["names it", JSON.stringify({ sessionId: A }), [`jobs/${A.slice(0, 8)}`]],
  ["names another session of the same first characters", JSON.stringify({ sessionId: B }), []],
  ["names none", "{}", []],
  ["names something else", JSON.stringify({ sessionId: { toString: A } }), []],
  ["is no JSON", `{"sessionId":"${A}"`, []],
  ["is not there", undefined, []],
])("a job belongs to a session when its state %s", async ([, state, expected]) => {
  const dir = tempConfigDir();
  put(dir, `jobs/${A.slice(0, 8)}/log`, "x");
  if (state !== undefined) put(dir, `jobs/${A.slice(0, 8)}/state.json`, state);
  expect(await pathsOf(dir)).toEqual(expected);
});

test("neither a job nor its state is looked for through a link", async () => {
  const dir = tempConfigDir();
  const job = path.join(dir, "jobs", A.slice(0, 8));
  const outside = put(dir, "elsewhere/job/state.json", JSON.stringify({ sessionId: A }));
  put(dir, "jobs/x", "");
  fs.symlinkSync(path.dirname(outside), job);
  expect(await pathsOf(dir)).toEqual([]);
  fs.rmSync(job);
  fs.mkdirSync(job);
  fs.symlinkSync(outside, path.join(job, "state.json"));
  expect(await pathsOf(dir)).toEqual([]);
});

test("a directory costs one look at its names, however many there are", async () => {
  const calls: Record<number, number> = {};
  for (const names of [200, 2000]) {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${A}.jsonl`, conversation(A, "hi"));
    for (let n = 0; n < names; n++) put(dir, `debug/${sessionId(100 + n)}.txt`, "");
    put(dir, `debug/${A}.txt`, "x");
    const counted = (["readdirSync", "lstatSync", "statSync", "openSync"] as const).map((name) => vi.spyOn(fs, name));
    expect(await pathsOf(dir)).toEqual([`projects/-a/${A}.jsonl`, `debug/${A}.txt`]);
    calls[names] = counted.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    vi.restoreAllMocks();
  }
  expect(calls[200]).toBeGreaterThan(0);
  expect(calls[2000]).toBe(calls[200]);
});
