import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { resolveSession, resolveTrashEntry } from "../../../src/store/resolve/by-prefix.ts";
import { shorten, shortIds } from "../../../src/store/resolve/short-ids.ts";
import { conversation, put, tempConfigDir } from "../../support/config-dir.ts";

const ID = "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01";
const NEAR = "5d3f2a10-9b1e-4c0a-8f3e-2a7d5c9e4b02";
const FAR = "C27A9D34-1e68-4b95-a1d7-3b8e6f0d5c03";

function store(): { dir: string; configDirs: string[] } {
  const dir = tempConfigDir();
  for (const [key, id] of [
    ["-a", ID],
    ["-b", NEAR],
    ["-b", FAR],
  ] as const) {
    put(dir, `projects/${key}/${id}.jsonl`, conversation(id, "hello"), { mtime: 1_700_000_000 });
  }
  put(dir, `projects/-b/${ID}.jsonl`, conversation(ID, "newer copy"), { mtime: 1_800_000_000 });
  put(dir, "projects/-b/5d3f2a10.jsonl", "no id");
  return { dir, configDirs: [dir] };
}

describe("resolveSession", () => {
  test.for<[prefix: string, id: string]>([
    [ID, ID],
    ["5d3f2a10-8", ID],
    ["5D3F2A10-9", NEAR],
    ["c", FAR],
    [FAR.toLowerCase(), FAR],
  ])("%s", ([prefix, id]) => {
    expect(resolveSession(prefix, store().configDirs).sessionId).toBe(id);
  });

  test("takes the newest copy", () => {
    const { dir, configDirs } = store();
    expect(resolveSession("5d3f2a10-8", configDirs).path).toBe(`${dir}/projects/-b/${ID}.jsonl`);
  });

  test("names the candidates where there are several", () => {
    const { configDirs } = store();
    expect(() => resolveSession("5d3", configDirs)).toThrow(
      expect.objectContaining({
        code: "InvalidSessionId",
        message: `2 ids begin with "5d3": ${ID}, ${NEAR}`,
        data: { prefix: "5d3", candidates: [ID, NEAR] },
      }),
    );
  });

  test.for(["", "e", "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a0f", "../x", "5d3f2a10.jsonl"])("%j is none", (prefix) => {
    const { configDirs } = store();
    expect(() => resolveSession(prefix, configDirs)).toThrow(expect.objectContaining({ code: "SessionNotFound" }));
    expect(() => resolveSession(prefix, [])).toThrow(expect.objectContaining({ code: "SessionNotFound" }));
  });

  test("says where a deleted one is", async () => {
    const { configDirs } = store();
    await deleteSession(FAR, { configDirs });
    for (const [given, message] of [
      ["c2", 'No session id begins with "c2", but one is in the trash'],
      [FAR, `Session ${FAR} not found, but one is in the trash`],
    ] as const) {
      const data = { sessionId: given, inTrash: true };
      expect(() => resolveSession(given, configDirs)).toThrow(
        expect.objectContaining({ code: "SessionNotFound", message, data }),
      );
    }
  });
});

describe("resolveTrashEntry", () => {
  test("takes the beginning of the session's id, or of one entry", async () => {
    const { dir, configDirs } = store();
    const first = await deleteSession(NEAR, { configDirs });
    put(dir, `projects/-b/${NEAR}.jsonl`, conversation(NEAR, "again"));
    const second = await deleteSession(NEAR, { configDirs });
    await deleteSession(ID, { configDirs });
    expect(resolveTrashEntry("5d3f2a10-9", configDirs)).toBe(NEAR);
    for (const { trashIds } of [first, second]) {
      const [id = ""] = trashIds;
      expect(resolveTrashEntry(id, configDirs)).toBe(id);
      expect(resolveTrashEntry(id.slice(0, -1), configDirs)).toBe(id);
    }
    expect(() => resolveTrashEntry("5d3", configDirs)).toThrow(expect.objectContaining({ code: "InvalidSessionId" }));
    expect(() => resolveTrashEntry("c", configDirs)).toThrow(expect.objectContaining({ code: "TrashEntryNotFound" }));
    expect(() => resolveTrashEntry("", configDirs)).toThrow(expect.objectContaining({ code: "TrashEntryNotFound" }));
  });

  test("passes over what is being removed for good", async () => {
    const { dir, configDirs } = store();
    const { trashIds } = await deleteSession(NEAR, { configDirs });
    const entry = path.join(dir, "claude-transcripts/trash", String(trashIds[0]));
    fs.renameSync(entry, `${entry}.removing`);
    const missing: unknown = expect.objectContaining({ code: "TrashEntryNotFound" });
    for (const prefix of [NEAR, "5d3f2a10-9", String(trashIds[0])]) {
      expect(() => resolveTrashEntry(prefix, configDirs)).toThrow(missing);
    }
    expect(() => resolveSession(NEAR, configDirs)).toThrow(`Session ${NEAR} not found`);
    expect(() => resolveSession(NEAR, configDirs)).not.toThrow("in the trash");
  });
});

describe("short ids", () => {
  test("are what resolveSession takes, and no longer than that needs", () => {
    const { configDirs } = store();
    const short = shortIds(configDirs);
    expect([ID, NEAR, FAR].map(short)).toEqual(["5d3f2a10-8", "5d3f2a10-9", "C27A9D34"]);
    for (const id of [ID, NEAR, FAR]) expect(resolveSession(short(id), configDirs).sessionId).toBe(id);
  });

  test("of ids that differ only at the end, or are not among them", () => {
    const ids = Array.from({ length: 300 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`);
    const short = shorten(ids);
    expect(new Set(ids.map(short)).size).toBe(300);
    for (const id of ids) expect(ids.filter((other) => other.startsWith(short(id)))).toEqual([id]);
    expect(short("00000000-0001-4000-8000-000000000000")).toBe("00000000-0001");
    expect(shorten([])(ID)).toBe("5d3f2a10");
  });

  test("a project that cannot be read has none", () => {
    const { dir, configDirs } = store();
    fs.rmSync(`${dir}/projects/-a`, { recursive: true });
    fs.symlinkSync("nowhere", `${dir}/projects/-a`);
    expect(shortIds(configDirs)(FAR)).toBe("C27A9D34");
  });
});
