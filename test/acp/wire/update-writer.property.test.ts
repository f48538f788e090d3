import { Writable } from "node:stream";
import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineWriter } from "../../../src/acp/wire/line-writer.ts";
import { updateWriter } from "../../../src/acp/wire/update-writer.ts";
import { anyCodePoint } from "../../support/any-text.ts";
import { runs } from "../../support/runs.ts";

const text = fc
  .tuple(fc.string({ unit: anyCodePoint, maxLength: 8 }), fc.integer({ min: 1, max: 90 }))
  .map(([unit, times]) => unit.repeat(times));
const texts = fc.array(text, { maxLength: 3 });

/** How a text is shown: as it is, in a fence, as a part of another, cut, not at all. */
const shown = fc.constantFrom<(text: string) => string>(
  (it) => it,
  (it) => `\`\`\`\n${it}\n\`\`\``,
  (it) => `\`\`\`\`console\n${it}\n\`\`\`\``,
  (it) => `${"before ".repeat(20)}\n${it}`,
  (it) => `${it}${it}`,
  (it) => it.slice(1),
  () => "\u007f0123456789abcdef00 \u2028".repeat(20),
  () => "other",
);

test("a line holds the update, whatever of it is copied", async () => {
  const written: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(Buffer.from(chunk));
      done();
    },
  });
  const out = new LineWriter(stream);
  const send = updateWriter(out)('s"\u2028');
  const updates: SessionUpdate[] = [];
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.tuple(fc.nat(3), shown), { maxLength: 4 }), async (stored, places) => {
      const show = ([at, how]: (typeof places)[number]): string => how(stored[at] ?? "");
      const content = places.map((place) => ({
        type: "content" as const,
        content: { type: "text" as const, text: show(place) },
      }));
      const update: SessionUpdate = {
        sessionUpdate: "tool_call_update",
        toolCallId: "t",
        content,
        rawOutput: { all: stored, ["__proto__"]: places.map(show) },
      };
      const before = JSON.stringify(update);
      await send(
        update,
        stored.map((it) => ({ text: it, json: JSON.stringify(it) })),
      );
      expect(JSON.stringify(update)).toBe(before);
      updates.push(JSON.parse(before));
    }),
    { numRuns: runs(400) },
  );
  await out.end();
  const lines = Buffer.concat(written).toString().split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    updates.map((update) => ({
      jsonrpc: "2.0",
      method: "session/update",
      params: { sessionId: 's"\u2028', update },
    })),
  );
  expect(lines.filter((line) => line.includes("\u2028"))).toEqual([]);
});
