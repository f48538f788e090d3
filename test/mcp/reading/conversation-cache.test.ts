import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Conversation } from "../../../src/mcp/reading/row-names.ts";
import { withConversation } from "../../../src/mcp/reading/conversation-cache.ts";
import { openStore, type Store } from "../../../src/open/open-store.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

/** A store with so many sessions that have not changed for a while, and what was opened and closed of it. */
async function storeOf(count: number) {
  const dir = tempConfigDir();
  const files = Array.from({ length: count }, (_, n) =>
    put(dir, `projects/-w/${sessionId(n + 1)}.jsonl`, conversation(sessionId(n + 1), `Prompt ${n + 1}`, "Answer")),
  );
  // What changed just now could change again unseen, so it would be opened each time.
  await sleep(150);
  const store = openStore([dir]);
  const seen = { opened: 0, closed: 0 };
  const tried = { count: 0 };
  const counting: Store = {
    ...store,
    async conversation(copy, options) {
      tried.count++;
      const open = await store.conversation(copy, options);
      seen.opened++;
      const close = open.close.bind(open);
      return Object.assign(open, {
        close: () => {
          seen.closed++;
          close();
        },
      });
    },
  };
  const read = async (n: number, work = firstText, signal = new AbortController().signal, agentId?: string) =>
    withConversation(counting, await store.find(sessionId(n)), { agentId, signal }, work);
  return { files, seen, tried, read };
}

const firstText = async ({ open }: Conversation): Promise<string> =>
  JSON.stringify(open.length === 0 ? undefined : open.entry(0).message.message);

describe("a conversation that lies open", () => {
  test("is opened once for calls that follow, and for calls at the same time", async () => {
    const { seen, read } = await storeOf(1);
    expect(await Promise.all(Array.from({ length: 20 }, () => read(1)))).toEqual(
      Array.from({ length: 20 }, () => expect.stringContaining("Prompt 1") as unknown),
    );
    await read(1);
    expect(seen).toEqual({ opened: 1, closed: 0 });
  });

  test("is opened again when its file has changed, and closed when nobody reads it any more", async () => {
    const { files, seen, read } = await storeOf(1);
    let changed = "";
    await read(1, async (old) => {
      fs.writeFileSync(files[0] ?? "", conversation(sessionId(1), "Another", "Answer", "More"));
      changed = await read(1);
      expect(seen).toEqual({ opened: 2, closed: 0 });
      return firstText(old);
    });
    expect(changed).toContain("Another");
    expect(seen).toEqual({ opened: 2, closed: 1 });
  });

  test("holds a limited number, and closes the least recently used", async () => {
    const { seen, read } = await storeOf(9);
    for (let n = 1; n <= 9; n++) await read(n);
    await sleep(0);
    await expect.poll(() => seen).toEqual({ opened: 9, closed: 5 });
    await read(9);
    expect(seen.opened).toBe(9);
    await read(1);
    expect(seen.opened).toBe(10);
  });

  test("is not waited for by a call that was cancelled; one that still waits gets it", async () => {
    const { seen, read } = await storeOf(1);
    const stop = new AbortController();
    const cancelled = read(1, firstText, stop.signal);
    const waits = read(1);
    stop.abort(new Error("not wanted"));
    await expect(cancelled).rejects.toThrow("not wanted");
    expect(await waits).toContain("Prompt 1");
    expect(seen).toEqual({ opened: 1, closed: 0 });
  });

  test("is closed when the only call that wanted it was cancelled, and opened anew for the next", async () => {
    const { seen, read } = await storeOf(1);
    await expect(read(1, firstText, AbortSignal.abort(new Error("not wanted")))).rejects.toThrow("not wanted");
    expect(await read(1)).toContain("Prompt 1");
    await sleep(20);
    await expect.poll(() => seen.opened - seen.closed).toBe(1);
  });

  test("that cannot be opened fails each time anew", async () => {
    const { seen, tried, read } = await storeOf(1);
    for (let i = 0; i < 2; i++) {
      await expect(read(1, firstText, new AbortController().signal, "nobody")).rejects.toThrow("no subagent nobody");
    }
    expect(tried.count).toBe(2);
    expect(seen).toEqual({ opened: 0, closed: 0 });
  });

  test("tells how far its reading has come", async () => {
    const dir = tempConfigDir();
    const texts = Array.from({ length: 100 }, () => "word ".repeat(20_000));
    const file = put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), ...texts));
    const store = openStore([dir]);
    const told: number[] = [];
    const { size } = fs.statSync(file);
    const progress = (done: number, total?: number): void => {
      expect(total).toBe(size);
      told.push(done);
    };
    const { signal } = new AbortController();
    await withConversation(store, await store.find(sessionId(1)), { agentId: undefined, signal, progress }, firstText);
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBeLessThanOrEqual(size);
  });

  test("stays usable when the work with it fails", async () => {
    const { seen, read } = await storeOf(1);
    await expect(read(1, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await read(1)).toContain("Prompt 1");
    expect(seen).toEqual({ opened: 1, closed: 0 });
  });
});
