import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveSession, unarchiveSession } from "../../../src/store/annotate/archive.ts";
import { InvalidArgumentError, InvalidCursorError } from "../../../src/store/errors.ts";
import {
  listSessionPage,
  type ListSessionPageOptions,
  type SessionPage,
} from "../../../src/store/list/list-session-page.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

const DAY = Date.UTC(2026, 0, 1);
const iso = (n: number): string => new Date(DAY + n * 1000).toISOString();
const title = (customTitle: string): Row => ({ type: "custom-title", customTitle });
const filler = (bytes: number): Row[] =>
  Array.from({ length: Math.ceil(bytes / 1000) }, () => ({ type: "x", pad: "y".repeat(980) }));
const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);
const numbers = (page: Pick<SessionPage, "sessions">): number[] => page.sessions.map((row) => numberOf(row.sessionId));

/** Session `n`, in which something was said in second `at`, and whose file was written to in second `mtime`. */
function add(dir: string, n: number, at: number, mtime = at, rows: readonly Row[] = []): string {
  const said = user(n, null, `p${n}`, { timestamp: iso(at) });
  return put(dir, `projects/-${n % 3}/${sessionId(n)}.jsonl`, jsonl([said, ...rows]), {
    mtime: (DAY + mtime * 1000) / 1000,
  });
}

/** All pages, in order. */
async function walk(options: ListSessionPageOptions): Promise<SessionPage[]> {
  const pages: SessionPage[] = [];
  let cursor: string | undefined;
  do {
    const page = await listSessionPage({ ...options, cursor });
    pages.push(page);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

describe("listSessionPage: order", () => {
  test("is by what was said last, not by when the file was written to", async () => {
    const dir = tempConfigDir();
    add(dir, 1, 10, 90, [title("renamed much later")]);
    add(dir, 2, 50);
    add(dir, 3, 99, 40);
    add(dir, 4, 50);
    const { sessions } = await listSessionPage({ configDirs: [dir] });
    expect(sessions.map((row) => [numberOf(row.sessionId), (row.activity - DAY) / 1000])).toEqual([
      [4, 50],
      [2, 50],
      [3, 40],
      [1, 10],
    ]);
  });

  test("stays right in a copied store, where all files have one time", async () => {
    const dir = tempConfigDir();
    const order = [7, 3, 9, 1, 8, 2, 6, 4, 5];
    order.forEach((n, i) => add(dir, n, 100 - i, 5000, [title("T"), { type: "cost-state" }]));
    const pages = await walk({ configDirs: [dir], limit: 2 });
    expect(pages.flatMap(numbers)).toEqual(order);
  });

  test("knows the mtime alone where no row has a time", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${sessionId(1)}.jsonl`, jsonl([{ type: "user", message: { content: "p" } }]), { mtime: 7 });
    expect((await listSessionPage({ configDirs: [dir] })).sessions).toMatchObject([
      { activity: 7000, lastModified: 7000 },
    ]);
  });

  test("finds the last row of a conversation far before the end, and one that is long", async () => {
    const dir = tempConfigDir();
    add(dir, 1, 10, 5000, filler(300_000));
    add(dir, 2, 5, 5000, [assistant(9, null, "x".repeat(3_000_000), { timestamp: iso(20) })]);
    add(dir, 3, 15, 5000, filler(9_000));
    expect(numbers(await listSessionPage({ configDirs: [dir] }))).toEqual([2, 3, 1]);
  });
});

describe("listSessionPage: what is on a page", () => {
  test("a session has the official facts and ours", async () => {
    const dir = tempConfigDir();
    const rows = [
      user(1, null, "hello", {
        entrypoint: "sdk-ts",
        gitBranch: "main",
        forkedFrom: { sessionId: sessionId(9), messageUuid: "m" },
      }),
      { ...assistant(2, 1), message: { id: "m", model: "claude-x", content: [] } },
      { ...assistant(3, 2), message: { id: "m", model: "<synthetic>", content: [] } },
      { type: "tag", tag: "t" },
    ];
    const file = put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl(rows), { mtime: 2_000_000_000 });
    const { sessions, total, skipped, nextCursor } = await listSessionPage({ configDirs: [dir] });
    expect(sessions).toEqual([
      {
        sessionId: sessionId(1),
        summary: "hello",
        lastModified: 2_000_000_000_000,
        fileSize: fs.statSync(file).size,
        customTitle: undefined,
        firstPrompt: "hello",
        gitBranch: "main",
        cwd: "/w",
        tag: "t",
        tags: ["t"],
        description: undefined,
        createdAt: Date.parse(iso(1)),
        archived: undefined,
        title: "hello",
        activity: Date.parse(iso(3)),
        configDir: dir,
        projectKey: "-w",
        transcriptPath: file,
        entrypoint: "sdk-ts",
        programmatic: true,
        model: "claude-x",
        forkedFrom: sessionId(9),
        agentName: undefined,
        teamName: undefined,
        worktree: undefined,
      },
    ]);
    expect([total, skipped, nextCursor]).toEqual([1, [], undefined]);
  });

  test("stubs and side conversations are left out, sessions without a name are not", async () => {
    const dir = tempConfigDir();
    const file = (n: number, ...rows: Row[]): string =>
      put(dir, `projects/-a/${sessionId(n)}.jsonl`, jsonl(rows), { mtime: n });
    file(1, title("stub"), { type: "mode" }, { type: "cost-state" });
    file(2, user(1, null, "x", { isSidechain: true }), title("side"));
    file(3, assistant(1, null));
    file(4, user(1, null, "x", { isSidechain: true }), user(2, null, "y"));
    file(5, title("a title"), ...filler(200_000), assistant(1, null));
    const page = await listSessionPage({ configDirs: [dir] });
    expect(numbers(page)).toEqual([5, 4, 3]);
    expect(page.sessions.map((row) => row.summary)).toEqual(["a title", "y", ""]);
    expect(page.total).toBe(5);
  });

  test("archived sessions are left out, or shown, or shown alone", async () => {
    const dir = tempConfigDir();
    const options = { configDirs: [dir] };
    for (let n = 1; n <= 6; n++) add(dir, n, n);
    add(dir, 4, 4, 4, [title("[archived] by title")]);
    add(dir, 5, 5, 5, [title("[archived] and taken out again")]);
    await archiveSession(sessionId(2), options);
    await archiveSession(sessionId(3), options);
    await unarchiveSession(sessionId(3), options);
    await unarchiveSession(sessionId(5), options);
    expect(numbers(await listSessionPage(options))).toEqual([6, 5, 3, 1]);
    expect(numbers(await listSessionPage({ ...options, archived: "only" }))).toEqual([4, 2]);
    const all = await listSessionPage({ ...options, archived: "include" });
    expect(all.sessions.map((row) => row.archived)).toEqual([undefined, false, true, false, true, undefined]);
    expect(all.total).toBe(6);
  });

  test("programs' sessions can be left out", async () => {
    const dir = tempConfigDir();
    add(dir, 1, 1);
    put(dir, `projects/-a/${sessionId(2)}.jsonl`, jsonl([user(1, null, "p", { entrypoint: "sdk-py" })]));
    expect(numbers(await listSessionPage({ configDirs: [dir] }))).toEqual([2, 1]);
    expect(numbers(await listSessionPage({ configDirs: [dir], includeProgrammatic: false }))).toEqual([1]);
  });

  test("of several copies the newest that can be shown is there, once", async () => {
    const [dir, other] = [tempConfigDir(), tempConfigDir()];
    const copy = (config: string, key: string, mtime: number, ...rows: Row[]): string =>
      put(config, `projects/${key}/${sessionId(1)}.jsonl`, jsonl(rows), { mtime: DAY / 1000 + mtime });
    copy(dir, "-a", 100, user(1, null, "a", { timestamp: iso(80) }));
    const shown = copy(other, "-b", 200, user(1, null, "b", { timestamp: iso(20) }));
    copy(dir, "-c", 300, title("a stub that was left behind"));
    add(dir, 2, 50);
    const page = await listSessionPage({ configDirs: [dir, other] });
    expect(page.sessions.map((row) => [numberOf(row.sessionId), row.transcriptPath])).toEqual([
      [2, page.sessions[0]?.transcriptPath],
      [1, shown],
    ]);
    expect(page.total).toBe(2);
  });

  test("a title between the windows is shown when whole transcripts are asked for", async () => {
    const dir = tempConfigDir();
    add(dir, 1, 1, 1, [...filler(100_000), title("middle"), { type: "tag", tag: "t" }, ...filler(100_000)]);
    add(dir, 2, 2, 2, [...filler(100_000), title("[archived] middle"), ...filler(100_000)]);
    const options = { configDirs: [dir] };
    const plain = await listSessionPage(options);
    expect(plain.sessions.map((row) => [row.customTitle, row.tag])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    const full = await listSessionPage({ ...options, metadata: "full" });
    expect(full.sessions.map((row) => [row.customTitle, row.tag])).toEqual([["middle", "t"]]);
    expect(await listSessionPage(options)).toEqual(plain);
  });

  test("what could not be read is named", async () => {
    const dir = tempConfigDir();
    const good = add(dir, 1, 1);
    const at = (name: string): string => path.join(dir, "projects", name);
    const id = (n: number): string => `-1/${sessionId(n)}.jsonl`;
    fs.symlinkSync(good, at(id(2)));
    fs.mkdirSync(at(id(3)));
    put(dir, `projects/${id(4)}`, "");
    fs.symlinkSync(path.join(dir, "nowhere"), at("-gone"));
    fs.symlinkSync("-loop", at("-loop"));
    const page = await listSessionPage({ configDirs: [dir] });
    expect(numbers(page)).toEqual([1]);
    expect([...page.skipped].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: at(id(2)), reason: "link" },
      { path: at(id(3)), reason: "not_a_file" },
      { path: at("-gone"), reason: "ENOENT" },
      { path: at("-loop"), reason: "ELOOP" },
    ]);
  });
});

describe("listSessionPage: pages", () => {
  test("partition the list, whatever the times, copies and filters", async () => {
    const session = fc.record({
      at: fc.integer({ min: 0, max: 6 }),
      late: fc.integer({ min: -2, max: 4 }),
      kind: fc.constantFrom("plain", "plain", "stub", "program", "archived", "twice"),
    });
    const options = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      archived: fc.constantFrom("exclude" as const, "include" as const, "only" as const),
      includeProgrammatic: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(session, { maxLength: 14 }), options, async (sessions, chosen) => {
      const [dir, other] = [tempConfigDir(), tempConfigDir()];
      const configDirs = [dir, other];
      for (const [n, { at, late, kind }] of sessions.entries()) {
        add(dir, n, at, at + late);
        if (kind === "stub") put(dir, `projects/-${n % 3}/${sessionId(n)}.jsonl`, jsonl([title("T")]));
        if (kind === "program")
          add(dir, n, at, at + late, [user(99, n, "q", { entrypoint: "sdk-ts", timestamp: iso(at) })]);
        if (kind === "archived") await archiveSession(sessionId(n), { configDirs });
        if (kind === "twice") add(other, n, at, at);
      }
      const whole = await listSessionPage({ configDirs, ...chosen, limit: 500 });
      const pages = await walk({ configDirs, ...chosen });
      expect(pages.flatMap((page) => page.sessions)).toEqual(whole.sessions);
      for (const [i, page] of pages.entries()) {
        expect(page.sessions.length <= chosen.limit).toBe(true);
        expect(i < pages.length - 1 ? page.sessions.length : chosen.limit).toBe(chosen.limit);
        expect(page.total).toBe(sessions.length);
      }
    });
    await fc.assert(property, { numRuns: runs(60) });
  });

  test("sessions that do not change between pages are each shown once, whatever happens to others", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 30; n++) add(dir, n, n, n % 4 === 0 ? 1000 + n : n);
    const shown: number[] = [];
    let cursor: string | undefined;
    let touched = 30;
    do {
      const page: SessionPage = await listSessionPage({ configDirs: [dir], limit: 4, cursor });
      shown.push(...numbers(page));
      cursor = page.nextCursor;
      // One session is new, one is written to, one goes.
      add(dir, 100 + touched, touched % 20);
      touched -= 3;
      add(dir, touched, 5000 + touched);
      fs.rmSync(path.join(dir, `projects/-${(touched + 1) % 3}/${sessionId(touched + 1)}.jsonl`), { force: true });
    } while (cursor !== undefined);
    const changed = (n: number): boolean => n >= 100 || (n >= touched && n % 3 !== 2);
    const unchanged = Array.from({ length: 30 }, (_, n) => 29 - n).filter((n) => !changed(n));
    expect(shown.filter((n) => !changed(n))).toEqual(unchanged);
    expect(new Set(shown).size).toBe(shown.length);
  });

  test("a file that was written to after its last word is not passed over by a later page", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 40; n++) add(dir, n, n, 1000 + ((n * 7) % 40));
    for (const limit of [1, 3, 39]) {
      const pages = await walk({ configDirs: [dir], limit });
      expect(pages.flatMap(numbers)).toEqual(Array.from({ length: 40 }, (_, i) => 39 - i));
    }
  });

  test("a cursor goes with its filters", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 4; n++) add(dir, n, n);
    const configDirs = [dir];
    const { nextCursor: cursor } = await listSessionPage({ configDirs, limit: 2 });
    expect(numbers(await listSessionPage({ configDirs, limit: 1, metadata: "full", cursor }))).toEqual([1]);
    for (const other of [
      { archived: "include" as const },
      { includeProgrammatic: false },
      { dir },
      { configDirs: [dir, tempConfigDir()] },
    ]) {
      await expect(listSessionPage({ configDirs, cursor, ...other })).rejects.toThrow(InvalidCursorError);
    }
    await expect(listSessionPage({ configDirs, cursor: "x" })).rejects.toMatchObject({ code: "InvalidCursor" });
  });

  test.each<[options: Record<string, unknown>, argument: string]>([
    [{ limit: 0 }, "limit"],
    [{ limit: 501 }, "limit"],
    [{ limit: 1.5 }, "limit"],
    [{ limit: "5" }, "limit"],
    [{ limit: NaN }, "limit"],
    [{ archived: "yes" }, "archived"],
    [{ archived: true }, "archived"],
    [{ sort: "name" }, "sort"],
    [{ metadata: "all" }, "metadata"],
  ])("%j is refused", async (options, argument) => {
    const error = await listSessionPage(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error).toMatchObject({ code: "InvalidArgument", data: { argument } });
  });

  test("null is as good as nothing", async () => {
    const dir = tempConfigDir();
    add(dir, 1, 1);
    const nothing = { dir: null, cursor: null, limit: null, archived: null, sort: null, metadata: null };
    expect(
      numbers(await listSessionPage({ ...nothing, configDirs: [dir] } as unknown as ListSessionPageOptions)),
    ).toEqual([1]);
  });

  test("an abort is obeyed", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 40; n++) add(dir, n, n, n, filler(70_000));
    const reason = new Error("enough");
    const before = AbortSignal.abort(reason);
    await expect(listSessionPage({ configDirs: [dir], signal: before })).rejects.toBe(reason);
    const controller = new AbortController();
    const page = listSessionPage({ configDirs: [dir], metadata: "full", signal: controller.signal });
    controller.abort(reason);
    await expect(page).rejects.toBe(reason);
  });
});
