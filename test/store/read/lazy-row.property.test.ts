import fs from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRead } from "../../../src/store/disk/fs.ts";
import { TranscriptFile } from "../../../src/store/read/transcript-file.ts";
import { anyCodePoint } from "../../support/any-text.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";

const long = (text: string, times: number): string => `${text}0123456789\n"\\/\t é→\u{1f600} `.repeat(times);

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc
    .tuple(fc.string({ unit: anyCodePoint, maxLength: 6 }), fc.integer({ min: 10, max: 60 }))
    .map(([s, n]) => long(s, n)),
  fc.integer({ min: 500, max: 700 }).map((n) => "x".repeat(n)),
  fc.constantFrom("\u2028".repeat(600), "\ud800".repeat(100), "\u001b[1m".repeat(200), "```\n".repeat(200)),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    text,
    fc.constantFrom(null, true, 0, 1.5e300),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("text", "content", "thinking", "stdout", "file", "type", "__proto__"), tie("any"), {
      maxKeys: 5,
    }),
  ),
})).any;
const block = fc.oneof(
  fc.record({ type: fc.constantFrom("text", "thinking"), text, thinking: text }),
  fc.record({ type: fc.constant("tool_use"), id: fc.constant("t"), name: fc.constant("Write"), input: value }),
  fc.record({ type: fc.constant("tool_result"), tool_use_id: fc.constant("t"), content: value }),
  value,
);
const row = fc.record(
  {
    type: fc.constantFrom("user", "assistant", "system"),
    subtype: fc.constant("voice_call_talk"),
    cwd: fc.oneof(fc.constantFrom("/w", "/ü", 7, null), text),
    message: fc.oneof(fc.record({ id: text, content: fc.oneof(text, fc.array(block, { maxLength: 4 })) }), value),
    toolUseResult: fc.oneof(value, fc.record({ stdout: text, file: fc.record({ content: text }) })),
  },
  { requiredKeys: ["type", "message"] },
);

/** What others than Claude Code, and accidents, make of a row. */
const EDITS: readonly ((json: string, at: number) => string)[] = [
  (json) => json,
  (json) => json.replace('"content":', String.raw`"cont\u0065nt":`),
  (json) => json.replace('"message":', String.raw`"mess\u0061ge":`),
  (json) => json.replace('"text":', `"text":"${"y".repeat(600)}","text":`),
  (json) => json.replace('"content":', `"content":"${"y".repeat(600)}","content":`),
  (json) =>
    json.replace("{", `{"message":{"content":"${"z".repeat(600)}"},"toolUseResult":{"stdout":"${"z".repeat(600)}"},`),
  (json) => json.replaceAll('":', '" : '),
  (json) => json.replaceAll("0123", "01\u000123"),
  (json) => json.replaceAll("0123", String.raw`01\x23`),
  (json) => json.replaceAll("0123", String.raw`\u0030\/\b`),
  (json, at) => json.slice(0, at) + json.slice(at + 1),
  (json, at) => `${json.slice(0, at)}"${json.slice(at)}`,
  (json, at) => `${json.slice(0, at)}\u2028${json.slice(at)}`,
];
const written = fc
  .tuple(
    row,
    fc.array(fc.tuple(fc.nat(EDITS.length - 1), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 2 }),
  )
  .map(([parts, edits]) =>
    edits.reduce(
      (json, [edit, at]) => EDITS[edit]?.(json, Math.floor(json.length * at)) ?? json,
      JSON.stringify(parts),
    ),
  );
/** Bytes that are no UTF-8. */
const spoilt = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 });

test("a row that is read in parts has the values of the whole row, and the texts to copy are those of the row", async () => {
  const dir = tempConfigDir();
  let apart = 0;
  let copied = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(written, spoilt), { minLength: 1, maxLength: 4 }), async (rows) => {
      const lines = rows.map(([json, at], n) => {
        const named = json.replace("{", `{"uuid":"00000000-0000-4000-8000-00000000000${n}",`);
        const bytes = Buffer.from(`${named.replaceAll("\n", " ")}\n`);
        if (at !== null) bytes[Math.floor((bytes.length - 1) * at)] = 0xff;
        return bytes;
      });
      const file = await TranscriptFile.read(openRead(put(dir, "t.jsonl", Buffer.concat(lines))));
      try {
        for (let n = 0; n < file.index.count; n++) {
          const whole = file.load(n);
          const parts = file.lazyRow(n);
          if (parts === undefined) continue;
          apart++;
          expect(whole["type"]).toMatch(/^(user|assistant)$/);
          expect(parts.message).toEqual(whole["message"]);
          expect(parts.toolUseResult).toEqual(whole["toolUseResult"]);
          expect(parts.cwd).toEqual(whole["cwd"]);
          for (const { text: value, json } of parts.texts) {
            copied++;
            expect(JSON.parse(json)).toBe(value);
          }
        }
      } finally {
        file.close();
      }
    }),
    { numRuns: runs(600) },
  );
  // The property is about something.
  expect(apart).toBeGreaterThan(runs(60));
  expect(copied).toBeGreaterThan(runs(20));
});

test("a file that is another by now gives what stands there, or nothing", async () => {
  const content = [{ type: "text", text: "a".repeat(1000) }];
  const line = (text: string): string =>
    `${JSON.stringify({ type: "assistant", uuid: "u", message: { content: [{ ...content[0], text }] } })}\n`;
  const path = put(tempConfigDir(), "t.jsonl", line("a".repeat(1000)));
  for (const [now, message] of [
    [line("b".repeat(1000)).replace("bb", 'b"'), undefined],
    ["x".repeat(2000), undefined],
    ["", undefined],
    [line("c".repeat(1000)), { content: [{ type: "text", text: "c".repeat(1000) }] }],
  ] as const) {
    fs.writeFileSync(path, line("a".repeat(1000)));
    const file = await TranscriptFile.read(openRead(path));
    fs.writeFileSync(path, now);
    expect(file.lazyRow(0)?.message).toEqual(message);
    file.close();
  }
});
