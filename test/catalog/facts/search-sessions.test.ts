import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { searchSessions, type SessionSearchOptions } from "../../../src/index.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";
import { writeSpending } from "../../support/spending.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", path.join(tempConfigDir(), "cache"));
  return () => vi.unstubAllEnvs();
});

/** Five sessions of 2.5 cents a prompt, each a day after the one before; the fifth is archived, a sixth has only a title. */
function store(): string {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 1, { at: "2026-08-01T10:00:00Z", tag: "keep", cwd: "/src/acme" });
  writeSpending(dir, 2, 8, { at: "2026-08-02T10:00:00Z", branch: "next", cwd: "/src/acme/lib" });
  writeSpending(dir, 3, 4, { at: "2026-08-03T10:00:00Z", tag: "ｋｅｅｐ ", model: "claude-sonnet-4-5" });
  writeSpending(dir, 4, 2, { at: "2026-08-04T10:00:00Z", tag: "other" });
  fs.appendFileSync(
    path.join(dir, "projects", "-w", `${sessionId(4)}.jsonl`),
    `${JSON.stringify({ type: "claude-transcripts-annotation", tags: ["other", "second"] })}\n`,
  );
  const archived = writeSpending(dir, 5, 3, { at: "2026-08-05T10:00:00Z" });
  put(
    dir,
    `projects/-w/${archived}/archived.json`,
    JSON.stringify({ archived: true, at: "2026-09-01T00:00:00Z", by: "sdk" }),
  );
  put(dir, `projects/-w/${sessionId(6)}.jsonl`, `${JSON.stringify({ type: "custom-title", customTitle: "Stub" })}\n`);
  return dir;
}

const numbers = async (dir: string, options: SessionSearchOptions): Promise<number[]> =>
  (await searchSessions({ ...options, configDirs: [dir] })).sessions.map(({ session }) =>
    Number(session.sessionId.slice(-1)),
  );
const day = (n: number): number => Date.parse(`2026-08-0${n}T12:00:00Z`);

describe.each([true, false])("with an index: %s", (index) => {
  test.for<[string, SessionSearchOptions, number[]]>([
    ["everything, the latest first", {}, [5, 4, 3, 2, 1]],
    ["one of several tags", { tags: ["keep", "other"] }, [4, 3, 1]],
    ["a tag that is not the first", { tags: ["second"] }, [4]],
    ["no tag at all", { tags: [] }, []],
    ["active since", { after: day(3) }, [5, 4]],
    ["begun before", { before: day(2) }, [2, 1]],
    ["at least", { minCost: 75_000 }, [5, 2]],
    ["at most", { maxCost: 50_000 }, [4, 1]],
    ["between", { minCost: 50_000, maxCost: 75_000 }, [5, 4, 3]],
    ["messages", { minMessages: 6, maxMessages: 8 }, [5, 3]],
    ["a project by name", { project: "acme" }, [2, 1]],
    ["a project by path", { project: "/src/acme/lib" }, [2]],
    ["a model", { model: "Sonnet" }, [3]],
    ["a branch", { branch: "next" }, [2]],
    ["archived", { archived: true }, [5]],
    ["not archived", { archived: false }, [4, 3, 2, 1]],
    ["of programs", { programmatic: true }, []],
    ["all conditions", { tags: ["keep"], maxCost: 30_000, project: "acme", archived: false }, [1]],
    ["by cost", { sort: "cost" }, [2, 5, 3, 4, 1]],
    ["by messages", { sort: "messages", limit: 2 }, [2, 3]],
    ["by size", { sort: "size", limit: 1 }, [2]],
  ])("%s", async ([, options, expected]) => {
    const dir = store();
    const before = snapshot(dir);
    expect(await numbers(dir, { ...options, index })).toEqual(expected);
    expect(snapshot(dir)).toEqual(before);
  });
});

test("says what it found of each session, and how many match", async () => {
  const { sessions, total, pending, skipped, notes } = await searchSessions({
    configDirs: [store()],
    sort: "cost",
    limit: 1,
  });
  expect(sessions).toMatchObject([
    {
      session: { sessionId: sessionId(2), title: "prompt 0 of 2", gitBranch: "next" },
      usage: { cost: 200_000, messages: 16, prompts: 8, toolCalls: 8, models: ["claude-opus-4-5"], isComplete: true },
    },
  ]);
  expect({ total, pending, skipped, notes }).toEqual({ total: 5, pending: 0, skipped: [], notes: [] });
});

test.for<[SessionSearchOptions, string]>([
  [{ sort: "name" as "cost" }, 'sort must be one of activity, cost, messages, size, got "name"'],
  [{ limit: 0 }, 'limit must be a positive integer, got "0"'],
  [{ minCost: Number.NaN }, 'minCost must be a number, got "NaN"'],
  [{ after: "today" as unknown as number }, 'after must be a number, got "today"'],
])("%o is refused", async ([options, message]) => {
  await expect(searchSessions({ ...options, configDirs: [store()] })).rejects.toThrow(message);
});

test("ends when it is aborted", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(searchSessions({ configDirs: [store()], signal })).rejects.toThrow("enough");
});
