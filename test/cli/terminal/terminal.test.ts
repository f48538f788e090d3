import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableLine, printableLines } from "../../../src/cli/terminal/terminal.ts";

test.for<[text: string, line: string]>([
  ["plain", "plain"],
  ["  two\n\tlines  ", "two lines"],
  ["\u001B[31mred\u001B[0m", "red"],
  ["\u001B]0;title\u0007after", "after"],
  ["\u001B]8;;https://x.y\u001B\\link\u001B]8;;\u001B\\", "link"],
  ["\u001B[31merror: \u0007no bell takes words away", "error: no bell takes words away"],
  ["\u001B]0;begun and never ended", "0;begun and never ended"],
  ["\u001BPq#0;2;0\u001B\\picture", "picture"],
  ["\u009B2J\u009D0;t\u009Ctext\u001B(B\u001B=\u001B", "text"],
  ["a\u0000b\u0008c\u007Fd\u0085e", "a b c d e"],
  ["a\u202Eb\u2066c", "abc"],
  ["a\u2028b\u2029c", "a b c"],
  ["half \uD83D", "half"],
  ["日本語 🗾", "日本語 🗾"],
])("%j is printed as %j", ([text, line]) => expect(printable(text)).toBe(line));

test.for<[text: string, line: string]>([
  ["  two   words ", "  two   words"],
  ["cd '/a  b\u00a0c'", "cd '/a  b\u00a0c'"],
  ["a\n\tb\u001B[2J", "a b"],
])("%j is printed as the line %j, its spaces as they are", ([text, line]) => expect(printableLine(text)).toBe(line));

test("line ends and tabs stay where there may be several lines", () => {
  expect(printableLines("a\r\nb\tc\rd\u2028e\u001B[2Jf\u0007")).toBe("a\nb\tc\nd\nef");
});

test("whatever a file holds, a terminal obeys nothing of it", () => {
  const unit = fc.constantFrom(
    "\u001B",
    "[",
    "]",
    "0",
    ";",
    "m",
    "\u0007",
    "\u009B",
    "\\",
    "\n",
    "\r",
    "\u202E",
    "a",
    "é",
  );
  const orders = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u;
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      expect(printable(text)).not.toMatch(orders);
      for (const line of [printable(text), printableLine(text)]) expect(line).not.toMatch(/[\n\t]/);
      expect(printableLine(text)).not.toMatch(orders);
      expect(printableLines(text)).not.toMatch(orders);
    }),
  );
});
