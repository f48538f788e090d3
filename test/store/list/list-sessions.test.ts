import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { listSessions } from "../../../src/store/list/list-sessions.ts";
import type { OrUndefined, SessionInfo } from "../../../src/store/types.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../../support/rows.ts";

const WINDOW = 65536;
const ID = sessionId(1);
const iso = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
const title = (customTitle: unknown): Row => ({ type: "custom-title", customTitle });
const ai = (aiTitle: unknown): Row => ({ type: "ai-title", aiTitle });
const tag = (value: unknown): Row => ({ type: "tag", tag: value });
/** Rows that fill more than both windows. */
const filler = (bytes = 3 * WINDOW): Row[] =>
  Array.from({ length: Math.ceil(bytes / 1000) }, () => ({ type: "x", pad: "y".repeat(980) }));

interface Case {
  readonly rows: readonly (Row | string)[] | string;
  readonly sidecars?: Readonly<Record<string, unknown>>;
}

async function listed({ rows, sidecars = {} }: Case): Promise<SessionInfo | undefined> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, typeof rows === "string" ? rows : jsonl(rows));
  for (const [name, value] of Object.entries(sidecars)) {
    put(dir, `projects/-w/${ID}/${name}`, typeof value === "string" ? value : JSON.stringify(value));
  }
  const sessions = await listSessions({ configDirs: [dir] });
  return sessions[0];
}

describe("listSessions: what a row says", () => {
  test("has the official keys in the official order", async () => {
    const dir = tempConfigDir();
    const rows = jsonl([user(1, null, "hello", { gitBranch: "main" }), assistant(2, 1)]);
    const file = put(dir, `projects/-w/${ID}.jsonl`, rows, { mtime: 1_750_000_000.0004 });
    const [session] = await listSessions({ configDirs: [dir] });
    expect(Object.entries(session ?? {})).toEqual([
      ["sessionId", ID],
      ["summary", "hello"],
      ["lastModified", 1_750_000_000_000],
      ["fileSize", fs.statSync(file).size],
      ["customTitle", undefined],
      ["firstPrompt", "hello"],
      ["gitBranch", "main"],
      ["cwd", "/w"],
      ["tag", undefined],
      ["createdAt", Date.parse(iso(1))],
      ["archived", undefined],
    ]);
  });

  const p = user(1, null, "p");
  const side = { "custom-title.json": { customTitle: "Side" } };
  test.each<[what: string, given: Case, facts: Partial<OrUndefined<SessionInfo>>]>([
    ["the last title counts", { rows: [p, title("A"), title("B"), ai("C")] }, { customTitle: "B", summary: "B" }],
    ["an AI title is a title", { rows: [p, ai("A"), ai("B")] }, { customTitle: "B" }],
    ["an empty title is none", { rows: [p, title("A"), title(""), ai("B")] }, { customTitle: "B" }],
    [
      "a title of another type is none",
      { rows: [p, title(5), { type: "x", customTitle: "A" }] },
      { customTitle: undefined },
    ],
    ["a title inside a row is none", { rows: [p, { type: "x", a: title("A") }] }, { customTitle: undefined }],
    [
      "a title behind a cut row",
      { rows: [p, `{"type":"assistant","mess${JSON.stringify(title("A"))}`] },
      { customTitle: "A" },
    ],
    ["a title without a newline", { rows: jsonl([p]) + JSON.stringify(title("A")) }, { customTitle: "A" }],
    ["a cut title", { rows: `${jsonl([p, title("A")])}{"type":"custom-title","customTitle":"B` }, { customTitle: "A" }],
    ["a title is enough", { rows: [title("A")] }, { summary: "A", firstPrompt: undefined }],
    ["the sidecar's title", { rows: [p, ai("B")], sidecars: side }, { customTitle: "Side" }],
    ["a title row beats it", { rows: [p, title("A")], sidecars: side }, { customTitle: "A" }],
    ["an empty one too", { rows: [p, title("")], sidecars: side }, { customTitle: undefined }],
    ["one in the head too", { rows: [p, title("A"), ...filler()], sidecars: side }, { customTitle: "A" }],
    ["a title in the head", { rows: [p, title("A"), ...filler(), ai("B")] }, { customTitle: "A" }],
    [
      "an empty one at the end takes it away",
      { rows: [p, title("A"), ...filler(), title("")] },
      { customTitle: undefined },
    ],
    [
      "a title between the windows is not looked for",
      { rows: [p, ...filler(), title("A"), ...filler()] },
      { customTitle: undefined },
    ],
    [
      "the last prompt",
      { rows: [p, { type: "x", lastPrompt: "LP" }, { type: "summary", summary: "S" }] },
      { summary: "LP" },
    ],
    ["an empty one", { rows: [p, { type: "x", lastPrompt: "" }, { type: "summary", summary: "S" }] }, { summary: "S" }],
    ["a summary inside a row", { rows: [p, { type: "x", a: { summary: "S" } }] }, { summary: "p" }],
    ["the last tag", { rows: [p, tag("a"), tag("b")] }, { tag: "b" }],
    ["a tag taken away", { rows: [p, tag("a"), tag("")] }, { tag: undefined }],
    ["a tag in the head", { rows: [p, tag("a"), ...filler()] }, { tag: undefined }],
    ["the last branch", { rows: [{ ...p, gitBranch: "a" }, user(2, 1, "q", { gitBranch: "b" })] }, { gitBranch: "b" }],
    ["an empty branch", { rows: [{ ...p, gitBranch: "a" }, user(2, 1, "q", { gitBranch: "" })] }, { gitBranch: "a" }],
    [
      "a branch inside a row",
      {
        rows: [
          { ...p, gitBranch: "a" },
          { type: "x", a: { gitBranch: "b" } },
        ],
      },
      { gitBranch: "a" },
    ],
    ["a cwd inside a row", { rows: [{ type: "x", a: { cwd: "/no" } }, p] }, { cwd: "/w" }],
    ["where it was moved to", { rows: [p, { type: "relocated", relocatedCwd: "/new" }] }, { cwd: "/new" }],
    ["no cwd", { rows: [{ type: "user", message: { content: "x" } }] }, { cwd: undefined }],
    ["a time inside a row", { rows: [{ type: "x", a: { timestamp: iso(9) } }, p] }, { createdAt: Date.parse(iso(1)) }],
    [
      "a first time that is none",
      { rows: [user(1, null, "p", { timestamp: "then" }), user(2, 1)] },
      { createdAt: undefined },
    ],
    ["a prompt behind the window", { rows: [...filler(), user(1, null, "late")] }, { firstPrompt: "late", cwd: "/w" }],
    [
      "a prompt longer than the window",
      { rows: [user(1, null, "x".repeat(WINDOW))] },
      { firstPrompt: `${"x".repeat(200)}…` },
    ],
    ["an image", { rows: [user(1, null, [{ type: "image" }])] }, { summary: "Image", firstPrompt: undefined }],
    ["a document", { rows: [user(1, null, [{ type: "document" }])] }, { summary: "Document" }],
    ["a byte order mark", { rows: `\ufeff${jsonl([p])}` }, { firstPrompt: "p" }],
    [
      "carriage returns",
      { rows: jsonl([p, title("T")]).replaceAll("\n", "\r\n") },
      { firstPrompt: "p", customTitle: "T" },
    ],
    [
      "one that begins a session",
      { rows: [user(1, null, "x", { isSidechain: true }), user(2, null, "y")] },
      { firstPrompt: "y" },
    ],
    ["a mark inside a row", { rows: [user(1, null, "x", { a: { isSidechain: true } })] }, { firstPrompt: "x" }],
  ])("%s", async (_what, given, facts) => {
    expect(await listed(given)).toMatchObject(facts);
  });

  test.each<[what: string, rows: readonly Row[]]>([
    ["a session with nothing to be called by", [assistant(1, null)]],
    ["a side conversation", [user(1, null, "x", { isSidechain: true })]],
    ["one under another first row", [title("T"), user(1, null, "x", { isSidechain: true })]],
  ])("%s is left out", async (_what, rows) => {
    expect(await listed({ rows })).toBeUndefined();
  });

  test.each<[d: number, title: string | undefined]>([
    [-1, undefined],
    [0, "T"],
    [1, "T"],
  ])("a title that begins %d bytes behind the edge of the tail", async (d, customTitle) => {
    const row = JSON.stringify(title("T"));
    const pad = (length: number): string => `${JSON.stringify({ type: "x", p: "y".repeat(length - 20) })}\n`;
    const rows = `${jsonl([p])}${pad(200_000)}${row}\n${pad(WINDOW - row.length - 1 - d)}`;
    expect(await listed({ rows })).toMatchObject({ customTitle });
  });

  test("a branch in the part of a row that is left in the tail counts when it is the row's own", async () => {
    const huge = (row: Row): Row => ({ type: "user", pad: "y".repeat(2 * WINDOW), ...row });
    const rows = [{ ...p, gitBranch: "a" }, ...filler()];
    expect(await listed({ rows: [...rows, huge({ gitBranch: "b" })] })).toMatchObject({ gitBranch: "b" });
    expect(await listed({ rows: [...rows, huge({ a: { gitBranch: "b" } })] })).toMatchObject({ gitBranch: "a" });
    const last = `${"z".repeat(70_000)}"}`;
    const nested = `{"type":"user","pad":"${last.slice(0, -2)}","inner":{"type":"custom-title","customTitle":"no"}}`;
    expect(await listed({ rows: [...rows, nested] })).toMatchObject({ customTitle: undefined });
  });

  const later = { archived: true, at: iso(0) };
  test.each<[what: string, rows: readonly Row[], mark: unknown, archived: boolean | undefined]>([
    ["an archived session", [p], { archived: true, at: iso(5) }, true],
    ["one taken out", [p], { archived: false, at: iso(5) }, false],
    ["one that a person wrote in since", [p], later, false],
    ["one whose first prompt since stands behind the head", [...filler(), p, ...filler()], later, false],
    ["one whose first prompt there is older", [...filler(), p, ...filler()], { archived: true, at: iso(5) }, true],
    ["one in which no person did", [user(1, null, "p", { isMeta: true }), title("T")], later, true],
    ["one whose results came later", [user(1, null, [{ type: "tool_result" }]), title("T")], later, true],
    ["a prompt at the same moment", [p], { archived: true, at: iso(1) }, true],
    ["a mark without a time", [p], { archived: true }, undefined],
    ["a mark that is too long", [p], { archived: true, at: iso(5), pad: "x".repeat(4096) }, undefined],
  ])("%s", async (_what, rows, mark, archived) => {
    expect(await listed({ rows, sidecars: { "archived.json": mark } })).toMatchObject({ archived });
  });
});

describe("listSessions: which rows", () => {
  /** Session n was written to in second n. */
  function store(count: number): string {
    const dir = tempConfigDir();
    for (let n = 1; n <= count; n++) {
      put(dir, `projects/-${n % 2}/${sessionId(n)}.jsonl`, jsonl([user(n, null, `p${n}`)]), { mtime: n });
    }
    return dir;
  }
  const numbers = (sessions: readonly SessionInfo[]): number[] =>
    sessions.map((row) => Number(row.firstPrompt?.slice(1)));

  test.each<[options: Record<string, unknown>, expected: number[]]>([
    [{}, [5, 4, 3, 2, 1]],
    [{ limit: 2 }, [5, 4]],
    [{ limit: 1.5 }, [5, 4]],
    [{ limit: "2" }, [5, 4]],
    [{ limit: 0 }, [5, 4, 3, 2, 1]],
    [{ limit: -1 }, [5, 4, 3, 2, 1]],
    [{ limit: null }, [5, 4, 3, 2, 1]],
    [{ limit: NaN }, [5, 4, 3, 2, 1]],
    [{ limit: Infinity }, [5, 4, 3, 2, 1]],
    [{ offset: 2 }, [3, 2, 1]],
    [{ offset: 1.5 }, [3, 2, 1]],
    [{ offset: -1 }, [5, 4, 3, 2, 1]],
    [{ offset: null }, [5, 4, 3, 2, 1]],
    [{ limit: 0, offset: 1 }, [4, 3, 2, 1]],
    [{ limit: 2, offset: 4 }, [1]],
    [{ limit: 2, offset: 5 }, []],
  ])("%j", async (options, expected) => {
    const dir = store(5);
    expect(numbers(await listSessions({ configDirs: [dir], ...options }))).toEqual(expected);
  });

  test("equal times are ordered by id, downwards", async () => {
    const dir = tempConfigDir();
    for (const n of [2, 3, 1])
      put(dir, `projects/-a/${sessionId(n)}.jsonl`, jsonl([user(n, null, `p${n}`)]), { mtime: 9 });
    expect(numbers(await listSessions({ configDirs: [dir] }))).toEqual([3, 2, 1]);
    expect(numbers(await listSessions({ configDirs: [dir], limit: 2 }))).toEqual([3, 2]);
  });

  test("of several copies the newest that can be shown is listed, over all config dirs", async () => {
    const dir = tempConfigDir();
    const other = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, jsonl([user(1, null, "p1")]), { mtime: 1 });
    put(other, `projects/-b/${ID}.jsonl`, jsonl([user(1, null, "p2")]), { mtime: 2 });
    put(dir, `projects/-c/${ID}.jsonl`, jsonl([assistant(1, null)]), { mtime: 3 });
    for (const options of [{}, { limit: 5 }]) {
      expect(numbers(await listSessions({ configDirs: [dir, other], ...options }))).toEqual([2]);
      expect(numbers(await listSessions({ configDirs: [dir], ...options }))).toEqual([1]);
    }
  });

  test.each([
    ["sdk-ts", undefined, true],
    ["sdk-py", undefined, true],
    ["sdk-cli", undefined, true],
    ["cli", undefined, false],
    ["", undefined, false],
    [undefined, undefined, false],
    [undefined, "daemon", true],
    ["cli", "daemon-worker", true],
    ["cli", "bg", false],
  ])("entrypoint %s, kind %s: programmatic %s", async (entrypoint, sessionKind, programmatic) => {
    const dir = tempConfigDir();
    put(
      dir,
      `projects/-a/${ID}.jsonl`,
      jsonl(
        [user(1, null, "p", { entrypoint, sessionKind }), user(2, 1, "q", { entrypoint: "sdk-ts" })].slice(
          0,
          entrypoint === undefined ? 1 : 2,
        ),
      ),
    );
    expect(await listSessions({ configDirs: [dir] })).toHaveLength(1);
    expect(await listSessions({ configDirs: [dir], includeProgrammatic: false })).toHaveLength(programmatic ? 0 : 1);
  });

  test.each<[what: string, behind: readonly Row[], target: readonly Row[] | undefined, hidden: boolean]>([
    ["goes on elsewhere", [], [user(1, null, "next")], true],
    ["has no successor", [], undefined, false],
    ["has a successor without a conversation", [], [title("T")], false],
    ["goes on here as well", [user(2, 1, "more")], [user(1, null, "next")], false],
    ["was answered here", [assistant(2, 1, "more", { message: "m" })], [user(1, null, "next")], true],
    ["has titles behind the mark", [title("T")], [user(1, null, "next")], true],
  ])("a session that %s", async (_what, behind, target, hidden) => {
    const dir = tempConfigDir();
    const mark = { type: "continued-in", continuedInSessionId: sessionId(2) };
    put(dir, `projects/-a/${ID}.jsonl`, jsonl([user(1, null, "p"), mark, ...behind]));
    if (target !== undefined)
      put(dir, `projects/-a/${sessionId(2)}.jsonl`, jsonl([...filler(), ...target, ...filler()]));
    const ids = (await listSessions({ configDirs: [dir] })).map((session) => session.sessionId);
    expect(ids.includes(ID)).toBe(!hidden);
  });

  test("another directory of the same key keeps its sessions to itself", async () => {
    const dir = tempConfigDir();
    const root = path.join(dir, "x");
    fs.mkdirSync(path.join(root, "a-b"), { recursive: true });
    fs.mkdirSync(path.join(root, "a", "b"), { recursive: true });
    const key = path.join(root, "a-b").replace(/[^a-zA-Z0-9]/g, "-");
    const cwds = ["a-b", "a/b", "a.b", "a-b/sub"];
    cwds.forEach((cwd, n) => {
      put(
        dir,
        `projects/${key}/${sessionId(n)}.jsonl`,
        jsonl([user(n, null, `p${n}`, { cwd: path.join(root, cwd) })]),
        { mtime: n },
      );
    });
    const list = async (cwd: string): Promise<number[]> =>
      numbers(await listSessions({ configDirs: [dir], dir: path.join(root, cwd) }));
    expect(await list("a-b")).toEqual([3, 2, 0]);
    expect(await list("a/b")).toEqual([3, 2, 1]);
  });

  test("a session without a cwd is in the directory that was asked for", async () => {
    const dir = tempConfigDir();
    const key = dir.replace(/[^a-zA-Z0-9]/g, "-");
    put(dir, `projects/${key}/${ID}.jsonl`, jsonl([{ type: "user", message: { content: "p" } }]));
    expect(await listSessions({ configDirs: [dir], dir })).toMatchObject([{ cwd: dir }]);
    expect(await listSessions({ configDirs: [dir] })).toMatchObject([{ cwd: undefined }]);
  });

  test("what is no transcript is left out, and nothing waits or throws", async () => {
    const dir = tempConfigDir();
    const good = put(dir, `projects/-a/${ID}.jsonl`, jsonl([user(1, null, "p")]));
    put(dir, `projects/-a/${sessionId(2)}.jsonl`, "");
    put(dir, "projects/-a/agent-1.jsonl", jsonl([user(1, null, "p")]));
    put(dir, `projects/-a/${sessionId(3)}.JSONL`, jsonl([user(1, null, "p")]));
    put(dir, "projects/file", "x");
    fs.symlinkSync(good, path.join(dir, `projects/-a/${sessionId(4)}.jsonl`));
    fs.mkdirSync(path.join(dir, `projects/-a/${sessionId(5)}.jsonl`));
    fs.mkdirSync(path.join(dir, `projects/-a/${ID}/archived.json`), { recursive: true });
    expect((await listSessions({ configDirs: [dir] })).map((session) => session.sessionId)).toEqual([ID]);
    expect(await listSessions({ configDirs: [path.join(dir, "nothing"), good] })).toEqual([]);
  });

  test("a linked project dir is listed", async () => {
    const dir = tempConfigDir();
    const other = tempConfigDir();
    put(other, `projects/-a/${ID}.jsonl`, jsonl([user(1, null, "p")]));
    fs.symlinkSync(path.join(other, "projects/-a"), path.join(dir, "projects/-a"));
    expect(await listSessions({ configDirs: [dir] })).toHaveLength(1);
  });
});
