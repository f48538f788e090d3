/** docs/acp-coverage.md says which test covers what of the protocol: it must be complete, and the tests must be there. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const padded = (prefix: string, count: number): string[] =>
  numbered("", count).map((n) => `${prefix}-${n.padStart(3, "0")}`);

/** The rows that the protocol's pages and the SDK's schema come to, area by area. */
const ROWS = Object.entries({ B: 13, L: 13, D: 5, O: 9, R: 4, C: 4, A: 4, F: 8, X: 8, T: 5, U: 4 }).flatMap(
  ([area, count]) => numbered(area, count),
);
/** The ids of acp-tck for version 1. */
const TCK = [
  ...Object.entries({
    TRANSPORT: 2,
    JSONRPC: 5,
    INIT: 4,
    SCHEMA: 2,
    SESSION: 2,
    PROMPT: 3,
    CANCEL: 2,
    LOAD: 3,
    RESUME: 2,
    LIST: 2,
    DELETE: 2,
    CLOSE: 2,
    ADDDIRS: 1,
    MODES: 2,
    CONFIG: 3,
    PROMPTCAP: 3,
    AUTH: 5,
    CLIENTCAP: 3,
    EXT: 1,
    META: 1,
    ERROR: 1,
    SHUTDOWN: 1,
    STDERR: 1,
  }).flatMap(([area, count]) => padded(area, count)),
  "INFO-PARSE",
  "INFO-INVALIDREQ",
  "INFO-UNKNOWNSESSION",
];

interface TableRow {
  readonly id: string;
  readonly how: string;
}
const table: TableRow[] = read("docs/acp-coverage.md")
  .split("\n")
  .filter((line) => /^\| [A-Z][A-Z0-9-]*\d? +\|/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map((cells) => ({ id: cells[1] ?? "", how: cells.at(-2) ?? "" }));

/** The words before the colon of a test's name. */
const idsIn = (title: string): string[] => (title.split(":")[0] ?? "").split(" ");

test("the page has every row and every id once, in order", () => {
  expect(table.map(({ id }) => id)).toEqual([...ROWS, ...TCK]);
});

test.for(table)("$id: $how", ({ id, how }) => {
  if (how.startsWith("does not apply: ")) return;
  const named = [...how.matchAll(/(acp[\w-]*\.test\.ts): "([^"]+)"/g)];
  expect(named.length).toBeGreaterThan(0);
  for (const [, file = "", title = ""] of named) {
    expect(idsIn(title)).toContain(id);
    expect(read(`test/e2e/${file}`)).toContain(`"${title}"`);
  }
});

test("few rows do not apply, and no test claims an unknown id", () => {
  expect(table.filter(({ how }) => how.startsWith("does not apply")).map(({ id }) => id)).toEqual([
    "L13",
    "A4",
    "AUTH-002",
    "AUTH-003",
    "AUTH-004",
    "AUTH-005",
  ]);
  const files = fs.readdirSync(path.join(root, "test", "e2e")).filter((file) => /^acp.*\.test\.ts$/.test(file));
  const claimed = files.flatMap((file) =>
    [...read(`test/e2e/${file}`).matchAll(/\(\s*"((?:[A-Z]+-?\d+ )*[A-Z]+-?\d+): /g)].flatMap((found) =>
      idsIn(found[1] ?? ""),
    ),
  );
  expect(claimed.length).toBeGreaterThan(100);
  expect(claimed.filter((id) => !ROWS.includes(id) && !TCK.includes(id))).toEqual([]);
});
