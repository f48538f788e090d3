import fs from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { renameSession, tagSession } from "../../../src/store/annotate/annotate.ts";
import { createTemp } from "../../../src/store/disk/atomic-write.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const ID = sessionId(1);

/** A session in the project `-w`, and what is appended to it. */
function session(content: string = conversation(ID, "hi")): {
  configDirs: string[];
  file: string;
  appended: () => string;
} {
  const dir = tempConfigDir();
  const file = put(dir, `projects/-w/${ID}.jsonl`, content);
  return { configDirs: [dir], file, appended: () => fs.readFileSync(file, "utf8").slice(content.length) };
}

describe("renameSession", () => {
  test.for([
    ["New", "New"],
    ["  trimmed  ", "trimmed"],
    ["a\nb", "a\\nb"],
    ['emoji 😀 "q" \\', 'emoji 😀 \\"q\\" \\\\'],
    ["\u200bzw\u200b", "\u200bzw\u200b"],
    ["\u00a0nbsp\u00a0", "nbsp"],
    ["\ufeffbom", "bom"],
    ["lone \ud800", "lone \\ud800"],
    ["y".repeat(10_000), "y".repeat(10_000)],
  ])("writes the row that the CLI writes for %j", async ([title = "", written = ""]) => {
    const { configDirs, appended } = session();
    await renameSession(ID, title, { configDirs });
    expect(appended()).toBe(`{"type":"custom-title","customTitle":"${written}","sessionId":"${ID}"}\n`);
  });

  test.for([
    ["", Error, "title must be non-empty"],
    ["   ", Error, "title must be non-empty"],
    [null, TypeError, "Cannot read properties of null (reading 'trim')"],
    [undefined, TypeError, "Cannot read properties of undefined (reading 'trim')"],
    [5, TypeError, "t.trim is not a function"],
  ] as const)("refuses the title %j", async ([title, kind, message]) => {
    const { configDirs, appended } = session();
    const refusal = await renameSession(ID, title as string, { configDirs }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(kind);
    expect(refusal).toHaveProperty("message", message);
    expect(appended()).toBe("");
  });
});

test("a title whose file is removed while it is written goes into the copy that is left", async () => {
  const { configDirs, file } = session();
  const content = conversation(ID, "hi");
  const older = put(String(configDirs[0]), `projects/-older/${ID}.jsonl`, content, { mtime: 1_700_000_000 });
  vi.spyOn(fs, "fsyncSync").mockImplementationOnce(() => fs.unlinkSync(file));
  onTestFinished(() => void vi.restoreAllMocks());
  await renameSession(ID, "kept", { configDirs });
  expect(fs.existsSync(file)).toBe(false);
  expect(fs.readFileSync(older, "utf8").slice(content.length)).toContain('"customTitle":"kept"');
});

describe("tagSession", () => {
  test.for([
    ["bug", "bug"],
    ["  sp  ", "sp"],
    [null, ""],
    ["zero\u200bwidth", "zerowidth"],
    ["\u202ertl", "rtl"],
    ["ﬁ ligature", "fi ligature"],
    ["①", "1"],
    ["ａｂｃ", "abc"],
    ["pua\ue000x", "puax"],
    ["soft\u00adhyphen", "softhyphen"],
    ["fam👨\u200d👩\u200d👧", "fam👨👩👧"],
    ["e\u0301", "é"],
    // Left out, the character between them lets the two compose.
    ["e\u200b\u0301", "é"],
    ["tab\tin", "tab\\tin"],
    ["lone\ud800x", "lonex"],
    ["\u0007bell", "\\u0007bell"],
    ["cn\u0378x", "cnx"],
  ])("writes the row that the official helper writes for %j", async ([tag, written]) => {
    const { configDirs, appended } = session();
    await tagSession(ID, tag ?? null, { configDirs });
    expect(appended()).toBe(`{"type":"tag","tag":"${written}","sessionId":"${ID}"}\n`);
  });

  test.for([
    ["", "tag must be non-empty (use null to clear)"],
    ["  ", "tag must be non-empty (use null to clear)"],
    ["\u200b", "tag must be non-empty (use null to clear)"],
    [undefined, "Cannot read properties of undefined (reading 'trim')"],
    [5, "Aa(...).trim is not a function"],
  ] as const)("refuses the tag %j", async ([tag, message]) => {
    const { configDirs, appended } = session();
    await expect(tagSession(ID, tag as string, { configDirs })).rejects.toHaveProperty("message", message);
    expect(appended()).toBe("");
  });
});

describe("rename and tag", () => {
  test("never glue their row to one without a final newline", async () => {
    const { configDirs, appended } = session(conversation(ID, "hi").trimEnd());
    await renameSession(ID, "X", { configDirs });
    await tagSession(ID, "Y", { configDirs });
    expect(
      appended()
        .split("\n")
        .map((line) => line.slice(0, 16)),
    ).toEqual(["", '{"type":"custom-', '{"type":"tag","t', ""]);
  });

  test("act on the newest copy, never on an empty one", async () => {
    const dir = tempConfigDir();
    const files = [
      put(dir, `projects/-a/${ID}.jsonl`, "", { mtime: 3000 }),
      put(dir, `projects/-b/${ID}.jsonl`, "{}\n", { mtime: 1000 }),
      put(dir, `projects/-c/${ID}.jsonl`, "{}\n", { mtime: 2000 }),
    ];
    const other = tempConfigDir();
    files.push(put(other, `projects/-a/${ID}.jsonl`, "{}\n", { mtime: 1500 }));
    await renameSession(ID, "X", { configDirs: [dir, other] });
    expect(files.map((file) => fs.readFileSync(file, "utf8").includes('"X"'))).toEqual([false, false, true, false]);
    await tagSession(ID, "Y", { configDirs: [other] });
    expect(files.map((file) => fs.readFileSync(file, "utf8").includes('"Y"'))).toEqual([false, false, false, true]);
  });

  test.for([
    ["an id that is none", "nope", {}, "Invalid sessionId: nope", "InvalidSessionId"],
    [
      "an unknown id",
      sessionId(9),
      {},
      `Session ${sessionId(9)} not found in any project directory`,
      "SessionNotFound",
    ],
    ["another directory", ID, { dir: "/q" }, `Session ${ID} not found in project directory for /q`, "SessionNotFound"],
    [
      "another case",
      ID.toUpperCase(),
      {},
      `Session ${ID.toUpperCase()} not found in any project directory`,
      "SessionNotFound",
    ],
  ] as const)("say %s in the official words", async ([, id, where, message, code]) => {
    const { configDirs } = session();
    for (const call of [
      renameSession(id, "X", { configDirs, ...where }),
      tagSession(id, "X", { configDirs, ...where }),
    ]) {
      await expect(call).rejects.toMatchObject({ message, code });
    }
  });

  test("say when there is no projects directory, and name a directory in a transcript's place", async () => {
    const dir = tempConfigDir();
    fs.mkdirSync(path.join(dir, "projects", "-w", `${ID}.jsonl`), { recursive: true });
    const missing = { configDirs: [path.join(dir, "none")] };
    await expect(renameSession(ID, "X", missing)).rejects.toThrow(`Session ${ID} not found (no projects directory)`);
    await expect(tagSession(ID, "X", { configDirs: [dir] })).rejects.toMatchObject({
      code: "EISDIR",
      message: `EISDIR: illegal operation on a directory, open '${dir}/projects/-w/${ID}.jsonl'`,
    });
  });

  test("check the id before the title", async () => {
    await expect(renameSession("nope", "")).rejects.toThrow("Invalid sessionId: nope");
  });

  test("clean up what a killed fork left beside the transcript", async () => {
    const { configDirs, file } = session();
    const live = createTemp(path.dirname(file), "x.jsonl");
    const stale = put(path.dirname(file), ".x.ct-0123456789ab-77-5-01234567.tmp", "", { mtime: 1000 });
    await renameSession(ID, "X", { configDirs });
    expect([fs.existsSync(live.path), fs.existsSync(stale)]).toEqual([true, false]);
  });

  test("follow a link to a transcript, and pass over one that leads nowhere", async () => {
    const dir = tempConfigDir();
    const older = put(dir, `projects/-a/${ID}.jsonl`, "{}\n", { mtime: 1000 });
    const target = put(dir, "target.jsonl", "{}\n", { mtime: 2000 });
    fs.mkdirSync(path.join(dir, "projects", "-b"));
    fs.symlinkSync(target, path.join(dir, "projects", "-b", `${ID}.jsonl`));
    await renameSession(ID, "X", { configDirs: [dir] });
    expect(fs.readFileSync(target, "utf8")).toContain('"X"');
    fs.rmSync(target);
    await renameSession(ID, "Y", { configDirs: [dir] });
    expect(fs.readFileSync(older, "utf8")).toContain('"Y"');
  });
});
