import fs from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { activityOf, cachedActivity } from "../../../src/store/facts/activity-of-file.ts";
import type { Candidate } from "../../../src/store/facts/candidate.ts";
import { candidateOf } from "../../../src/store/facts/stat-transcripts.ts";
import { windowFacts } from "../../../src/store/facts/metadata.ts";
import { beginList, cachedFacts, cacheFacts } from "../../../src/store/facts/metadata-cache.ts";
import { getSessionInfo } from "../../../src/store/list/session-info.ts";
import { listSessions } from "../../../src/store/list/list-sessions.ts";
import { projectDir, transcriptPath } from "../../../src/store/layout/paths.ts";
import { CACHED_SESSIONS, CACHED_UNITS } from "../../../src/transcript/rows/limits.ts";
import type { SessionFacts } from "../../../src/transcript/summary/session-metadata.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, user } from "../../support/rows.ts";

/** Long enough for a change to count as settled. */
const SETTLED = 150;
let numbered = 0;

function candidate(change: Partial<Candidate> = {}): Candidate {
  const project = projectDir("/nowhere", "-p");
  const id = sessionId(++numbered);
  const file = { size: 1, mtimeMs: 1000.25, lastModified: 1000, ctimeMs: 2000.5, dev: 1, ino: 2 };
  return {
    sessionId: id,
    project,
    path: transcriptPath(project, id),
    hasSidecars: false,
    activity: NaN,
    matchedDir: undefined,
    ...file,
    ...change,
  };
}

describe("what is remembered", () => {
  test("is had again for the very same file only", () => {
    const one = candidate();
    cacheFacts(one, { activity: 5 });
    expect(cachedFacts(one)).toEqual({ activity: 5 });
    expect(cachedFacts({ ...one })).toEqual({ activity: 5 });
    const others = [
      { size: 2 },
      { mtimeMs: 1000.5 },
      { ctimeMs: 2000.75 },
      { dev: 2 },
      { ino: 3 },
      { path: `${one.path}x` },
    ];
    for (const other of others) expect(cachedFacts({ ...one, ...other })).toBeUndefined();
  });

  test("grows by what is learnt later, and is replaced when the file is another", () => {
    const one = candidate();
    const windows = { stamp: "", facts: { summary: "s" } as SessionFacts };
    cacheFacts(one, { activity: 5 });
    cacheFacts(one, { windows });
    expect(cachedFacts(one)).toEqual({ activity: 5, windows });
    const changed = { ...one, size: 2 };
    cacheFacts(changed, { activity: 6 });
    expect(cachedFacts(changed)).toEqual({ activity: 6 });
    expect(cachedFacts(one)).toBeUndefined();
  });

  test("is nothing of a file that changed a moment ago", () => {
    const one = candidate({ ctimeMs: Date.now() });
    cacheFacts(one, { activity: 5 });
    expect(cachedFacts(one)).toBeUndefined();
  });

  test("is bounded in number and in text: the oldest goes first", () => {
    const oldest = candidate();
    cacheFacts(oldest, { activity: 0 });
    let newest = oldest;
    beginList();
    for (let n = 0; n < CACHED_SESSIONS; n++) cacheFacts((newest = candidate()), { activity: n });
    expect(cachedFacts(oldest)).toBeUndefined();
    expect(cachedFacts(newest)).toEqual({ activity: CACHED_SESSIONS - 1 });

    const facts = { summary: "x".repeat(CACHED_UNITS / 2), cwd: "/w" } as SessionFacts;
    const [first, second] = [candidate(), candidate()];
    beginList();
    cacheFacts(first, { windows: { stamp: "", facts } });
    expect(cachedFacts(first)).toBeDefined();
    beginList();
    cacheFacts(second, { windows: { stamp: "", facts } });
    expect(cachedFacts(first)).toBeUndefined();
    expect(cachedFacts(second)).toBeDefined();
  });
});

test("a list of more than there is room for keeps what it learnt first", () => {
  beginList();
  const first = candidate();
  cacheFacts(first, { activity: 1 });
  for (let n = 0; n < CACHED_SESSIONS; n++) cacheFacts(candidate(), { activity: n });
  expect(cachedFacts(first)).toEqual({ activity: 1 });
  beginList();
  const next = candidate();
  cacheFacts(next, { activity: 2 });
  expect(cachedFacts(next)).toEqual({ activity: 2 });
});

describe("a change is seen", () => {
  const id = sessionId(1);
  let dir: string;
  let file: string;

  beforeEach(() => {
    dir = tempConfigDir();
    file = put(dir, `projects/-a/${id}.jsonl`, jsonl([user(1, null, "first")]), { mtime: 1000 });
  });

  const facts = async (): Promise<unknown[]> => {
    const [listed] = await listSessions({ configDirs: [dir] });
    expect(await getSessionInfo(id, { configDirs: [dir] })).toEqual(listed);
    return [listed?.summary, listed?.archived];
  };

  test("in a transcript that was rewritten in place to the same length and time", async () => {
    await wait(SETTLED);
    expect(await facts()).toEqual(["first", undefined]);
    fs.writeFileSync(file, jsonl([user(1, null, "other")]));
    fs.utimesSync(file, 1000, 1000);
    expect(await facts()).toEqual(["other", undefined]);
  });

  test("in sidecars that come, change and go", async () => {
    await wait(SETTLED);
    expect(await facts()).toEqual(["first", undefined]);
    const title = put(dir, `projects/-a/${id}/custom-title.json`, '{"customTitle":"one"}');
    expect(await facts()).toEqual(["one", undefined]);
    fs.writeFileSync(title, '{"customTitle":"two"}');
    put(dir, `projects/-a/${id}/archived.json`, '{"archived":true,"at":"2030-01-01T00:00:00Z"}');
    expect(await facts()).toEqual(["two", true]);
    fs.rmSync(title);
    expect(await facts()).toEqual(["first", true]);
    fs.rmSync(file.slice(0, -".jsonl".length), { recursive: true });
    expect(await facts()).toEqual(["first", undefined]);
  });

  test("and without one nothing is read again", async () => {
    await wait(SETTLED);
    const project = projectDir(dir, "-a");
    const [one, again] = [1, 2].map(() => candidateOf({ sessionId: id, project }));
    if (one === undefined || again === undefined) throw new Error("no candidate");
    const time = activityOf(one);
    const known = windowFacts(one);
    fs.rmSync(file);
    expect(cachedActivity(again)).toBe(time);
    expect(activityOf(again)).toBe(time);
    expect(windowFacts(again)).toBe(known);
    const { path } = one;
    expect(() =>
      windowFacts({ ...one, project, path, lastModified: 0, matchedDir: undefined, size: one.size + 1 }),
    ).toThrow("ENOENT");
  });
});
