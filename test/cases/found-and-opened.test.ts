import { describe, expect, test, vi } from "vitest";
import path from "node:path";
import { search } from "../../src/acp/sessions/search.ts";
import { runSearch } from "../../src/cli/search/search-run.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { forkSession, type SearchPage, searchTranscripts } from "../../src/index.ts";
import { openStore } from "../../src/open/open-store.ts";
import { tempConfigDir } from "../support/config-dir.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

/** A match opens under its id on every surface, also if its own row has none: a prompt in the queue, a stored output. */
const QUEUE = { name: "queued-only-in-queue-operation", id: "27f237e6-b7f9-4587-8620-2ff3607ad88a" };
const OUTPUT = { name: "persisted-output", id: "bb7f5ae6-220c-4828-85ec-91faf054197c" };

const matchesIn = (page: SearchPage): SearchPage["hits"][number]["matches"] =>
  page.hits.flatMap(({ matches }) => matches);

describe.each([true, false])("with an index: %s", (index) => {
  const find = async (dir: string, query: string): Promise<SearchPage["hits"][number]["matches"]> => {
    vi.stubEnv("XDG_CACHE_HOME", path.join(tempConfigDir(), "cache"));
    return matchesIn(await searchTranscripts({ configDirs: [dir], query, index }));
  };

  test.for([
    [QUEUE, '"fail on my machine"', "does it also fail on my machine?"],
    [QUEUE, '"push it as well"', "push it as well please"],
    [QUEUE, '"then commit"', "and then commit"],
    [OUTPUT, "line 1999", undefined],
  ] as const)("%o: %s is one match, with the id of what shows it", async ([{ name, id }, query, words]) => {
    const dir = caseConfigDir(name);
    const matches = await find(dir, query);
    expect(matches).toHaveLength(1);
    const [{ uuid = "", notShown, snippet, marks } = { snippet: "", marks: [] }] = matches;
    expect(notShown).toBeUndefined();
    const [[from, to] = [0, 0]] = marks;
    const found = words ?? snippet.slice(from, to);

    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [id], { around: uuid.slice(0, 8), context: "0", full: true }));
    expect(terminal.out).toContain(found);
    const client = await connectMcpHere(dir);
    const args = { session: id, id: uuid, maxTokens: 20_000 };
    expect((await client.call("get_message", args)).isError).toBe(false);
    const { structured } = await client.call("search_sessions", { query, scope: "all" });
    const { hits } = structured as { hits: { matches: { read: object }[] }[] };
    const read = hits[0]?.matches[0]?.read ?? {};
    expect(read).toMatchObject({ around: uuid });
    expect((await client.call("read_session", { ...read })).text).toContain(found);
    const { updates } = await onEverySurface(dir, id);
    expect(JSON.stringify(updates)).toContain(
      name === QUEUE.name ? `"messageId":"${uuid}"` : '"toolCallId":"toolu_x1"',
    );
  });

  test("what was taken back is found with that note, and no command to open it", async () => {
    const dir = caseConfigDir(QUEUE.name);
    const matches = await find(dir, '"wrong branch"');
    expect(matches).toMatchObject([{ uuid: undefined, notShown: "taken back before it was sent" }]);

    const terminal = new FakeTerminal();
    await runSearch(invocation(terminal, dir, ['"wrong branch"'], { "no-index": !index }));
    expect(terminal.out).toMatch(/stop that, wrong branch \(taken back before it was sent: not shown\)/);
    expect(terminal.err).not.toMatch(/To read around a match/);
    const client = await connectMcpHere(dir);
    const found = (await client.call("search_sessions", { query: '"wrong branch"', scope: "all" })).text;
    expect(found).toMatch(/taken back before it was sent {2}stop that/);
    expect(found).not.toMatch(/read_session \{/);
    const store = openStore([dir]);
    const { hits } = await search(store, {
      query: '"wrong branch"',
      cursor: undefined,
      includeWorktrees: true,
      includeProgrammatic: true,
    });
    expect(hits[0]?.matches).toMatchObject([{ notShown: "taken back before it was sent" }]);
    expect(hits[0]?.matches[0]).not.toHaveProperty("messageId");
  });

  test("a fork has its prompts too", async () => {
    const dir = caseConfigDir(QUEUE.name);
    const { sessionId } = await forkSession(QUEUE.id, { configDirs: [dir] });
    const page = await searchTranscripts({ configDirs: [dir], query: '"fail on my machine"', index, perSession: 10 });
    const [match, ...others] = matchesIn(page);
    expect(others).toEqual([]);
    expect(page.total).toBe(2);
    expect(match?.copies).toHaveLength(1);
    expect([QUEUE.id, sessionId]).toContain(match?.copies[0]?.sessionId);
  });
});
