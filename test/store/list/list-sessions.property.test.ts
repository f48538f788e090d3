import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { getSessionInfo } from "../../../src/store/list/session-info.ts";
import { listSessions } from "../../../src/store/list/list-sessions.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const GOOD = sessionId(2);

const KEYS = [
  "type",
  "uuid",
  "parentUuid",
  "isSidechain",
  "isMeta",
  "isCompactSummary",
  "message",
  "timestamp",
  "cwd",
  "gitBranch",
  "entrypoint",
  "sessionKind",
  "customTitle",
  "aiTitle",
  "tag",
  "lastPrompt",
  "summary",
  "relocatedCwd",
  "continuedInSessionId",
  "forkedFrom",
  "attachment",
  "origin",
  "__proto__",
  "constructor",
  "toString",
];
const TYPES = [
  "user",
  "assistant",
  "system",
  "attachment",
  "custom-title",
  "ai-title",
  "tag",
  "relocated",
  "continued-in",
];
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(...TYPES, true, null, "2026-01-01T00:00:00Z", GOOD, {
    content: [{ type: "text", text: "t" }],
  }),
);
const row = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 8 })
  .map((entries) => `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(",")}}`);
const line = fc.oneof(
  row.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(row, fc.nat(200)).map(([text, at]) => Buffer.from(text).subarray(0, at)),
  fc.tuple(row, row).map(([a, b]) => Buffer.from(a + b)),
);

/** Everything that reads a list, of a config dir. */
async function readAll(dir: string): Promise<string[]> {
  const options = { configDirs: [dir] };
  const listed = await listSessions(options);
  await listSessions({ ...options, limit: 1, includeProgrammatic: false });
  await listSessionPage({ ...options, archived: "include" });
  const full = await listSessionPage({ ...options, metadata: "full", archived: "include" });
  await getSessionInfo(ID, options);
  return [...new Set([...listed, ...full.sessions].map((session) => session.sessionId))];
}

describe("reading a list", () => {
  test("never throws for what is in a transcript, and a bad one costs no other", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${GOOD}.jsonl`, jsonl([user(1, null, "good"), assistant(2, 1)]));
    const property = fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, newline) => {
      const bytes = Buffer.concat(lines.flatMap((piece) => [piece, Buffer.from("\n")]));
      put(dir, `projects/-a/${ID}.jsonl`, newline ? bytes : bytes.subarray(0, -1));
      expect(await readAll(dir)).toContain(GOOD);
    });
    await fc.assert(property, { numRuns: runs(300) });
  });

  test("any bytes in front of a row or behind it leave its prompt and title", async () => {
    const dir = tempConfigDir();
    const garbage = fc
      .uint8Array({ maxLength: 80 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0 : byte))));
    const property = fc.asyncProperty(garbage, garbage, async (before, behind) => {
      const rows = Buffer.from(jsonl([user(1, null, "prompt"), { type: "custom-title", customTitle: "T" }]));
      const newline = Buffer.from("\n");
      put(dir, `projects/-a/${ID}.jsonl`, Buffer.concat([before, newline, rows, behind, newline]));
      expect(await listSessions({ configDirs: [dir] })).toMatchObject([{ firstPrompt: "prompt", customTitle: "T" }]);
    });
    await fc.assert(property, { numRuns: runs(200) });
  });

  test.each<[what: string, content: string | Uint8Array]>([
    ["nesting 20,000 deep", `{"type":"user","message":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}\n`],
    ["arrays 20,000 deep", `{"type":"user","message":{"content":${"[".repeat(20_000)}${"]".repeat(20_000)}}}\n`],
    ["nesting that does not end", `{"type":"user","message":${'{"a":['.repeat(20_000)}`],
    ["NULs", Buffer.alloc(300_000)],
    ["newlines", "\n".repeat(300_000)],
    ["braces", "{".repeat(300_000)],
    ["quotes", '"'.repeat(300_000)],
    ["openings of rows", '{"'.repeat(150_000)],
    ["cut rows", '{"type":"user","message":{"content":"'.repeat(10_000)],
    ["one byte", "{"],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from('{"type":"user","message":{"content":"'),
        Buffer.alloc(1000, 0xff),
        Buffer.from('"}}\n'),
      ]),
    ],
    [
      "a mark with a prototype",
      '{"__proto__":{"type":"user"},"type":"user","message":{"content":"p","__proto__":null}}\n',
    ],
  ])("survives %s", async (_what, content) => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, content);
    put(dir, `projects/-a/${GOOD}.jsonl`, jsonl([user(1, null, "good")]));
    expect(await readAll(dir)).toContain(GOOD);
  });

  test("changes nothing on the disk", async () => {
    const dir = tempConfigDir();
    const rows: Row[] = [user(1, null, "p"), { type: "custom-title", customTitle: "T" }];
    put(dir, `projects/-a/${ID}.jsonl`, jsonl(rows).trimEnd());
    put(dir, `projects/-a/${ID}/archived.json`, '{"archived":true,"at":"2030-01-01T00:00:00Z"}');
    put(dir, `projects/-a/${ID}/custom-title.json.tmp.1234`, "left behind");
    put(dir, `projects/-b/${GOOD}.jsonl`, '{"type":"user","mess');
    const before = snapshot(dir, { directoryTimes: true });
    await readAll(dir);
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test.runIf(process.platform !== "win32")("waits for no FIFO, whatever it is named", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${GOOD}.jsonl`, jsonl([user(1, null, "good")]));
    fs.mkdirSync(path.join(dir, `projects/-a/${GOOD}`));
    const names = [`${ID}.jsonl`, `${GOOD}/archived.json`, `${GOOD}/custom-title.json`];
    execFileSync(
      "mkfifo",
      names.map((name) => path.join(dir, "projects/-a", name)),
    );
    expect(await readAll(dir)).toEqual([GOOD]);
  });
});
