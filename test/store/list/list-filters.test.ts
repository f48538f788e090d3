import { describe, expect, test } from "vitest";
import { archiveSession } from "../../../src/store/annotate/archive.ts";
import { InvalidArgumentError, InvalidCursorError } from "../../../src/store/errors.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { streamSessions } from "../../../src/store/list/stream-sessions.ts";
import type { ListFilters } from "../../../src/store/list/filters.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, type Row, user } from "../../support/rows.ts";

const DAY = Date.UTC(2026, 0, 1);
const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);
const filler: Row[] = Array.from({ length: 300 }, () => ({ type: "x", pad: "y".repeat(980) }));

/** Session `n`, in which something was said in second `at`; its file was written to in second `mtime`. */
function add(
  dir: string,
  n: number,
  at: number,
  rows: readonly Row[] = [],
  { mtime = at, branch = "main" } = {},
): void {
  const said = user(n, null, `p${n}`, { timestamp: new Date(DAY + at * 1000).toISOString(), gitBranch: branch });
  put(dir, `projects/-w/${sessionId(n)}.jsonl`, jsonl([said, ...rows]), { mtime: (DAY + mtime * 1000) / 1000 });
}

async function streamed(filters: ListFilters): Promise<number[]> {
  const stream = await streamSessions(filters);
  const found: number[] = [];
  for (let row = await stream.next(); row !== undefined; row = await stream.next()) found.push(numberOf(row.sessionId));
  return found;
}

/** The same by pages of two. */
async function paged(filters: ListFilters): Promise<number[]> {
  const found: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await listSessionPage({ ...filters, limit: 2, cursor });
    found.push(...page.sessions.map((row) => numberOf(row.sessionId)));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

async function store(): Promise<string> {
  const dir = tempConfigDir();
  add(dir, 1, 10, [{ type: "tag", tag: "keep" }, ...filler]);
  add(dir, 2, 20, [{ type: "tag", tag: "keep" }], { branch: "next" });
  add(dir, 3, 30, [{ type: "tag", tag: "keep" }, ...filler, { type: "tag", tag: "" }]);
  add(dir, 4, 40, [{ type: "tag", tag: "keeper" }], { branch: "next" });
  add(dir, 5, 15, [], { mtime: 50 });
  add(dir, 6, 60);
  await archiveSession(sessionId(6), { configDirs: [dir] });
  return dir;
}

describe.each([
  ["streamSessions", streamed],
  ["listSessionPage", paged],
])("%s: filters", (_, list) => {
  test.for<[filters: ListFilters, expected: number[]]>([
    [{}, [4, 3, 2, 5, 1]],
    [{ archived: "include" }, [6, 4, 3, 2, 5, 1]],
    [{ archived: "only" }, [6]],
    [{ since: DAY + 20_000 }, [4, 3, 2]],
    [{ since: DAY + 20_001 }, [4, 3]],
    [{ since: DAY + 90_000 }, []],
    [{ until: DAY + 20_000 }, [2, 5, 1]],
    [{ until: DAY + 19_999 }, [5, 1]],
    [{ since: DAY + 15_000, until: DAY + 30_000 }, [3, 2, 5]],
    [{ title: "P3" }, [3]],
    [{ title: "p" }, [4, 3, 2, 5, 1]],
    [{ title: "q" }, []],
    [{ branch: "next" }, [4, 2]],
    [{ branch: "nex" }, []],
    [{ tag: "keep" }, [2, 1]],
    [{ tag: "keep", branch: "main" }, [1]],
    [{ tag: "keep", since: DAY + 15_000 }, [2]],
  ])("%j", async ([filters, expected]) => {
    const dir = await store();
    expect(await list({ configDirs: [dir], ...filters })).toEqual(expected);
    expect(await list({ configDirs: [dir], ...filters })).toEqual(expected);
  });
});

describe("filters", () => {
  test("are part of what a cursor belongs to", async () => {
    const configDirs = [await store()];
    const { nextCursor: cursor } = await listSessionPage({ configDirs, limit: 1, branch: "next" });
    await expect(listSessionPage({ configDirs, branch: "main", cursor })).rejects.toThrow(InvalidCursorError);
    await expect(listSessionPage({ configDirs, cursor })).rejects.toThrow(InvalidCursorError);
  });

  test("a time that is none is refused", async () => {
    await expect(streamSessions({ since: Number.NaN })).rejects.toThrow(InvalidArgumentError);
  });

  test("what cannot be read is told, and all transcripts are counted", async () => {
    const dir = await store();
    put(dir, `projects/-w/${sessionId(9)}.jsonl/file`, "x");
    const stream = await streamSessions({ configDirs: [dir], branch: "next" });
    expect(stream.total).toBe(6);
    expect(stream.skipped()).toEqual([{ path: `${dir}/projects/-w/${sessionId(9)}.jsonl`, reason: "not_a_file" }]);
  });
});
