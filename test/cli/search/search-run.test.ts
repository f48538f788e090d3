import { beforeEach, expect, test, vi } from "vitest";
import { runSearch } from "../../../src/cli/search/search-run.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

function store(): string {
  const dir = tempConfigDir();
  const [first, second] = [sessionId(1), sessionId(2)];
  put(
    dir,
    `projects/-w/${first}.jsonl`,
    conversation(first, "Where is the walrus?", "The walrus \u001b[31msleeps\u001b[0m here."),
  );
  put(dir, `projects/-w/${second}.jsonl`, conversation(second, "Paint the fence", "Painted"));
  return dir;
}

async function search(
  query: string[],
  values: object = {},
  json = false,
): Promise<{ code: number; terminal: FakeTerminal }> {
  const terminal = new FakeTerminal();
  const code = await runSearch({ ...invocation(terminal, store(), query, { ...values }), json });
  return { code, terminal };
}

test.each([false, true])("the messages that match are shown below their session (no-index: %s)", async (noIndex) => {
  const { code, terminal } = await search(["walrus"], { "no-index": noIndex });
  expect(code).toBe(0);
  expect(terminal.out).toContain("Where is the walrus?");
  expect(terminal.out).toContain("The walrus sleeps here.");
  expect(terminal.out).not.toContain("fence");
});

test("nothing found is exit code 1, and says how much was searched", async () => {
  const { code, terminal } = await search(["giraffe"]);
  expect(code).toBe(1);
  expect(terminal.out).toBe("");
  expect(terminal.err).toContain("Nothing found in 2 sessions.");
});

test("several arguments are one query, and all their words must be there", async () => {
  expect((await search(["walrus", "fence"])).code).toBe(1);
  expect((await search(["walrus", "OR", "fence"])).code).toBe(0);
});

test("--json prints the page", async () => {
  const { code, terminal } = await search(["fence"], {}, true);
  expect(code).toBe(0);
  const page = JSON.parse(terminal.out) as { total: number; hits: { session: { sessionId: string } }[] };
  expect(page.total).toBe(1);
  expect(page.hits.map(({ session }) => session.sessionId)).toEqual([sessionId(2)]);
});

test("a query is required, and numbers are checked", async () => {
  await expect(search([" "])).rejects.toThrow("a query is required");
  await expect(search(["x"], { limit: "0" })).rejects.toThrow('--limit must be an integer from 1 to 500, got "0"');
  await expect(search(["x"], { context: "5" })).rejects.toThrow(
    '--context must be an integer from 10 to 10000, got "5"',
  );
  await expect(search(["in:said"])).rejects.toThrow("without a word to look for, in: and role: do nothing");
});
