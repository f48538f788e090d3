import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { getSessionInfo } from "../../../src/store/list/session-info.ts";
import { listSessions } from "../../../src/store/list/list-sessions.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../../support/rows.ts";

const ID = sessionId(1);
const MIB = 1024 * 1024;
const p = user(1, null, "p");
const filler = (bytes: number): Row[] =>
  Array.from({ length: Math.ceil(bytes / 10_000) }, () => ({ type: "x", pad: "y".repeat(9980) }));
const title = (customTitle: string): Row => ({ type: "custom-title", customTitle });
const tag = (value: string): Row => ({ type: "tag", tag: value });
const ai = (aiTitle: string): Row => ({ type: "ai-title", aiTitle });
const side = { customTitle: "Side" };

async function info(rows: readonly (Row | string)[], sidecar?: unknown): ReturnType<typeof getSessionInfo> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  if (sidecar !== undefined) put(dir, `projects/-w/${ID}/custom-title.json`, JSON.stringify(sidecar));
  return getSessionInfo(ID, { configDirs: [dir] });
}

describe("getSessionInfo", () => {
  const far = filler(2 * MIB);
  test.each<[what: string, rows: readonly (Row | string)[], facts: Record<string, unknown>, sidecar?: unknown]>([
    [
      "a title and a tag between the windows",
      [p, ...far, title("A"), tag("t"), ...far],
      { customTitle: "A", tag: "t" },
    ],
    [
      "the last of several",
      [p, title("A"), ...far, title("B"), tag("t"), ...far, title("C"), tag("u"), ...far],
      { customTitle: "C", tag: "u" },
    ],
    [
      "a title that was taken away there",
      [p, title("A"), ...far, title(""), tag(""), ...far],
      { customTitle: undefined, tag: undefined },
    ],
    ["an AI title there", [p, ...far, ai("A"), ...far], { customTitle: "A" }],
    ["an AI title beside a given one", [p, title("A"), ...far, ai("B"), ...far], { customTitle: "A" }],
    ["an AI title in the tail and a given one there", [p, ...far, title("A"), ...far, ai("B")], { customTitle: "A" }],
    ["a tag in the head", [p, tag("t"), ...far], { tag: "t" }],
    ["a title row there against the sidecar", [p, ...far, title("A"), ...far], { customTitle: "A" }, side],
    ["the sidecar where there is no row", [p, ...far, ai("B"), ...far], { customTitle: "Side" }, side],
    [
      "a title glued to a row longer than a chunk",
      [p, `{"type":"x","pad":"${"y".repeat(3 * MIB)}"}${JSON.stringify(title("A"))}`, ...far],
      { customTitle: "A" },
    ],
    [
      "a title in front of such a row",
      [p, title("A"), { type: "x", pad: "y".repeat(3 * MIB) }, ...far],
      { customTitle: "A" },
    ],
    [
      "a title inside such a row",
      [p, { type: "x", a: [title("A")], pad: "y".repeat(3 * MIB), b: [title("A")] }, ...far],
      { customTitle: undefined },
    ],
    [
      "a first prompt far behind",
      [assistant(1, null), ...filler(18 * MIB), user(2, 1, "late"), ...far],
      { firstPrompt: "late" },
    ],
  ])("finds %s", async (_what, rows, facts, sidecar) => {
    expect(await info(rows, sidecar)).toMatchObject(facts);
  });

  test("finds a title wherever the edges of the chunks fall", async () => {
    const row = { ...title("A"), pad: "z".repeat(60) };
    for (let shift = 0; shift < 120; shift += 7) {
      const rows = [p, row, ...filler(MIB - 20_000), { type: "x", pad: "y".repeat(9000 + shift) }, ...filler(80_000)];
      expect(await info(rows)).toMatchObject({ customTitle: "A" });
    }
  });

  test("is what the list shows, where the windows show all", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl([p, title("T"), tag("t"), assistant(2, 1)]));
    const [listed] = await listSessions({ configDirs: [dir] });
    expect(await getSessionInfo(ID, { configDirs: [dir] })).toEqual(listed);
  });

  test("takes the newest of several copies", async () => {
    const dir = tempConfigDir();
    const other = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, jsonl([user(1, null, "old")]), { mtime: 1 });
    put(other, `projects/-b/${ID}.jsonl`, jsonl([user(1, null, "new")]), { mtime: 2 });
    expect(await getSessionInfo(ID, { configDirs: [dir, other] })).toMatchObject({ firstPrompt: "new" });
    expect(await getSessionInfo(ID, { configDirs: [dir] })).toMatchObject({ firstPrompt: "old" });
  });

  test("is undefined for what a list leaves out", async () => {
    const dir = tempConfigDir();
    const good = put(dir, `projects/-a/${ID}.jsonl`, jsonl([p]));
    fs.symlinkSync(good, path.join(dir, `projects/-a/${sessionId(2)}.jsonl`));
    put(dir, `projects/-a/${sessionId(3)}.jsonl`, jsonl([user(1, null, "x", { isSidechain: true })]));
    put(dir, `projects/-a/${sessionId(4)}.jsonl`, jsonl([assistant(1, null)]));
    put(dir, `projects/-a/${sessionId(5)}.jsonl`, "");
    fs.mkdirSync(path.join(dir, `projects/-a/${sessionId(6)}.jsonl`));
    for (const n of [2, 3, 4, 5, 6, 7])
      expect(await getSessionInfo(sessionId(n), { configDirs: [dir] })).toBeUndefined();
    for (const id of ["", "../x", "not-an-id", 5, null, undefined, {}]) {
      expect(await getSessionInfo(id as string, { configDirs: [dir] })).toBeUndefined();
    }
  });
});
