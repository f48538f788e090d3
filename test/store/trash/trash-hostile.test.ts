import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { emptyTheTrash } from "../../../src/cli/changes/trash-empty.ts";
import { printTrash } from "../../../src/cli/list/trash-list.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { examineStore } from "../../../src/store/doctor/examine-store.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { emptyTrash, listTrash } from "../../../src/store/trash/trash-contents.ts";
import { deletingPlace, readManifest, writeManifest } from "../../../src/store/trash/trash-manifest.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const GOOD = sessionId(2);
const trashOf = (dir: string): string => path.join(dir, "claude-transcripts", "trash");

interface Spoilt {
  readonly dir: string;
  readonly entry: string;
  readonly manifest: string;
  readonly files: string;
  /** A directory outside of the config dir, with files that have the paths of the session's. */
  readonly outside: string;
}

/** Two deleted sessions, and a stranger's directory. */
async function store(): Promise<Spoilt> {
  const dir = tempConfigDir();
  const outside = `${dir}-outside`;
  for (const id of [ID, GOOD]) put(dir, `projects/-a/${id}.jsonl`, conversation(id, "hi"));
  put(dir, `todos/${ID}.json`, "[]");
  put(dir, `usage-data/facets/${ID}.json`, "{}");
  put(outside, `files/projects/-a/${ID}.jsonl`, "a stranger's");
  put(outside, `projects/-a/${ID}.jsonl`, "a stranger's");
  put(outside, `-a/${ID}.jsonl`, "a stranger's");
  put(outside, `${ID}.jsonl`, "a stranger's");
  put(outside, "manifest.json", "{}");
  onTestFinished(() => fs.rmSync(outside, { recursive: true, force: true }));
  const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
  await deleteSession(GOOD, { configDirs: [dir] });
  const entry = path.join(trashOf(dir), trashIds[0] ?? "");
  return { dir, entry, manifest: path.join(entry, "manifest.json"), files: path.join(entry, "files"), outside };
}

const edit =
  (change: (manifest: Record<string, unknown> & { items: Record<string, unknown>[] }) => void) =>
  ({ manifest }: Spoilt): void => {
    const value = JSON.parse(fs.readFileSync(manifest, "utf8")) as Parameters<typeof change>[0];
    change(value);
    fs.writeFileSync(manifest, JSON.stringify(value));
  };
const firstItem = (values: Record<string, unknown>): ((spoilt: Spoilt) => void) =>
  edit(({ items }) => void Object.assign(items[0] ?? {}, values));
const linkInPlaceOf = (at: string, target: string): void => {
  fs.rmSync(at, { recursive: true, force: true });
  fs.symlinkSync(target, at);
};

const SPOILT: [string, (spoilt: Spoilt) => void, RegExp][] = [
  ["no manifest", ({ manifest }) => fs.rmSync(manifest), /^it has no manifest\.json$/],
  ["a directory for a manifest", ({ manifest }) => (fs.rmSync(manifest), fs.mkdirSync(manifest)), /is a directory$/],
  [
    "a FIFO for a manifest",
    ({ manifest }) => (fs.rmSync(manifest), void execFileSync("mkfifo", [manifest])),
    /is not a file$/,
  ],
  ["a link for a manifest", ({ manifest }) => linkInPlaceOf(manifest, "/dev/zero"), /manifest\.json is a link$/],
  ["a manifest of 700 MB", ({ manifest }) => fs.truncateSync(manifest, 7e8), /is larger than 16 MB$/],
  ["a manifest that is not JSON", ({ manifest }) => fs.writeFileSync(manifest, "{"), /is not JSON$/],
  ["JSON that is not a manifest", ({ manifest }) => fs.writeFileSync(manifest, "null"), /is not a manifest$/],
  ["another version", edit((m) => void (m["version"] = 2)), /has an unknown version$/],
  ["another session", edit((m) => void (m["sessionId"] = GOOD)), /names another session$/],
  ["no time", edit((m) => void (m["deletedAt"] = "soon")), /has no valid deletion time$/],
  [
    "a year of six digits",
    edit((m) => void (m["deletedAt"] = "+275760-09-13T00:00:00.000Z")),
    /has no valid deletion time$/,
  ],
  [
    "a summary of another type",
    edit((m) => void (m["summary"] = { length: 3 })),
    /has a summary that is not a string$/,
  ],
  ["a token that leads elsewhere", edit((m) => void (m["token"] = "/../../x")), /has an invalid token$/],
  ["no list of items", edit((m) => void Object.assign(m, { items: {} })), /has no valid list of items$/],
  ["an empty list of items", edit((m) => void Object.assign(m, { items: [] })), /has no valid list of items$/],
  ["an item that is none", edit((m) => void Object.assign(m, { items: [null] })), /has no valid list of items$/],
  ["an unknown kind", firstItem({ kind: "x" }), /has no valid list of items$/],
  ["a negative size", firstItem({ bytes: -5 }), /has an invalid size$/],
  ["a size that is no number", firstItem({ bytes: "1" }), /has an invalid size$/],
  [
    "a huge size",
    ({ manifest }) =>
      fs.writeFileSync(manifest, fs.readFileSync(manifest, "utf8").replace(/"bytes": \d+/, '"bytes": 1e999')),
    /has an invalid size$/,
  ],
  ["a path that leads out", firstItem({ path: `projects/../../outside/${ID}` }), /names a path that no session owns$/],
  ["a path twice", edit((m) => m.items.push({ ...m.items[0] })), /names an item twice$/],
  [
    "files/ that is a link",
    ({ files, outside }) => linkInPlaceOf(files, path.join(outside, "files")),
    /^files is a link$/,
  ],
  [
    "files/projects that is a link",
    ({ files, outside }) => linkInPlaceOf(path.join(files, "projects"), outside),
    /^files\/projects is a link$/,
  ],
  [
    "files/projects/-a that is a link",
    ({ files, outside }) => linkInPlaceOf(path.join(files, "projects", "-a"), outside),
    /^files\/projects\/-a is a link$/,
  ],
  [
    "files/ that is a FIFO",
    ({ files }) => (fs.rmSync(files, { recursive: true }), void execFileSync("mkfifo", [files])),
    /^files is not a directory$/,
  ],
  [
    "an entry that is a link",
    ({ entry, outside }) => (
      fs.renameSync(entry, path.join(outside, "entry")),
      fs.symlinkSync(path.join(outside, "entry"), entry)
    ),
    /^it is a link$/,
  ],
  [
    "an entry that is a file",
    ({ entry }) => (fs.rmSync(entry, { recursive: true }), fs.writeFileSync(entry, "")),
    /^it is not a directory$/,
  ],
];

describe.each(SPOILT)("a trash with %s", (_, spoil, problem) => {
  const spoilt = async (): Promise<Spoilt & { before: unknown }> => {
    const made = await store();
    spoil(made);
    return { ...made, before: snapshot(made.outside) };
  };

  test("has one entry that cannot be restored, and says why, on every surface; the other one can be", async () => {
    const { dir, entry, outside, before } = await spoilt();
    const id = path.basename(entry);
    const tree = snapshot(dir, { directoryTimes: true });
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([
      { sessionId: GOOD, complete: true },
      {
        id,
        sessionId: ID,
        deletedAt: undefined,
        items: 0,
        bytes: 0,
        problem: expect.stringMatching(problem) as string,
      },
    ]);
    const terminal = new FakeTerminal();
    expect(await printTrash(invocation(terminal, dir, []), 0)).toBe(0);
    expect(terminal.out).toMatch(/\(cannot be restored: /);
    expect(terminal.err).toContain(`'trash empty ${id}' removes it`);
    const { configDirs } = await examineStore({ configDirs: [dir], soonMs: 0 });
    expect(configDirs[0]?.unreadable).toEqual([
      { path: entry, reason: expect.stringMatching(`^cannot be restored: `) as string },
    ]);
    await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "TrashEntryNotFound",
      message: expect.stringContaining(`${id} in the trash cannot be restored: `) as string,
      hint: expect.stringContaining(entry) as string,
    });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(tree);
    await restoreSession(GOOD, { configDirs: [dir] });
    expect(fs.existsSync(path.join(dir, "projects", "-a", `${GOOD}.jsonl`))).toBe(true);
    expect(snapshot(outside)).toEqual(before);
  });

  test("keeps that entry when it is emptied, unless the entry is named", async () => {
    const { dir, entry, outside, before } = await spoilt();
    const id = path.basename(entry);
    const terminal = new FakeTerminal();
    expect(await emptyTheTrash(invocation(terminal, dir, [], { yes: true }), [], 0)).toBe(0);
    expect(terminal.out).toMatch(new RegExp(`^removed ${GOOD}-\\S+ “hi”: \\d+ B\n$`));
    expect(terminal.err).toMatch(new RegExp(`^kept ${id}: it cannot be restored, because `));
    const again = new FakeTerminal();
    expect(await emptyTheTrash(invocation(again, dir, [], { yes: true, json: true }), [], 0)).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ results: [], kept: [{ id }] });
    const plain = new FakeTerminal();
    await emptyTheTrash(invocation(plain, dir, [], { yes: true }), [], 0);
    expect(plain.out).toBe("");
    expect(await emptyTrash({ configDirs: [dir], ids: [id] })).toMatchObject({ removed: [{ id }], kept: [] });
    expect(fs.readdirSync(dir)).toEqual(
      ["projects", "todos", "usage-data"].filter((name) => fs.existsSync(path.join(dir, name))),
    );
    expect(snapshot(outside)).toEqual(before);
  });
});

test.for<[string, string[]]>([
  ["todos", ["todos"]],
  ["usage-data", ["usage-data"]],
  ["facets", ["usage-data", "facets"]],
])("a link in place of %s, where something belongs, is in the way, and not followed", async ([, names]) => {
  const { dir, outside } = await store();
  linkInPlaceOf(path.join(dir, ...names), outside);
  const before = snapshot(outside);
  await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
    code: "RestoreConflict",
    data: { conflicts: [path.join(dir, ...names)] },
  });
  expect(snapshot(outside)).toEqual(before);
  expect(fs.existsSync(path.join(dir, "projects", "-a", `${ID}.jsonl`))).toBe(false);
});

test("a trash that is a link is not looked into, and hides no other", async () => {
  const { dir, outside } = await store();
  const other = tempConfigDir();
  fs.renameSync(path.join(dir, "claude-transcripts"), path.join(outside, "ours"));
  fs.symlinkSync(path.join(outside, "ours"), path.join(other, "claude-transcripts"));
  fs.cpSync(path.join(outside, "ours"), path.join(dir, "claude-transcripts"), { recursive: true });
  const before = snapshot(outside);
  const terminal = new FakeTerminal();
  expect(await printTrash({ ...invocation(terminal, dir, []), configDirs: [other, dir] }, 0)).toBe(1);
  expect(terminal.err).toContain("claude-transcripts is a link");
  expect(terminal.out.split("\n")).toHaveLength(3);
  await expect(listTrash({ configDirs: [other] })).rejects.toMatchObject({ code: "Io" });
  await expect(restoreSession(ID, { configDirs: [other] })).rejects.toMatchObject({ code: "Io" });
  await expect(emptyTrash({ configDirs: [other] })).rejects.toMatchObject({ code: "Io" });
  const { configDirs } = await examineStore({ configDirs: [other], soonMs: 0 });
  expect(configDirs[0]?.unreadable).toMatchObject([{ path: trashOf(other) }]);
  await restoreSession(ID, { configDirs: [other, dir] });
  expect(fs.existsSync(path.join(dir, "projects", "-a", `${ID}.jsonl`))).toBe(true);
  expect(snapshot(outside)).toEqual(before);
});

describe("an entry that is dated in the future", () => {
  const ahead = async (): Promise<Spoilt> => {
    const made = await store();
    edit((m) => void (m["deletedAt"] = "2099-01-01T00:00:00.000Z"))(made);
    return made;
  };

  test("is removed without an age limit, also by name", async () => {
    for (const ids of [undefined, [ID]]) {
      const { dir } = await ahead();
      const terminal = new FakeTerminal();
      expect(await emptyTheTrash(invocation(terminal, dir, [], { yes: true }), ids ?? [], 0)).toBe(0);
      expect(terminal.out).toContain(`removed ${ID}-`);
      expect((await listTrash({ configDirs: [dir] })).map((entry) => entry.sessionId)).toEqual(ids ? [GOOD] : []);
    }
  });

  test("is kept when there is one, and it is said why", async () => {
    const { dir, entry } = await ahead();
    const terminal = new FakeTerminal();
    expect(await emptyTheTrash(invocation(terminal, dir, [], { yes: true }), [], 60_000)).toBe(0);
    expect(terminal.out).toBe("");
    expect(terminal.err).toBe(
      `kept ${path.basename(entry)}: it is dated in the future: 2099-01-01T00:00:00.000Z; remove it without an age limit\n`,
    );
  });

  test("is restored as any other", async () => {
    const { dir } = await ahead();
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.existsSync(path.join(dir, "projects", "-a", `${ID}.jsonl`))).toBe(true);
  });
});

test("an entry that has lost all it had is not restored, and one that has lost a part makes no directories for it", async () => {
  const { dir, entry, files } = await store();
  edit(({ items }) =>
    items.push(
      ...Array.from({ length: 30 }, (_, n) => ({
        path: `projects/-lost-${n}/agent-1.jsonl`,
        kind: "subagent",
        bytes: 1,
      })),
    ),
  )({ manifest: path.join(entry, "manifest.json") } as Spoilt);
  const copy = path.join(trashOf(dir), `${path.basename(entry)}-2`);
  fs.cpSync(entry, copy, { recursive: true });
  const { missing } = await restoreSession(ID, { configDirs: [dir] });
  expect(missing).toHaveLength(30);
  expect(fs.readdirSync(path.join(dir, "projects"))).toEqual(["-a"]);
  await deleteSession(ID, { configDirs: [dir] });
  fs.renameSync(copy, entry);
  fs.rmSync(files, { recursive: true });
  const tree = snapshot(dir);
  await expect(restoreSession(path.basename(entry), { configDirs: [dir] })).rejects.toMatchObject({
    code: "TrashEntryNotFound",
    message: `${path.basename(entry)} in the trash cannot be restored: nothing is left of what its manifest.json names`,
  });
  expect(snapshot(dir)).toEqual(tree);
});

test("a title of any length is shown in one of a line's", async () => {
  const made = await store();
  edit((m) => void (m["summary"] = "x".repeat(5_000_000)))(made);
  const [, { summary } = { summary: "" }] = await listTrash({ configDirs: [made.dir] });
  expect(summary).toHaveLength(1000);
});

test("a deletion that is in the way of the next one, and cannot be used, is named", async () => {
  const { dir } = await store();
  await restoreSession(ID, { configDirs: [dir] });
  const blocked = put(trashOf(dir), `${ID}.deleting`, "");
  const tree = snapshot(dir);
  await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
    code: "Io",
    message: `The trash entry ${ID}.deleting cannot be used: it is not a directory`,
    data: { path: blocked },
  });
  expect(snapshot(dir)).toEqual(tree);
});

test("what a killed deletion left that had moved nothing is in nobody's way", async () => {
  const { dir } = await store();
  const working = path.join(trashOf(dir), `${ID}.deleting`);
  fs.mkdirSync(working);
  put(working, ".manifest.json.ct-0123456789ab-999999999-1-01234567.tmp", "{");
  expect(await listTrash({ configDirs: [dir] })).toHaveLength(2);
  await emptyTrash({ configDirs: [dir] });
  expect(fs.existsSync(path.join(dir, "claude-transcripts"))).toBe(false);
  // With something in it that nobody can tell of, it stays.
  put(working, "files/a", "a");
  expect(await listTrash({ configDirs: [dir] })).toMatchObject([
    { complete: false, problem: "it has no manifest.json" },
  ]);
  expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({
    kept: [{ reason: "its deletion was cut short, and it has no manifest.json; to remove it, give its id" }],
  });
});

test("what lies in a deletion without a manifest is not taken for the session's, nor mixed with it", async () => {
  const { dir } = await store();
  await restoreSession(ID, { configDirs: [dir] });
  const id = `${ID}.deleting`;
  put(trashOf(dir), `${id}/files/projects/-a/${ID}.jsonl`, "another");
  const tree = snapshot(dir);
  const problem = "it has no manifest.json";
  await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
    message: `The trash entry ${id} cannot be used: ${problem}`,
  });
  await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
    message: `${id} in the trash cannot be restored: ${problem}`,
  });
  expect(snapshot(dir)).toEqual(tree);
  // As 'trash' says, and as any other that cannot be restored.
  expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({ kept: [{ id }] });
  expect(await emptyTrash({ configDirs: [dir], ids: [id], dryRun: true })).toMatchObject({ removed: [{ id }] });
  expect(snapshot(path.join(trashOf(dir), id))).not.toEqual({});
  expect(await emptyTrash({ configDirs: [dir], ids: [id] })).toMatchObject({ removed: [{ id }], kept: [] });
  expect(fs.existsSync(path.join(trashOf(dir), id))).toBe(false);
  await deleteSession(ID, { configDirs: [dir] });
});

test("a trash with many entries is read only a few times for each deletion, restoration or removal", async () => {
  const dir = tempConfigDir();
  const ids = Array.from({ length: 20 }, (_, n) => sessionId(n + 10));
  for (const id of ids) put(dir, `projects/-a/${id}.jsonl`, conversation(id, "hi"));
  const { readdirSync } = fs;
  let looks = 0;
  const spy = vi.spyOn(fs, "readdirSync").mockImplementation((...args: Parameters<typeof readdirSync>) => {
    if (args[0] === trashOf(dir)) looks++;
    return readdirSync(...args);
  });
  const looksOf = async (act: () => Promise<unknown>): Promise<number> => {
    looks = 0;
    await act();
    return looks / ids.length;
  };
  const forEach = async (act: (id: string) => Promise<unknown>): Promise<void> => {
    for (const id of ids) await act(id);
  };
  const where = { configDirs: [dir] };
  const remove = (id: string): Promise<unknown> => deleteSession(id, where);
  expect(await looksOf(() => forEach(remove))).toBeLessThanOrEqual(6);
  expect(await looksOf(() => forEach((id) => restoreSession(id, where)))).toBeLessThanOrEqual(5);
  await forEach(remove);
  const terminal = new FakeTerminal();
  expect(await looksOf(() => emptyTheTrash(invocation(terminal, dir, [], { yes: true }), [], 0))).toBeLessThanOrEqual(
    1.5,
  );
  expect(terminal.out.split("\n")).toHaveLength(ids.length + 1);
  spy.mockRestore();
  expect(fs.existsSync(trashOf(dir))).toBe(false);
});

test("a manifest that would be too large to be read again is not written", () => {
  const dir = tempConfigDir();
  const place = deletingPlace(dir, ID);
  fs.mkdirSync(place.path, { recursive: true });
  const name = "n".repeat(150);
  const items = Array.from({ length: 100_000 }, (_, n) => ({
    path: `debug/${ID}.${name}.${n}`,
    kind: "leftover" as const,
    bytes: 1,
  }));
  const manifest = { sessionId: ID, deletedAt: 0, summary: undefined, token: "01234567", items };
  expect(() => writeManifest(place, manifest)).toThrow(
    `Session ${ID} has 100000 files and directories, too many for the trash`,
  );
  expect(fs.readdirSync(place.path)).toEqual([]);
  expect(writeManifest(place, { ...manifest, items: items.slice(0, 40_000) })).toBe(true);
  expect(readManifest(place)?.items).toHaveLength(40_000);
});
