import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importSessions, type ImportOptions } from "../../../src/bundle/import/import-sessions.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { getSessionMessages } from "../../../src/store/read/session-messages.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const [SHORT, LONG, OTHER] = [conversation(ID, "hi"), conversation(ID, "hi", "hello", "more"), conversation(ID, "no")];
const at = (key = "-w"): string => `projects/${key}/${ID}.jsonl`;
const agent = `projects/-w/${ID}/subagents/agent-x.jsonl`;

interface Files {
  readonly [name: string]: string;
}

function storeWith(files: Files): string {
  const dir = tempConfigDir();
  for (const [name, text] of Object.entries(files)) put(dir, name, text, { mode: 0o600 });
  return dir;
}

/** Imports what `theirs` has into a store that has `ours`. Returns the outcome or the hint, and what is there then. */
async function importInto(
  ours: Files,
  theirs: Files,
  options: Partial<ImportOptions> = {},
): Promise<{ readonly said: string; readonly there: Files; readonly dir: string }> {
  const [dir, from] = [storeWith(ours), storeWith(theirs)];
  const before = snapshot(dir);
  const call: ImportOptions = { from, configDir: dir, keepCwd: true, ...options };
  const plan = await importSessions({ ...call, dryRun: true });
  expect(snapshot(dir)).toEqual(before);
  const { sessions, refused } = await importSessions(call);
  const saidBy = (report: Pick<typeof plan, "sessions" | "refused">): string =>
    report.sessions[0]?.outcome ?? (report.refused[0]?.error as { hint?: string } | undefined)?.hint ?? "";
  const said = saidBy({ sessions, refused });
  expect(saidBy(plan)).toBe(said);
  expect(plan.sessions.map(({ files }) => files)).toEqual(sessions.map(({ files }) => files));
  const left = Object.keys(snapshot(dir)).filter((name) => name.startsWith("claude-transcripts"));
  expect(left).toEqual([]);
  const there = Object.fromEntries(
    Object.entries(snapshot(dir)).flatMap(([name, what]) =>
      what.startsWith("file") ? [[name, fs.readFileSync(path.join(dir, name), "utf8")]] : [],
    ),
  );
  return { said, there, dir };
}

test.for<
  [
    title: string,
    ours: Files,
    theirs: Files,
    options: Partial<ImportOptions>,
    said: RegExp,
    there: "ours" | "theirs" | Files,
  ]
>([
  ["new", {}, { [at()]: SHORT }, {}, /^imported$/, "theirs"],
  ["the same", { [at()]: SHORT }, { [at()]: SHORT }, {}, /^already$/, "ours"],
  ["longer here", { [at()]: LONG }, { [at()]: SHORT }, {}, /^already$/, "ours"],
  ["shorter here", { [at()]: SHORT }, { [at()]: LONG }, {}, /--update.*--new-id/, "ours"],
  ["shorter here, to update", { [at()]: SHORT }, { [at()]: LONG }, { update: true }, /^updated$/, "theirs"],
  [
    "cut in the middle of a row here, to update",
    { [at()]: LONG.slice(0, -40) },
    { [at()]: LONG },
    { update: true },
    /^updated$/,
    "theirs",
  ],
  ["empty here", { [at()]: "" }, { [at()]: LONG }, {}, /^updated$/, "theirs"],
  ["different", { [at()]: OTHER }, { [at()]: LONG }, { update: true }, /--new-id/, "ours"],
  ["without what belongs to it", { [at()]: SHORT }, { [at()]: SHORT, [agent]: SHORT }, {}, /^updated$/, "theirs"],
  [
    "with a shorter subagent",
    { [at()]: LONG, [agent]: SHORT },
    { [at()]: LONG, [agent]: LONG },
    {},
    /--update/,
    "ours",
  ],
  [
    "with a shorter subagent, to update",
    { [at()]: LONG, [agent]: SHORT },
    { [at()]: LONG, [agent]: LONG },
    { update: true },
    /^updated$/,
    "theirs",
  ],
  [
    "with another mark",
    { [at()]: LONG, [`projects/-w/${ID}/archived.json`]: "{}" },
    { [at()]: LONG, [`projects/-w/${ID}/archived.json`]: "[]" },
    {},
    /^already$/,
    "ours",
  ],
  ["only a different subagent", { [agent]: OTHER }, { [at()]: LONG, [agent]: LONG }, {}, /--new-id/, "ours"],
  ["what a killed import left", { [agent]: LONG }, { [at()]: LONG, [agent]: LONG }, {}, /^imported$/, "theirs"],
  ["in another project", { [at("-other")]: LONG }, { [at()]: LONG }, {}, /--cwd, or .*--new-id/, "ours"],
  [
    "here, and in another project too",
    { [at("-other")]: OTHER, [at()]: LONG },
    { [at()]: LONG },
    {},
    /^already$/,
    "ours",
  ],
  ["in two projects there", {}, { [at()]: LONG, [at("-older")]: SHORT }, {}, /^imported$/, "theirs"],
])("%s", async ([, ours, theirs, options, said, expected]) => {
  const result = await importInto(ours, theirs, options);
  expect(result.said).toMatch(said);
  expect(result.there).toEqual(expected === "ours" ? ours : expected === "theirs" ? theirs : expected);
});

describe("a new id", () => {
  test("is in the rows and the names, and the same when it is imported again", async () => {
    const file = `file-history/${ID}/x@v1`;
    const { said, there, dir } = await importInto(
      { [at()]: OTHER },
      { [at()]: LONG, [agent]: LONG, [file]: "x", "projects/-w/agent-1.jsonl": SHORT },
      { newId: true },
    );
    expect(said).toBe("imported");
    const id =
      Object.keys(there)
        .flatMap((name) => /^projects\/-w\/([^/]*)\.jsonl$/.exec(name)?.[1] ?? [])
        .find((name) => name !== ID) ?? "";
    const renamed = LONG.replaceAll(`"sessionId":"${ID}"`, `"sessionId":"${id}"`);
    expect(there).toEqual({
      [at()]: OTHER,
      [`projects/-w/${id}.jsonl`]: renamed,
      [agent.replace(ID, id)]: renamed,
      [file.replace(ID, id)]: "x",
    });
    expect(await getSessionMessages(id, { configDirs: [dir] })).toHaveLength(3);
    const again = await importSessions({
      from: storeWith({ [at()]: LONG, [agent]: LONG }),
      configDir: dir,
      keepCwd: true,
      newId: true,
    });
    expect(again.sessions).toMatchObject([{ sessionId: id, formerId: ID, outcome: "already" }]);
  });

  test("is not needed if nothing is in the way", async () => {
    const { there } = await importInto({}, { [at()]: LONG }, { newId: true });
    expect(Object.keys(there)).toEqual([at()]);
  });
});

test("the same under another directory is there too", async () => {
  const [from, configDir] = [storeWith({ [at()]: LONG }), tempConfigDir()];
  const call = { from, configDir, cwd: "/no/such" };
  expect((await importSessions(call)).sessions).toMatchObject([{ outcome: "imported" }]);
  const before = snapshot(configDir, { directoryTimes: true });
  expect((await importSessions(call)).sessions).toMatchObject([{ outcome: "already", already: 1, files: [] }]);
  expect(snapshot(configDir, { directoryTimes: true })).toEqual(before);
});

test.for(["here", "there"])("a session that is in use %s is refused, unless it is whole", async (where) => {
  const [from, configDir] = [storeWith({ [at()]: LONG }), storeWith({})];
  openByThisProcess(where === "here" ? configDir : from, ID);
  const call = { from, configDir, keepCwd: true };
  expect((await importSessions(call)).refused).toMatchObject([
    { error: { code: "SessionInUse", hint: expect.stringContaining("Exit the session") as string } },
  ]);
  put(configDir, at(), LONG);
  expect((await importSessions(call)).sessions).toMatchObject([{ outcome: "already" }]);
});

test("what is in the trash, and when Claude Code will delete it, is said", async () => {
  const [from, configDir] = [storeWith({}), storeWith({ [at()]: SHORT })];
  put(from, at(), LONG, { mtime: 1_700_000_000 });
  await deleteSession(ID, { configDirs: [configDir] });
  const { sessions } = await importSessions({ from, configDir, keepCwd: true });
  expect(sessions[0]?.notes).toEqual([expect.stringMatching(/in the trash; restoring it overwrites nothing/)]);
  expect(sessions[0]?.deletedFrom).toBe(1_702_592_000_000);
  expect(fs.statSync(path.join(configDir, at())).mtimeMs).toBe(1_700_000_000_000);
});

test.for<[title: string, theirs: string, key: string, restored: "done" | "RestoreConflict"]>([
  ["the same", LONG, "-w", "done"],
  ["another one", SHORT, "-w", "RestoreConflict"],
  ["in another project", SHORT, "-other", "done"],
])(
  "a deleted session can be restored unless what was imported is in its way: %s",
  async ([, theirs, key, restored]) => {
    const [from, configDir] = [storeWith({ [at(key)]: theirs }), storeWith({ [at()]: LONG })];
    await deleteSession(ID, { configDirs: [configDir] });
    await importSessions({ from, configDir, keepCwd: true });
    const before = fs.readFileSync(path.join(configDir, at(key)), "utf8");
    const outcome = await restoreSession(ID, { configDirs: [configDir] }).then(
      () => "done",
      (error: { code: string }) => error.code,
    );
    expect([outcome, fs.readFileSync(path.join(configDir, at(key)), "utf8")]).toEqual([restored, before]);
  },
);

test.for<[title: string, text: string]>([
  ["no rows", "this is no transcript\n".repeat(5)],
  ["one newline", "\n"],
  ["half a row", LONG.slice(0, 40)],
])("a transcript with %s is refused", async ([, text]) => {
  const { said, there } = await importInto({}, { [at()]: text, [agent]: SHORT });
  expect([said, there]).toEqual([expect.stringMatching(/Look at the transcript/), {}]);
});

test("places that are no rows are counted when they are copied, once", async () => {
  const [damaged, configDir] = [LONG.replace("\n", "\nno row\n"), storeWith({ [at()]: SHORT })];
  const notes = async (text: string, dryRun: boolean): Promise<unknown> => {
    const call = { from: storeWith({ [at()]: text }), configDir, cwd: "/no/such", update: true, newId: true, dryRun };
    return (await importSessions(call)).sessions[0]?.notes;
  };
  // Under a new id, since other rows are here.
  expect(await notes(damaged, true)).toEqual(["1 place that is no row would be copied as it is"]);
  expect(await notes(damaged, false)).toEqual(["1 place that is no row was copied as it is"]);
  expect(await notes(damaged, false)).toEqual([]);
  const twice = damaged.replace("\n", "\nno row\n");
  expect(await notes(twice, false)).toEqual(["2 places that are no rows were copied as they are"]);
});

test.for<[title: string, obstacle: (dir: string) => void, said: RegExp]>([
  ["a file in place of the project", (dir) => put(dir, "projects/-w", "x"), /in the way/],
  [
    "a link in place of the session's directory",
    (dir) => (fs.mkdirSync(path.join(dir, "projects/-w")), fs.symlinkSync("/tmp", path.join(dir, "projects/-w", ID))),
    /in the way/,
  ],
  ["a directory in place of the transcript", (dir) => put(dir, `${at()}/x`, "x"), /in the way/],
])("nothing is written over or through %s", async ([, obstacle, said]) => {
  const [from, configDir] = [storeWith({ [at()]: LONG, [agent]: LONG }), tempConfigDir()];
  obstacle(configDir);
  const before = snapshot(configDir);
  const { refused } = await importSessions({ from, configDir, keepCwd: true });
  expect(refused[0]?.error.message).toMatch(said);
  expect(snapshot(configDir)).toEqual(before);
});

test("an abort leaves nothing", async () => {
  const [from, configDir] = [storeWith({ [at()]: LONG.repeat(20_000), [agent]: LONG }), tempConfigDir()];
  const controller = new AbortController();
  const running = importSessions({ from, configDir, cwd: "/no", signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 20);
  await expect(running).rejects.toThrow("enough");
  expect(Object.keys(snapshot(configDir))).toEqual(["projects"]);
});

test.for<[object, RegExp]>([
  [{ from: "" }, /from must be a path/],
  [{ cwd: "" }, /cwd must be a path/],
  [{ cwd: "/a", keepCwd: true }, /cannot be used together/],
  [{ fromCwd: "a" }, /must be an absolute path/],
  [{ maxBytes: 0 }, /must be a positive integer/],
  [{ maxBytes: 100 }, /more than 100 bytes/],
])("%j is refused", async ([options, reason]) => {
  const call = importSessions({ from: storeWith({ [at()]: LONG }), configDir: tempConfigDir(), ...options });
  await expect(call.then(({ refused }) => Promise.reject(refused[0]?.error as Error))).rejects.toThrow(reason);
});
