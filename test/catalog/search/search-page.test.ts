import { describe, expect, test } from "vitest";
import { InvalidArgumentError, InvalidCursorError } from "../../../src/store/errors.ts";
import { sessionId } from "../../support/config-dir.ts";
import { answer, call, messages, numbers, result, rowsOf, SearchStore, thought, uuidOf } from "./search-store.ts";

const filler = (words: number): string => Array.from({ length: words }, (_, i) => `filler${i % 97}`).join(" ");
const both = [true, false];

test.each([true, false])("a description is found like a title, and each of the tags (index: %s)", async (index) => {
  const annotation = (tags: string[]): object[] => [
    { type: "tag", tag: tags[0], sessionId: sessionId(1) },
    { type: "claude-transcripts-annotation", tags, description: "Where the needle went", sessionId: sessionId(1) },
  ];
  const store = new SearchStore()
    .add(1, ["a prompt", answer("fine")], { rows: [...annotation(["a", "gone"]), ...annotation(["a", "b c"])] as [] })
    .add(2, ["another"], { rows: [{ type: "tag", tag: "b", sessionId: sessionId(2) }] });
  const found = async (query: string): Promise<string> =>
    numbers(await store.search(query, { index }))
      .split(" ")
      .sort()
      .join(" ");
  expect(await found("needle")).toBe("1");
  expect(await found("in:title needle went")).toBe("1");
  expect(await found("in:said needle")).toBe("");
  expect(await found("in:title b")).toBe("1 2");
  expect(await found('tag:"B C"')).toBe("1");
  expect(await found("tag:a tag:b*")).toBe("1");
  expect(await found("tag:gone")).toBe("");
  expect(await found("tag:b*")).toBe("1 2");
  expect(await found("-tag:a prompt OR another")).toBe("2");
  const { hits } = await store.search("needle", { index });
  expect(hits[0]?.matches.map(({ column, snippet }) => [column, snippet])).toEqual([
    ["title", "Where the needle went"],
  ]);
  expect(hits[0]?.session).toMatchObject({ tags: ["a", "b c"], description: "Where the needle went" });
});

test("a title that the CLI wrote several times is one match", async () => {
  const title = { type: "custom-title", customTitle: "The needle", sessionId: sessionId(1) };
  const store = new SearchStore().add(1, ["a needle", answer("fine")], { rows: [title, title, title] });
  for (const index of both) {
    const { hits } = await store.search("needle", { index });
    expect(hits[0]?.matches.map(({ column }) => column)).toEqual(["title", "said"]);
  }
});

describe("sessions are ranked", () => {
  test("by where the words stand: a title before what was said, and that before output", async () => {
    const store = new SearchStore()
      .add(1, ["go", call("t", "Bash", { command: "ls" }), result("t", `needle ${filler(30)}`)])
      .add(2, [`needle ${filler(30)}`, answer("fine")])
      .add(3, ["go", answer(filler(30))], {
        rows: [{ type: "custom-title", customTitle: "needle", sessionId: sessionId(3) }],
      });
    for (const index of both) expect(numbers(await store.search("needle", { index }))).toBe("3 2 1");
  });

  test("by recency among equals, and only then", async () => {
    const store = new SearchStore()
      .add(1, ["a needle here"], { age: 200 })
      .add(2, ["a needle here"], { age: 1 })
      .add(3, ["a needle here"], { age: 50 })
      .add(4, [`needle needle needle`], { age: 300 });
    for (let n = 10; n < 40; n++) store.add(n, [`nothing ${n}`]);
    expect(numbers(await store.search("needle"))).toBe("4 2 3 1");
  });

  test("with those first that have all words in one place", async () => {
    const apart = ["needle", answer(filler(9000)), filler(9000), answer("haystack")];
    const store = new SearchStore().add(1, apart).add(2, ["x", answer(`needle ${filler(300)} haystack`)], { age: 100 });
    for (const index of both) expect(numbers(await store.search("needle haystack", { index }))).toBe("2 1");
  });

  test("not by length: many places in a long session do not win", async () => {
    const long = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? filler(900) : answer(`needle ${filler(900)}`)));
    const store = new SearchStore().add(1, long).add(2, ["the needle is here", answer("ok")], { age: 20 });
    for (let n = 10; n < 70; n++) store.add(n, [`nothing ${filler(900)}`]);
    expect(numbers(await store.search("needle"))).toBe("2 1");
  });

  test("by recency if only facts are asked for", async () => {
    const store = new SearchStore()
      .add(1, ["a"], { age: 3, branch: "main" })
      .add(2, ["b"], { age: 1, branch: "main" })
      .add(3, ["c"], { age: 2, branch: "other" });
    for (const index of both) {
      const page = await store.search("branch:main", { index });
      expect(numbers(page)).toBe("2 1");
      expect(page.hits.flatMap(({ matches }) => matches)).toEqual([]);
    }
  });
});

describe("hits", () => {
  test("have the message, who said it, and the matches", async () => {
    const store = new SearchStore().add(1, [
      "find the needle",
      thought("a needle? think"),
      call("t1", "Bash", { command: "grep needle src" }),
      result("t1", "src/a.ts: needle\nsrc/b.ts: needle"),
      answer("The needle is in src/a.ts"),
    ]);
    for (const index of both) {
      const page = await store.search("needle", { index, perSession: 10 });
      expect(messages(page).sort()).toEqual([
        "assistant input Bash: Bash grep [needle] src",
        "assistant output Bash: src/a.ts: [needle] src/b.ts: [needle]",
        "assistant said: The [needle] is in src/a.ts",
        "assistant thinking: a [needle]? think",
        "user said: find the [needle]",
      ]);
      const ids = page.hits[0]?.matches.map(({ uuid }) => uuid).sort();
      expect(ids).toEqual([0, 1, 2, 3, 4].map((row) => uuidOf(1, row)));
      expect(messages(await store.search("needle", { index, perSession: 2 })).at(-1)).toBe("+3");
    }
  });

  test.each([
    ["needle role:user", ["user said: find the [needle]"]],
    ["needle in:output", ["assistant output Bash: the [needle]"]],
    ["needle tool:Bash", ["assistant output Bash: the [needle]"]],
    ["needle tool:ba*", ["assistant output Bash: the [needle]"]],
    ["needle tool:Read", []],
    ["needle -tool:Bash in:output", []],
  ])("are only of the texts that are asked for: %s", async (query, expected) => {
    const store = new SearchStore().add(1, [
      "find the needle",
      call("t1", "Bash", { command: "ls" }),
      result("t1", "the needle"),
    ]);
    for (const index of both) expect(messages(await store.search(query, { index }))).toEqual(expected);
  });

  test("in subagents and stored outputs say so", async () => {
    const agent = rowsOf(7, ["look", answer("a needle in an agent")]).map((row) => ({
      ...row,
      isSidechain: true,
      agentId: "a1",
    }));
    const store = new SearchStore()
      .add(1, ["hello"])
      .put(
        `projects/-w/${sessionId(1)}/subagents/agent-a1.jsonl`,
        agent.map((row) => `${JSON.stringify(row)}\n`).join(""),
      )
      .put(`projects/-w/${sessionId(1)}/tool-results/out.txt`, `line\n${filler(20)} pin ${filler(20)}\n`);
    for (const index of both) {
      const page = await store.search("needle", { index });
      expect(page.hits[0]?.matches.map(({ agentId, uuid }) => [agentId, uuid])).toEqual([["a1", uuidOf(7, 1)]]);
      const [hit] = (await store.search("pin", { index })).hits[0]?.matches ?? [];
      expect([hit?.column, hit?.uuid, hit?.snippet.includes("pin")]).toEqual(["output", undefined, true]);
    }
  });

  test("in a fork are those of its own messages; a message that both have is one hit", async () => {
    const said = ["a needle", answer("another needle")];
    const copied = rowsOf(2, said).map((row, i) => ({
      ...row,
      forkedFrom: { sessionId: sessionId(1), messageUuid: uuidOf(1, i) },
    }));
    const own = rowsOf(3, ["third needle"], {}).map((row) => ({
      ...row,
      sessionId: sessionId(2),
      parentUuid: uuidOf(2, 1),
    }));
    const store = new SearchStore()
      .add(1, said, { age: 0 })
      .addRows(2, [...copied, ...own])
      .addRows(4, copied);
    for (const index of both) {
      const page = await store.search("needle", { index, perSession: 10 });
      expect(page.total).toBe(3);
      const all = page.hits.flatMap(({ matches }) => matches);
      expect(all.length).toBe(3);
      expect(all.map(({ copies }) => copies.length).sort()).toEqual([0, 2, 2]);
    }
  });

  test("of a long message are short", async () => {
    const store = new SearchStore().add(1, [`${filler(20_000)} needle ${filler(20_000)}`]);
    for (const index of both) {
      const [hit] = (await store.search("needle", { index, context: 30 })).hits[0]?.matches ?? [];
      expect(hit?.snippet).toMatch(/^….{10,50}needle.{10,50}…$/);
    }
  });
});

describe("pages", () => {
  const many = (): SearchStore => {
    const store = new SearchStore();
    for (let n = 1; n <= 25; n++) store.add(n, [`needle ${filler(n)}`], { age: n });
    return store;
  };

  test.each(both)("have every session once (index: %s)", async (index) => {
    const store = many();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.search("needle", { index, limit: 7, ...(cursor !== undefined && { cursor }) });
      expect([page.total, page.totalIs]).toEqual([25, "exact"]);
      seen.push(...page.hits.map(({ session }) => session.sessionId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    const whole = await store.search("needle", { index, limit: 100 });
    expect(seen).toEqual(whole.hits.map(({ session }) => session.sessionId));
  });

  test("go on after the store has changed: what did not change comes once", async () => {
    const store = many();
    const first = await store.search("needle", { limit: 10 });
    for (let n = 30; n <= 60; n++) store.add(n, [`needle needle ${filler(400)}`], { age: n });
    store.add(5, [`needle ${filler(5)}`, answer("needle needle needle")], { age: 0 });
    const seen = first.hits.map(({ session }) => session.sessionId);
    for (let cursor = first.nextCursor; cursor !== undefined;) {
      const page: Awaited<ReturnType<SearchStore["search"]>> = await store.search("needle", { limit: 10, cursor });
      seen.push(...page.hits.map(({ session }) => session.sessionId));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (let n = 1; n <= 25; n++) expect(seen).toContain(sessionId(n));
  });

  test("leave out the session that asks, and say so", async () => {
    const store = many();
    for (const index of both) {
      const page = await store.search("needle", { index, asking: sessionId(3), limit: 100 });
      expect([page.total, page.hits.length]).toEqual([24, 24]);
      expect(page.notes.map(({ code }) => code)).toEqual(["asking"]);
      const other = await store.search("filler24", { index, asking: sessionId(3), limit: 100 });
      expect(other.notes).toEqual([]);
    }
  });

  test("are refused for a cursor that is not theirs, and for other numbers", async () => {
    const store = many();
    const { nextCursor = "" } = await store.search("needle", { limit: 5 });
    const changed = `${nextCursor.slice(0, 20)}${nextCursor[20] === "A" ? "B" : "A"}${nextCursor.slice(21)}`;
    for (const cursor of ["", "x", "50", changed, `${nextCursor}AAAA`]) {
      await expect(store.search("needle", { cursor })).rejects.toThrow("it was not made by this program");
    }
    await expect(store.search("filler1", { cursor: nextCursor })).rejects.toThrow("it belongs to another search");
    await expect(store.search("filler1", { cursor: nextCursor })).rejects.toThrow(InvalidCursorError);
    await expect(store.search("needle", { limit: 0 })).rejects.toThrow(
      'limit must be an integer from 1 to 500, got "0"',
    );
    await expect(store.search("needle", { context: 1.5 })).rejects.toThrow(InvalidArgumentError);
  });

  test("of literal text are verified: exactly for few places, else the total is at most", async () => {
    const store = new SearchStore();
    for (let n = 1; n <= 6; n++) store.add(n, [n % 2 === 0 ? "call foo.bar() now" : "call foo bar now"]);
    expect(
      numbers(await store.search('"foo.bar()"'))
        .split(" ")
        .sort()
        .join(" "),
    ).toBe("2 4 6");
    expect(
      numbers(await store.search('-"foo.bar()"'))
        .split(" ")
        .sort()
        .join(" "),
    ).toBe("1 3 5");
    for (let n = 7; n <= 150; n++) store.add(n, [n % 2 === 0 ? "call foo.bar() now" : "call foo bar now"]);
    const page = await store.search('"foo.bar()"', { limit: 200 });
    expect([page.hits.length, page.total, page.totalIs]).toEqual([75, 150, "at most"]);
    const without = await store.search('-"foo.bar()" call', { limit: 200 });
    expect([without.hits.length, without.total, without.totalIs]).toEqual([75, 150, "at most"]);
  });
});
