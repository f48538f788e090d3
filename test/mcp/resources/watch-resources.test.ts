import { expect, onTestFinished, test } from "vitest";
import type { Service } from "../../../src/mcp/core/service.ts";
import { openStore } from "../../../src/open/open-store.ts";
import type { ResourceWatch } from "../../../src/mcp/core/server-definition.ts";
import { watchResources } from "../../../src/mcp/resources/watch-resources.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const uriOf = (n: number, cursor = ""): string => `claude-transcripts://session/${sessionId(n)}${cursor}`;

/** A watch, and what it told so far. */
function watched(dir: string): { readonly watch: ResourceWatch; readonly updated: string[] } {
  const service: Service = {
    store: openStore([dir]),
    options: {
      projectDir: undefined,
      cwd: dir,
      sessionId: undefined,
      startedByClient: false,
      includeProgrammatic: true,
    },
  };
  const updated: string[] = [];
  const watch = watchResources(service, { updated: (uri) => void updated.push(uri), listChanged: () => undefined });
  onTestFinished(() => watch.close());
  return { watch, updated };
}

test("a subagent's own rows are followed, not those of its session", async () => {
  const dir = tempConfigDir();
  const rows = conversation(sessionId(1), "a");
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, rows);
  put(dir, `projects/-w/${sessionId(1)}/subagents/agent-a1.jsonl`, rows);
  const { watch, updated } = watched(dir);
  expect(await watch.subscribe(`${uriOf(1)}/subagent/a1`)).toBe(true);
  expect(await watch.subscribe(`${uriOf(1)}/subagent/a2`)).toBe(false);
  let more = rows;
  await expect
    .poll(() => {
      put(dir, `projects/-w/${sessionId(1)}/subagents/agent-a1.jsonl`, (more += "{}\n"));
      put(dir, `projects/-w/${sessionId(1)}.jsonl`, more);
      return updated.length;
    })
    .toBeGreaterThan(0);
  expect(new Set(updated)).toEqual(new Set([`${uriOf(1)}/subagent/a1`]));
});

test("reports all resources of a file together, until each is unsubscribed", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "a"));
  const { watch, updated } = watched(dir);
  const both = [uriOf(1), `${uriOf(1)}/raw`];
  for (const uri of both) expect(await watch.subscribe(uri)).toBe(true);
  let rows = "";
  const write = (): number => {
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, (rows += "{}\n"));
    return new Set(updated).size;
  };
  await expect.poll(write).toBe(2);
  watch.unsubscribe(uriOf(1));
  updated.length = 0;
  await expect.poll(write).toBe(1);
  expect(updated).toContain(`${uriOf(1)}/raw`);
});

test("refuses subscriptions above the limit, and says so", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "a"));
  const { watch } = watched(dir);
  for (let n = 0; n < 1000; n++) expect(await watch.subscribe(uriOf(1, `?cursor=${n}`))).toBe(true);
  await expect(watch.subscribe(uriOf(1))).rejects.toThrow(/limit of 1000 subscriptions/);
  expect(await watch.subscribe(uriOf(1, "?cursor=0"))).toBe(true);
  watch.unsubscribe(uriOf(1, "?cursor=0"));
  expect(await watch.subscribe(uriOf(1))).toBe(true);
});
