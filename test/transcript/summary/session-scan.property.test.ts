/** Most rows of a tail are passed over unread; nothing of what it says is lost by that. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sessionFacts, type SessionFacts } from "../../../src/transcript/summary/session-metadata.ts";
import { SessionScan } from "../../../src/transcript/summary/session-scan.ts";
import type { TailFacts } from "../../../src/transcript/summary/tail-scan.ts";
import { assistant, type Row, system, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

/** When a session was archived, every row is read: this one was after all that is said. */
const READS_ALL = 8e15;

const word = fc.constantFrom("a", "b", "c", "");
const often = fc.record(
  { gitBranch: fc.oneof(word, fc.constant(5)), entrypoint: fc.constantFrom("cli", "sdk-ts") },
  { requiredKeys: [] },
);
const seldom = fc.record(
  { isSidechain: fc.boolean(), summary: word, lastPrompt: word, customTitle: word },
  { requiredKeys: [] },
);
const members = fc
  .tuple(often, fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: seldom }))
  .map(([more, rare]) => ({ ...more, ...rare }));
const model = fc.constantFrom("one", "two", "<synthetic>", undefined);
const text = fc.constantFrom("said", 'quoted "tag": and "customTitle":"x"', "long ".repeat(60));
const conversation: fc.Arbitrary<Row> = fc.oneof(
  fc.tuple(text, members).map(([content, more]) => user(1, null, content, more)),
  fc.tuple(text, members, model, fc.constantFrom("end_turn", null)).map(([content, more, name, stop_reason]) => {
    const row = assistant(2, 1, content, more);
    return { ...row, message: { ...(row["message"] as Row), model: name, stop_reason } };
  }),
  members.map((more) => system(3, 2, "x", more)),
);
const mark: fc.Arbitrary<Row> = fc.oneof(
  word.map((customTitle) => ({ type: "custom-title", customTitle })),
  word.map((aiTitle) => ({ type: "ai-title", aiTitle })),
  word.map((tag) => ({ type: "tag", tag })),
  word.map((description) => ({ type: "claude-transcripts-annotation", tags: ["a", "b"], description })),
  word.map((lastPrompt) => ({ type: "last-prompt", lastPrompt })),
  word.map((summary) => ({ type: "summary", summary })),
  word.map((relocatedCwd) => ({ type: "relocated", relocatedCwd })),
  word.map((continuedInSessionId) => ({ type: "continued-in", continuedInSessionId })),
  word.map((nested) => ({ type: "other", in: { type: "assistant", gitBranch: nested, tag: nested } })),
);
/** A row as it may stand in a file: whole, spelled with blanks, cut, without a newline behind it. */
const line = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: conversation }, { weight: 1, arbitrary: mark }),
    fc.constantFrom(...Array.from({ length: 12 }, () => "row"), "spaced", "cut", "glued"),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([row, form, at]) => {
    const json = JSON.stringify(row);
    if (form === "spaced") return `${json.replaceAll('":', '": ')}\n`;
    if (form === "cut") return `${json.slice(0, Math.floor(json.length * at))}\n`;
    return form === "glued" ? json : `${json}\n`;
  });

/** What is asked of the beginning of a transcript; what is left to ask is the tail's. */
const BEGINNING = `${JSON.stringify(user(1, null, "first", { gitBranch: "first", entrypoint: "cli" }))}\n`;

function factsOf(bytes: Buffer, window: number, archivedAt: number): [tail: TailFacts, facts: SessionFacts] {
  const scan = new SessionScan(archivedAt);
  const tailStart = Math.max(0, bytes.length - window);
  if (bytes.length <= 2 * window) scan.readWindows(bytes, Math.min(window, bytes.length), tailStart, bytes.length);
  else {
    scan.readHead(bytes, window);
    scan.readTail(bytes, tailStart, bytes.length, bytes[tailStart - 1] === 0x0a);
  }
  const tail = scan.tailFacts(bytes);
  return [tail, sessionFacts(scan, tail, { title: undefined, mark: undefined }, {})];
}

test("rows that are skipped would have changed nothing", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 24 }), fc.integer({ min: 200, max: 6000 }), (lines, window) => {
      const bytes = Buffer.from(BEGINNING + lines.join(""));
      expect(factsOf(bytes, window, Infinity)).toEqual(factsOf(bytes, window, READS_ALL));
    }),
    { numRuns: runs(3000) },
  );
});

test("a row that is read for its title does not override later rows", () => {
  const answer = (name: string | undefined, more: Row): Row => ({
    ...assistant(2, 1, "said", more),
    message: { role: "assistant", content: [], model: name },
  });
  const more = { gitBranch: "b", entrypoint: "e" };
  const rows = [answer("one", { ...more, customTitle: "title" }), answer("two", more), answer(undefined, more)];
  const bytes = Buffer.from(BEGINNING + rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const [tail] = factsOf(bytes, bytes.length, Infinity);
  expect(tail).toMatchObject({ model: "two" });
});
