import fs from "node:fs";
import { expect, test } from "vitest";
import { refresh } from "../../../src/catalog/refresh/refresh.ts";
import { notIndexed, sessionsInFiles } from "../../../src/catalog/search/scan-sessions.ts";
import { tempCatalog } from "../../support/catalog.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

test("a session is indexed when every byte of each of its files is", async () => {
  const dir = tempConfigDir();
  const write = (name: string, text: string): string => put(dir, `projects/-w/${name}`, text);
  const [grown, whole, another] = [1, 2, 3].map((n) =>
    write(`${sessionId(n)}.jsonl`, conversation(sessionId(n), "hi")),
  );
  const catalog = await tempCatalog(dir);
  const left = async (): Promise<string[]> => {
    const sessions = await sessionsInFiles(dir, { scope: undefined, signal: undefined }, []);
    return (await notIndexed(catalog.database, sessions)).map(({ path }) => path);
  };
  expect((await left()).sort()).toEqual([grown, whole, another].sort());
  await refresh(catalog);
  expect(await left()).toEqual([]);
  fs.appendFileSync(String(grown), conversation(sessionId(1), "more"));
  write(`${sessionId(3)}/subagents/agent-x.jsonl`, conversation(sessionId(3), "sub"));
  expect((await left()).sort()).toEqual([grown, another].sort());
  // What a build has begun to read is not whole.
  catalog.database.exec("UPDATE file SET size = -1 WHERE path LIKE '%-000000000002.jsonl'");
  expect((await left()).sort()).toEqual([grown, whole, another].sort());
});
