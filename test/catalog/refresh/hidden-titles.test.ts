import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { searchTranscripts } from "../../../src/catalog/search/search-transcripts.ts";
import { listSessions } from "../../../src/index.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";

let cache: string;
beforeEach(() => {
  cache = tempConfigDir();
  vi.stubEnv("XDG_CACHE_HOME", cache);
  return () => vi.unstubAllEnvs();
});

const id = sessionId(1);
const file = `projects/-w/${id}.jsonl`;
const FILLER = `${JSON.stringify({ type: "filler", text: "x".repeat(1000) })}\n`.repeat(150);
const title = (customTitle: string): object => ({ type: "custom-title", customTitle, sessionId: id });

/** A session of 300 kB with these rows at its head, in its middle and at its end. */
function session(dir: string, { head = [], middle = [], tail = [], mtime = 1_000_000 }: Rows): void {
  const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const text = conversation(id, "A first prompt", "An answer");
  put(dir, file, text + lines(head) + FILLER + lines(middle) + FILLER + lines(tail), { mtime });
}

interface Rows {
  readonly head?: readonly object[];
  readonly middle?: readonly object[];
  readonly tail?: readonly object[];
  readonly mtime?: number;
}

/** Title and tag in a list of the servers, and of the library. */
async function listed(dir: string): Promise<(string | undefined)[]> {
  const { sessions } = await openStore([dir]).page({});
  const [own] = sessions;
  const [official] = await listSessions({ configDirs: [dir] });
  expect([official?.customTitle, official?.tag]).toEqual([own?.customTitle, own?.tag]);
  return [own?.title, own?.tag];
}

const index = (dir: string): ReturnType<typeof searchTranscripts> =>
  searchTranscripts({ configDirs: [dir], query: "prompt" });
const titleFiles = (): string[] => {
  const dir = path.join(cache, "claude-transcripts");
  return fs.existsSync(dir) ? fs.readdirSync(dir).filter((name) => name.endsWith("titles.json")) : [];
};

describe("with an index, lists have", () => {
  test.for<[string, Rows, (string | undefined)[], (string | undefined)[]]>([
    ["a title in the middle", { middle: [title("Deep")] }, ["A first prompt", undefined], ["Deep", undefined]],
    [
      "the last of several",
      { head: [title("Old")], middle: [title("A"), title("B")] },
      ["Old", undefined],
      ["B", undefined],
    ],
    ["one at the end first", { middle: [title("Deep")], tail: [title("End")] }, ["End", undefined], ["End", undefined]],
    [
      "the model's title",
      { middle: [{ type: "ai-title", aiTitle: "By the model", sessionId: id }] },
      ["A first prompt", undefined],
      ["By the model", undefined],
    ],
    [
      "the person's title before the model's",
      { middle: [title("Mine")], tail: [{ type: "ai-title", aiTitle: "By the model", sessionId: id }] },
      ["By the model", undefined],
      ["Mine", undefined],
    ],
    [
      "no title that was taken away",
      { head: [title("Old")], middle: [title("")] },
      ["Old", undefined],
      ["A first prompt", undefined],
    ],
    [
      "a tag in the middle",
      { middle: [{ type: "tag", tag: "deep", sessionId: id }] },
      ["A first prompt", undefined],
      ["A first prompt", "deep"],
    ],
    [
      "a tag near the beginning",
      { head: [{ type: "tag", tag: "deep", sessionId: id }] },
      ["A first prompt", undefined],
      ["A first prompt", "deep"],
    ],
    ["nothing new", { tail: [title("End")] }, ["End", undefined], ["End", undefined]],
  ])("%s", async ([, rows, without, withIndex]) => {
    const dir = tempConfigDir();
    session(dir, rows);
    const before = snapshot(dir);
    expect(await listed(dir)).toEqual(without);
    const { hits } = await index(dir);
    expect(hits.map(({ session: { title: shown, tag } }) => [shown, tag])).toEqual([withIndex]);
    expect(await listed(dir)).toEqual(withIndex);
    expect(titleFiles()).toHaveLength(String(without) === String(withIndex) ? 0 : 1);
    expect(snapshot(dir)).toEqual(before);
  });
});

test("with an index, lists have the tags and the description in the middle", async () => {
  const dir = tempConfigDir();
  const annotation = { type: "claude-transcripts-annotation", tags: ["a", "b"], description: "Deep" };
  session(dir, { middle: [{ type: "tag", tag: "a" }, annotation], tail: [{ type: "tag", tag: "z" }] });
  const shown = async (): Promise<unknown> => {
    const [own] = (await openStore([dir]).page({})).sessions;
    return [own?.tag, own?.tags, own?.description];
  };
  expect(await shown()).toEqual(["z", ["z"], undefined]);
  await index(dir);
  expect(await shown()).toEqual(["z", ["z", "b"], "Deep"]);
  // A list reads both rows at the end itself.
  session(dir, { middle: [annotation], tail: [{ type: "tag", tag: "a" }, annotation], mtime: 2_000_000 });
  await index(dir);
  expect(await shown()).toEqual(["a", ["a", "b"], "Deep"]);
  expect(titleFiles()).toEqual([]);
});

test("a title counts until its file changes, and its file goes with the last one", async () => {
  const dir = tempConfigDir();
  session(dir, { middle: [title("Deep")] });
  await index(dir);
  expect(await listed(dir)).toEqual(["Deep", undefined]);
  session(dir, { middle: [title("Deeper")], mtime: 2_000_000 });
  expect(await listed(dir)).toEqual(["A first prompt", undefined]);
  await index(dir);
  expect(await listed(dir)).toEqual(["Deeper", undefined]);
  session(dir, { tail: [title("End")], mtime: 3_000_000 });
  await index(dir);
  expect(await listed(dir)).toEqual(["End", undefined]);
  expect(titleFiles()).toEqual([]);
});

test("a damaged file of titles, or none at all, costs the titles only", async () => {
  const dir = tempConfigDir();
  session(dir, { middle: [title("Deep")] });
  await index(dir);
  const [name = ""] = titleFiles();
  const place = path.join(cache, "claude-transcripts", name);
  expect(fs.statSync(place).mode & 0o777).toBe(0o600);
  for (const text of ["{", "[1, null]", '{"a":1}', '[{"path":1}]']) {
    fs.writeFileSync(place, text);
    expect(await listed(dir)).toEqual(["A first prompt", undefined]);
  }
  fs.rmSync(place);
  expect(await listed(dir)).toEqual(["A first prompt", undefined]);
  vi.stubEnv("CLAUDE_TRANSCRIPTS_INDEX", "off");
  expect(await listed(dir)).toEqual(["A first prompt", undefined]);
});
