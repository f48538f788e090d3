import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "../../../src/cli/render/fold.ts";
import { hasLines, LineText, TextLines } from "../../../src/cli/render/lines.ts";

const line = fc.oneof(
  fc.constant(""),
  fc.string({ maxLength: 5 }).map((text) => text.replaceAll("\n", "")),
);

describe("TextLines", () => {
  test("is the lines of a text, folded as a list of them is", () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        fc.option(line, { nil: undefined }),
        (lines, full, wanted) => {
          const lazy = new TextLines(lines.join("\n"), (text) => text);
          expect([...lazy]).toEqual(lines);
          expect(lazy).toHaveLength(lines.length);
          const isWanted = wanted === undefined ? undefined : (text: string): boolean => text.includes(wanted);
          const [ours, listed] = [lazy, lines].map((all) =>
            fold(all, full, isWanted).map((piece) => ("lines" in piece ? [...piece.lines] : piece.hidden)),
          );
          expect(ours).toEqual(listed);
          expect(hasLines(lazy)).toBe(true);
        },
      ),
    );
    expect(hasLines([])).toBe(false);
  });
});

describe("LineText", () => {
  test("gives every line with its end, a long one by itself", () => {
    const long = "x".repeat(100_000);
    const sizes = fc.array(fc.oneof(line, fc.constant(long)), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, (lines) => {
        const out = new LineText();
        const given: string[] = [];
        for (const one of lines) {
          out.add(one);
          if (out.isFull) given.push(...out.take());
        }
        given.push(...out.take(), ...out.take());
        expect(given.join("") === lines.map((one) => `${one}\n`).join("")).toBe(true);
        expect(given.filter((text) => text.includes("x".repeat(1000)))).toEqual(lines.filter((one) => one === long));
      }),
    );
  });

  test("is full when there is a block of text", () => {
    const out = new LineText();
    for (let i = 0; i < 1000; i++) out.add("0123456789");
    expect(out.isFull).toBe(false);
    for (let i = 0; i < 6000; i++) out.add("0123456789");
    expect(out.isFull).toBe(true);
    expect([...out.take()]).toEqual(["0123456789\n".repeat(7000)]);
    expect(out.isFull).toBe(false);
  });
});
