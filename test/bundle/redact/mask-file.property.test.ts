import fs from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { complete } from "../../../src/bundle/redact/identity.ts";
import { MaskTally } from "../../../src/bundle/redact/mask-tally.ts";
import { Redaction } from "../../../src/bundle/redact/redaction.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";
import { SECRET_KINDS } from "../../support/planted-secrets.ts";
import { runs } from "../../support/runs.ts";

const SECRETS = Object.values(SECRET_KINDS).map((make, i) => make(i * 10 + 1));
/** Any text, now and then with a secret or a name in it. */
const texts = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary" }) },
  fc
    .tuple(fc.string(), fc.constantFrom(...SECRETS), fc.string())
    .map(([before, { text }, after]) => `${before} ${text} ${after}`),
  fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before} /home/jane/x, jane: ${after}`),
);
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    texts,
    fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(texts, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const rows = fc.array(
  fc.record({ type: fc.constantFrom("user", "system"), uuid: fc.uuid(), message: values, toolUseResult: values }),
  { maxLength: 4 },
);

/** Writes a row as JSON, with an escape for each letter and digit if `escapes`, but for the format's own. */
const written = (row: unknown, escapes: boolean): string => {
  const escape = (sign: string): string =>
    sign.startsWith("\\") ? sign : `\\u00${sign.charCodeAt(0).toString(16).padStart(2, "0")}`;
  const ofFormat = /^"(?:type|uuid|message|toolUseResult|user|system|[0-9a-f]{8}-[0-9a-f-]{27})"$/;
  const json = JSON.stringify(row);
  if (!escapes) return json;
  return json.replace(/"(?:[^"\\]|\\.)*"/g, (string) =>
    ofFormat.test(string) ? string : string.replace(/\\u[0-9a-f]{4}|\\.|[A-Za-z0-9]/g, escape),
  );
};

/** The shape of a value: what it is without its strings. */
const shapeOf = (value: unknown): unknown => {
  if (typeof value === "string") return "";
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === "object" && value !== null) return Object.values(value).map(shapeOf);
  return value;
};

test("rows of any content keep their shape and their ids, and have no secret", async () => {
  const dir = tempConfigDir();
  let n = 0;
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), async (given, escapes) => {
      const before = given.map((row) => `${written(row, escapes)}\n`).join("");
      const file = put(dir, `${n++}.jsonl`, before);
      const redaction = new Redaction(complete({ homes: ["/home/jane"], users: ["jane"], hosts: [] }));
      const bytes = Buffer.byteLength(before);
      expect(await redaction.readFile(() => fs.openSync(file, "r"), file, bytes)).toBeUndefined();
      await redaction.end();
      const fd = fs.openSync(file, "r");
      const after = Buffer.concat([...redaction.content(fd, file, bytes, new MaskTally())]).toString();
      fs.closeSync(fd);
      const parsed = after
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as (typeof given)[number]);
      expect(parsed.map(({ type, uuid }) => [type, uuid])).toEqual(given.map(({ type, uuid }) => [type, uuid]));
      expect(shapeOf(parsed)).toEqual(shapeOf(JSON.parse(JSON.stringify(given))));
      const strings = JSON.stringify(parsed);
      for (const { secret } of SECRETS)
        for (const part of secret.split("\n").filter((one) => !one.startsWith("-----")))
          expect(strings).not.toContain(JSON.stringify(part).slice(1, -1));
      expect(strings).not.toContain("/home/jane");
      expect(/redacted/.test(after) || after === before).toBe(true);
    }),
    { numRuns: runs(100) },
  );
});

test("keys that are masked alike stay two, and a value of a tool's input is none of the format", async () => {
  const input = {
    "/home/jane": 1,
    "/home/jane/": 2,
    jane: { model: "/home/jane/m.gguf" },
    Jane: [{ jane: 1 }, { jane: 1 }],
  };
  const before = `${JSON.stringify({ type: "jane", message: { role: "jane", content: [{ type: "tool_use", input }] } })}\n`;
  const file = put(tempConfigDir(), "a.jsonl", before);
  const redaction = new Redaction(complete({ homes: ["/home/jane"], users: ["jane"], hosts: [] }));
  await redaction.readFile(() => fs.openSync(file, "r"), file, before.length);
  await redaction.end();
  const fd = fs.openSync(file, "r");
  const after = Buffer.concat([...redaction.content(fd, file, before.length, new MaskTally())]).toString();
  fs.closeSync(fd);
  expect(JSON.parse(after)).toEqual({
    type: "jane",
    message: {
      role: "jane",
      content: [
        {
          type: "tool_use",
          input: {
            "/redacted-home": 1,
            "/redacted-home/": 2,
            "redacted-user": { model: "/redacted-home/m.gguf" },
            "redacted-user-2": [{ "redacted-user": 1 }, { "redacted-user": 1 }],
          },
        },
      ],
    },
  });
});
