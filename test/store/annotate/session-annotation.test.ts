import fs from "node:fs";
import * as official from "@anthropic-ai/claude-agent-sdk";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { tagSession } from "../../../src/store/annotate/annotate.ts";
import {
  describeSession,
  editSessionTags,
  getSessionAnnotation,
  planTags,
  type TagEdit,
} from "../../../src/store/annotate/session-annotation.ts";
import { normalizeTag } from "../../../src/store/annotate/normalize-tag.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);

/** A session in the project `-w`, and what is appended to it. */
function session(rows = ""): { dir: string; where: { configDirs: string[] }; file: string; appended: () => string } {
  const dir = tempConfigDir();
  const content = conversation(ID, "hi") + rows;
  const file = put(dir, `projects/-w/${ID}.jsonl`, content);
  const appended = (): string => fs.readFileSync(file, "utf8").slice(content.length);
  return { dir, where: { configDirs: [dir] }, file, appended };
}

const tagRow = (tag: string): string => `{"type":"tag","tag":"${tag}","sessionId":"${ID}"}\n`;
const ourRow = (tags: string[], description?: string): string =>
  `${JSON.stringify({ type: "claude-transcripts-annotation", tags, description, sessionId: ID })}\n`;

describe("editSessionTags", () => {
  test.for<[what: string, rows: string, edit: TagEdit, tags: string[], appended: string]>([
    ["adds the first tag as the official helper does", "", { add: ["a"] }, ["a"], tagRow("a")],
    ["adds several, normalised", "", { add: ["ﬁ", " b\u200b "] }, ["fi", "b"], tagRow("fi") + ourRow(["fi", "b"])],
    ["keeps the first one", tagRow("a"), { add: ["b", "a"] }, ["a", "b"], tagRow("a") + ourRow(["a", "b"])],
    ["removes", tagRow("a") + ourRow(["a", "b"]), { remove: ["a", "x"] }, ["b"], tagRow("b") + ourRow(["b"])],
    ["removes the last one", tagRow("a"), { remove: ["a"] }, [], tagRow("")],
    ["sets all", tagRow("a"), { set: ["x", "y", "x"] }, ["x", "y"], tagRow("x") + ourRow(["x", "y"])],
    ["sets none", tagRow("a") + ourRow(["a", "b"], "d"), { set: [] }, [], tagRow("") + ourRow([], "d")],
    ["sets the first", tagRow("a") + ourRow(["a", "b"]), { first: "z" }, ["z", "b"], tagRow("z") + ourRow(["z", "b"])],
    ["makes one the first", tagRow("a") + ourRow(["a", "b"]), { first: "b" }, ["b"], tagRow("b") + ourRow(["b"])],
    [
      "puts a first one before those that are left",
      ourRow(["a", "b"]) + tagRow(""),
      { first: "z" },
      ["z", "b"],
      tagRow("z") + ourRow(["z", "b"]),
    ],
    ["does all of it in order", tagRow("a"), { set: ["p"], first: "q", add: ["r"], remove: ["q"] }, ["r"], tagRow("r")],
    ["keeps the description", ourRow([], "d"), { add: ["a"] }, ["a"], tagRow("a") + ourRow(["a"], "d")],
  ])("%s", async ([, rows, edit, tags, appended]) => {
    const one = session(rows);
    const before = snapshot(one.dir);
    expect(planTags(ID, edit, one.where)).toEqual(tags);
    expect(snapshot(one.dir)).toEqual(before);
    expect(await editSessionTags(ID, edit, one.where)).toEqual(tags);
    expect(one.appended()).toBe(appended);
    expect((await getSessionAnnotation(ID, one.where))?.tags).toEqual(tags);
  });

  test.for<[edit: TagEdit, message: string]>([
    [{ add: [" "] }, "tag must be non-empty"],
    [{ first: "\u200b" }, "tag must be non-empty"],
    [{ set: ["x".repeat(101)] }, "tag must have at most 100 characters, got 101"],
    [{ add: Array.from({ length: 33 }, (_, n) => `t${n}`) }, "A session can have at most 32 tags, not 33"],
  ])("refuses %j and writes nothing", async ([edit, message]) => {
    const { where, appended } = session();
    await expect(editSessionTags(ID, edit, where)).rejects.toMatchObject({ code: "InvalidArgument", message });
    expect(() => planTags(ID, edit, where)).toThrow(message);
    expect(appended()).toBe("");
  });

  test.for([
    ["nope", "InvalidSessionId"],
    [sessionId(9), "SessionNotFound"],
  ] as const)("says that there is no session %s", async ([id, code]) => {
    const { where } = session();
    await expect(editSessionTags(id, { add: ["a"] }, where)).rejects.toMatchObject({ code });
    await expect(describeSession(id, "d", where)).rejects.toMatchObject({ code });
    expect(await getSessionAnnotation(id, where)).toBeUndefined();
  });
});

describe("describeSession", () => {
  test("sets, replaces and removes", async () => {
    const { where, appended } = session(tagRow("a"));
    await describeSession(ID, " one\ntwo ", where);
    expect(await getSessionAnnotation(ID, where)).toEqual({ tags: ["a"], description: " one\ntwo " });
    await describeSession(ID, "three", where);
    expect((await getSessionAnnotation(ID, where))?.description).toBe("three");
    await describeSession(ID, null, where);
    expect(await getSessionAnnotation(ID, where)).toEqual({ tags: ["a"], description: undefined });
    expect(appended()).toBe(
      [ourRow(["a"], " one\ntwo "), ourRow(["a"], "three"), ourRow(["a"])].map((row) => tagRow("a") + row).join(""),
    );
  });

  test.for([
    ["", "description must be a text that is not blank (use null to remove it)"],
    [" \n", "description must be a text that is not blank (use null to remove it)"],
    [undefined, "description must be a text that is not blank (use null to remove it)"],
    ["x".repeat(2001), "description must have at most 2000 characters, got 2001"],
  ] as const)("refuses %j", async ([text, message]) => {
    const { where, appended } = session();
    await expect(describeSession(ID, text as string, where)).rejects.toMatchObject({
      code: "InvalidArgument",
      message,
    });
    expect(appended()).toBe("");
  });
});

test("the official helpers read the first tag, and what they set takes its place", async () => {
  const { dir, where } = session();
  vi.stubEnv("CLAUDE_CONFIG_DIR", dir);
  onTestFinished(() => void vi.unstubAllEnvs());
  const theirs = async (): Promise<string | undefined> => (await official.getSessionInfo(ID))?.tag;
  const mine = async (): Promise<unknown> => (await listSessionPage(where)).sessions[0];
  await editSessionTags(ID, { add: ["a", "b", "c"] }, where);
  await describeSession(ID, "d", where);
  expect(await theirs()).toBe("a");
  await official.tagSession(ID, "z");
  expect(await mine()).toMatchObject({ tag: "z", tags: ["z", "b", "c"], description: "d" });
  await tagSession(ID, null, where);
  expect(await theirs()).toBeUndefined();
  expect(await mine()).toMatchObject({ tag: undefined, tags: ["b", "c"], description: "d" });
  expect(await editSessionTags(ID, { remove: ["b"] }, where)).toEqual(["c"]);
  expect(await theirs()).toBe("c");
  expect((await official.getSessionMessages(ID)).length).toBe(1);
});

test("any tags and any description survive, in the windows of a list and in the middle of a long file", async () => {
  const { where, file } = session();
  const words = fc.string({ unit: "binary", maxLength: 100 });
  const raw = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 300,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(words, raw), { maxLength: 40 }),
      raw,
      fc.boolean(),
      async (given, text, long) => {
        const tags = [...new Set(given.map(normalizeTag))]
          .filter((tag) => tag !== "" && tag.length <= 100)
          .slice(0, 32);
        fs.writeFileSync(file, conversation(ID, "hi"));
        fs.rmSync(file.replace(".jsonl", ""), { recursive: true, force: true });
        expect(await editSessionTags(ID, { set: tags }, where)).toEqual(tags);
        const description = text.trim() === "" ? undefined : text;
        if (description !== undefined) await describeSession(ID, description, where);
        if (long) fs.appendFileSync(file, `${JSON.stringify({ type: "x", pad: "x".repeat(200_000) })}\n`);
        expect(await getSessionAnnotation(ID, where)).toEqual({ tags, description });
        for (const metadata of long ? (["full", "windows"] as const) : (["windows"] as const)) {
          const { sessions } = await listSessionPage({ ...where, metadata });
          // A list that reads only the ends does not know the official row, and one tag has no row of ours.
          const isKnown = metadata === "full" || !long || tags.length > 1 || description !== undefined;
          expect(sessions[0]).toMatchObject({ tags: isKnown ? tags : [], description });
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

describe("a list that reads only the ends of a transcript", () => {
  const grow = (file: string, bytes: number): void =>
    fs.appendFileSync(file, `${JSON.stringify({ type: "x", pad: "x".repeat(bytes) })}\n`);

  test.for([70_000, 140_000, 400_000])("has both after %i further bytes", async (bytes) => {
    const { where, file } = session();
    grow(file, 20_000);
    await editSessionTags(ID, { add: ["old", "older"] }, where);
    await describeSession(ID, "d", where);
    await editSessionTags(ID, { set: ["a", "b"] }, where);
    grow(file, bytes);
    // As Claude Code repeats it.
    fs.appendFileSync(file, tagRow("a"));
    const { sessions } = await listSessionPage(where);
    expect(sessions[0]).toMatchObject({ tag: "a", tags: ["a", "b"], description: "d" });
  });

  test.for([
    ["is missing", undefined],
    ["is damaged", "{"],
    ["has no number", '{"annotationFrom":"1"}'],
    ["leads nowhere", '{"annotationFrom":1e15}'],
    ["leads elsewhere", '{"annotationFrom":100000}'],
    ["is too long", `{"annotationFrom":0,"pad":"${"x".repeat(5000)}"}`],
  ] as const)("does without if the file that names the place %s", async ([, text]) => {
    const { dir, where, file } = session();
    await editSessionTags(ID, { add: ["a", "b"] }, where);
    grow(file, 200_000);
    const place = `${dir}/projects/-w/${ID}/claude-transcripts.json`;
    if (text === undefined) fs.unlinkSync(place);
    else fs.writeFileSync(place, text);
    expect((await listSessionPage(where)).sessions[0]).toMatchObject({ tags: [], description: undefined });
    expect((await getSessionAnnotation(ID, where))?.tags).toEqual(["a", "b"]);
  });
});

test("a list filters by any of the tags", async () => {
  const { where } = session(tagRow("a") + ourRow(["a", "b"]));
  const found = async (tag: string): Promise<number> => (await listSessionPage({ ...where, tag })).sessions.length;
  expect([await found("a"), await found("b"), await found("c")]).toEqual([1, 1, 0]);
});

test("rows that we would not write do not count, and neither do ones in a text", async () => {
  const quoted = `${JSON.stringify({ type: "user", message: { content: ourRow(["x", "y"], "z") } })}\n`;
  const { where } = session(tagRow("a") + ourRow(["a", "b"], "d") + ourRow(["a", "x".repeat(101)]) + quoted);
  expect(await getSessionAnnotation(ID, where)).toEqual({ tags: ["a", "b"], description: "d" });
});

test("a fork has neither tags nor a description, like the official one", async () => {
  const { where } = session(tagRow("a") + ourRow(["a", "b"], "d"));
  const fork = await forkSession(ID, where);
  expect(await getSessionAnnotation(fork.sessionId, where)).toEqual({ tags: [], description: undefined });
});
