import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadSession, saveSession } from "../../../src/index.ts";
import { conversation, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { type SdkMessage, Stream } from "../../support/sdk-messages.ts";
import { together } from "../../support/together.ts";

const ID = sessionId(1);
const stream = new Stream(ID);
const messages: SdkMessage[] = Array.from({ length: 12 }, (_, i) =>
  i % 2 === 0 ? stream.user(`${i}`) : stream.answer([{ type: "text", text: `${i}` }]),
);
const ROUNDS = Array.from({ length: 2 }, (_, round) => round);

const save = (count: number, options = "{}"): string =>
  `return attempt(lib.saveSession(${JSON.stringify(ID)}, ${JSON.stringify(messages.slice(0, count))}, { ...where, cwd: "/w", ...${options} }));`;

test.for(ROUNDS)("two processes that save a session write each message once (%i)", async () => {
  const dir = tempConfigDir();
  const outcomes = await together([save(12), save(12)], dir);
  expect(outcomes.map((outcome) => (outcome as { written: number }).written).sort((a, b) => a - b)).toEqual([0, 12]);
  expect((await loadSession(ID, { configDirs: [dir] })).messages).toEqual(messages);
});

test.for(ROUNDS)("a save, one that replaces and a program that appends lose nothing of one another (%i)", async () => {
  const dir = tempConfigDir();
  const { transcriptPath } = await saveSession(ID, messages.slice(0, 4), { configDirs: [dir], cwd: "/w" });
  const row = (i: number): string =>
    conversation(ID, `typed ${i}`).replace(/"uuid":"[^"]+"/, `"uuid":"${sessionId(1000 + i)}"`);
  const rows = Array.from({ length: 40 }, (_, i) => row(i));
  // As Claude Code does: the file is opened for each row, and made again if it is gone.
  const append = `for (const row of ${JSON.stringify(rows)}) fs.appendFileSync(${JSON.stringify(transcriptPath)}, row); return 0;`;
  const [saved, replaced] = await together([save(12), save(6, "{ replace: true }"), append], dir);
  const refusals = [saved, replaced].filter((outcome) => typeof outcome !== "object");
  expect(refusals.filter((code) => code !== "SessionExists")).toEqual([]);
  const files = fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
  const lines = files.flatMap((text) => text.trimEnd().split("\n"));
  expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow();
  for (const one of rows) expect(lines.filter((line) => `${line}\n` === one).length).toBeGreaterThan(0);
  for (const { uuid } of messages.slice(0, 4)) expect(lines.some((line) => line.includes(String(uuid)))).toBe(true);
});
