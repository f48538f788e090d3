import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { toRequestError } from "../../../src/acp/rim/to-acp-error.ts";
import { renameSession, tagSession } from "../../../src/store/annotate/annotate.ts";
import { archiveSession, unarchiveSession } from "../../../src/store/annotate/archive.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { resolveSession } from "../../../src/store/resolve/by-prefix.ts";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { planDeletion } from "../../../src/store/trash/plan-delete.ts";
import { readConversation } from "../../../src/store/read/session-messages.ts";
import { unreadableDirs } from "../../../src/store/projects/unreadable.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";
import { jsonl, user } from "../../support/rows.ts";

const GONE = sessionId(9);

/** A store with one session, and with project dirs that lead nowhere. */
function store(...loops: string[]): { dir: string; options: { configDirs: string[] }; unreadable: object[] } {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl([user(1, null)]));
  for (const name of loops) fs.symlinkSync(name, path.join(dir, "projects", name));
  const unreadable = loops.map((name) => ({ path: path.join(dir, "projects", name), reason: "ELOOP" }));
  return { dir, options: { configDirs: [dir] }, unreadable };
}

const calls: readonly [string, (options: { configDirs: string[] }) => Promise<unknown>][] = [
  ["rename", (options) => renameSession(GONE, "x", options)],
  ["tag", (options) => tagSession(GONE, "x", options)],
  ["archive", (options) => archiveSession(GONE, options)],
  ["unarchive", (options) => unarchiveSession(GONE, options)],
  ["fork", (options) => forkSession(GONE, options)],
  ["delete", (options) => deleteSession(GONE, options)],
  ["a plan to delete", (options) => planDeletion(GONE, options)],
  ["reading", (options) => readConversation(GONE, options).next()],
  ["a look-up by id", async ({ configDirs }) => resolveSession(GONE, configDirs)],
  ["a look-up by the beginning of an id", async ({ configDirs }) => resolveSession(GONE.slice(-4), configDirs)],
];

test.each(calls)(
  "%s: a session that is not found names the directories that could not be read",
  async (_name, call) => {
    const { options, unreadable } = store("-a", "-b");
    const error = await call(options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "SessionNotFound", data: { unreadable } });
    const [a, b] = unreadable as { path: string }[];
    expect(String(error)).toMatch(new RegExp(`; could not be read: ${a?.path} \\(ELOOP\\), ${b?.path} \\(ELOOP\\)$`));
    expect(toRequestError(error)).toMatchObject({
      code: -32002,
      message: (error as Error).message,
      data: { unreadable },
    });
  },
);

test("where everything could be read, nothing is added", async () => {
  const { options } = store();
  const error = await renameSession(GONE, "x", options).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/not found in any project directory$/);
  expect(error).toMatchObject({ data: { sessionId: GONE } });
  expect((error as { data: object }).data).not.toHaveProperty("unreadable");
});

test("a few are named in words, all of them as data", async () => {
  const { options, unreadable } = store(..."abcdefg".split("").map((letter) => `-${letter}`));
  const error = await renameSession(GONE, "x", options).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/ \(ELOOP\) and 2 more$/);
  expect(error).toMatchObject({ data: { unreadable } });
});

test("a `projects/` that leads nowhere is such a directory, one that is not there is none", () => {
  const dir = tempConfigDir();
  expect(unreadableDirs({ configDirs: [path.join(dir, "none")] })).toEqual([]);
  const broken = path.join(dir, "broken");
  fs.mkdirSync(broken);
  fs.symlinkSync("projects", path.join(broken, "projects"));
  expect(unreadableDirs({ configDirs: [broken] })).toEqual([{ path: path.join(broken, "projects"), reason: "ELOOP" }]);
});

test("with a directory, only its own project dirs are looked at", () => {
  const { dir, options } = store("-a", "-w2");
  expect(unreadableDirs({ ...options, dir: "/w2" })).toEqual([
    { path: path.join(dir, "projects", "-w2"), reason: "ELOOP" },
  ]);
  expect(unreadableDirs({ ...options, dir: "/w" })).toEqual([]);
});

test.skipIf(process.getuid?.() === 0 || process.platform === "win32").each([0o000, 0o400, 0o100])(
  "a project dir of mode %o",
  async (mode) => {
    const { dir, options } = store();
    const closed = path.join(dir, "projects", "-w");
    fs.chmodSync(closed, mode);
    try {
      expect(unreadableDirs(options)).toEqual([{ path: closed, reason: "EACCES" }]);
    } finally {
      fs.chmodSync(closed, 0o700);
    }
  },
);

test("MCP quotes the names of the directories", async () => {
  const { dir } = store("-a");
  const { call } = await connectMcpHere(dir);
  const { isError, text } = await call("read_session", { session: GONE });
  expect(isError).toBe(true);
  expect(text).toMatch(/which cannot be read:\n--- transcript data .*\n.*-a \(ELOOP\)\n--- end/);
});
