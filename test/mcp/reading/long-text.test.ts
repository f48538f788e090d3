import fc from "fast-check";
import { expect, test } from "vitest";
import { noted } from "../../../src/view/sanitise.ts";
import { isHalf, joined, type TextPiece } from "../../../src/mcp/reading/long-text.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { ToolResults } from "../../../src/store/read/tool-results.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

const { signal } = new AbortController();

function stored(text: string): TextPiece {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl([user(1, null)]));
  put(dir, `projects/-w/${sessionId(1)}/tool-results/a.txt`, text);
  const file = new ToolResults(requireSession(sessionId(1), { configDirs: [dir] })).find("a.txt");
  if (file === undefined) throw new Error("it is not found");
  return file;
}

const own = (text: string, ...places: number[]): TextPiece => ({ text, own: places });

test("pieces are one text, with the places of our words in it", async () => {
  const { text, own: places } = await joined([own("→ a\n", 0), stored("file\n"), own("\n[b]", 1)], signal);
  expect([text.slice(0, text.length), text.length, places]).toEqual(["→ a\nfile\n[b]", 12, [0, 9]]);
});

test.for([
  ["lines", "line é\u001B[31m with a sequence\n".repeat(200_000)],
  ["one line", "é漢🗾\u200B ".repeat(400_000)],
] as const)("a file that is not held is read in slices as if it were: %s", async ([, file]) => {
  const whole = `before ${noted(file)} after`;
  const { text } = await joined([own("before "), stored(file), own(" after")], signal);
  expect(typeof text).toBe("object");
  expect(text.length).toBe(whole.length);
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(300_000), (from, units) => {
      expect(text.slice(from, from + units) === whole.slice(from, from + units)).toBe(true);
      expect(isHalf(text, from)).toBe(isHalf(whole, from));
    }),
    { numRuns: runs(15) },
  );
  expect(text.slice(0, 9)).toBe(whole.slice(0, 9));
  expect(text.slice(whole.length - 9, whole.length)).toBe(whole.slice(-9));
});

test("how many control sequences were in a file is known", async () => {
  expect((await joined([stored("\u001B[31ma\u001B[0m")], signal)).sequences).toBe(2);
  expect((await joined([stored("\u001B[31ma\u001B[0m\n".repeat(500_000))], signal)).sequences).toBe(1_000_000);
});

test("looking through a long file ends when it is given up", async () => {
  const stop = AbortSignal.abort(new Error("enough"));
  await expect(joined([stored("a line\n".repeat(1_000_000))], stop)).rejects.toThrow("enough");
});
