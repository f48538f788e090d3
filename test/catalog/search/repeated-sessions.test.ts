/** Forks that only repeat what a page shows: each surface counts them, and says why they are not there. */
import { expect, test } from "vitest";
import { search } from "../../../src/acp/sessions/search.ts";
import { runSearch } from "../../../src/cli/search/search-run.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { sessionId } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";
import { rowsOf, SearchStore, uuidOf } from "./search-store.ts";

const ONE = "1 more session matches, not shown because it only repeats messages of these";
const TWO = "2 more sessions match, not shown because they only repeat messages of these";

/** A session with the forks 2 to `last`. */
function storeWithForks(last: number): SearchStore {
  const store = new SearchStore().add(1, ["a needle"]);
  for (let n = 2; n <= last; n++) {
    const copies = rowsOf(n, ["a needle"]).map((row, i) => ({
      ...row,
      forkedFrom: { sessionId: sessionId(1), messageUuid: uuidOf(1, i) },
    }));
    store.addRows(n, copies);
  }
  return store;
}

const ANY = { cursor: undefined, includeWorktrees: true, includeProgrammatic: true };
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

test.each([
  [1, []],
  [2, [ONE]],
  [3, [TWO]],
])("of a message in %i sessions", async (last, texts) => {
  const store = storeWithForks(last);
  const { configDir } = store;
  const notes = texts.map((text) => ({ code: "repeated", text }));
  for (const index of [true, false])
    expect(await store.search("needle", { index })).toMatchObject({ total: last, notes });
  expect(await search(openStore([configDir]), { ...ANY, query: "needle" })).toMatchObject({ notes });
  const terminal = new FakeTerminal();
  await runSearch(invocation(terminal, configDir, ["needle"], {}));
  expect(terminal.err.split("\n").filter((line) => line.includes("not shown"))).toEqual(texts.map(capital));
  const mcp = await connectMcpHere(configDir);
  const answer = await mcp.call("search_sessions", { query: "needle", scope: "all" });
  const { notes: told = [] } = answer.structured as { notes?: string[] };
  expect(told.filter((note) => note.includes("not shown"))).toEqual(texts.map(capital));
});

test("a page says it of its own sessions", async () => {
  const store = storeWithForks(2).add(5, ["a needle, and a needle"]).add(6, ["a needle too"], { age: 9 });
  const told: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search("needle", { limit: 1, cursor });
    told.push(page.notes.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const whole = await store.search("needle");
  expect([whole.total, whole.hits.length, whole.notes.length]).toEqual([4, 3, 1]);
  // A fork on another page than its origin is shown.
  expect(told).toEqual([0, 0, 0, 0]);
});
