/** Comments say where a rule comes from: each section, heading and rule that they cite must be in the pages. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { filesBelow } from "./support/imports.ts";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

const PAGES = ["official-helpers.md", "transcript-format.md", "acp.md", "acp-coverage.md", "acp-replay.md"];

/** A section (`§4.1`), a rule of ACP (`B3`) or a heading in quotes. */
const PLACE = String.raw`(?:§\d+(?:\.\d+)*|[A-Z]\d+\b|"[^"\n]+")`;
/** The same, and a section whose sign stands before another one: `§4.1, 4.2`. */
const NEXT_PLACE = String.raw`(?:,| and|–) ?(?:${PLACE}|\d+\.\d+\b)`;
const CITATION = new RegExp(
  String.raw`\b(${PAGES.map((name) => name.replace(".", String.raw`\.`)).join("|")}),? (${PLACE}(?:${NEXT_PLACE})*)`,
  "g",
);

/** What a text cites, as page and place: `official-helpers.md §4.1`. A range stands for all that is in it. */
function citationsIn(text: string): string[] {
  const joined = text.replace(/\n[ \t]*(?:\*|\/\/)?[ \t]*/g, " ");
  const found = [...joined.matchAll(CITATION)].flatMap(([, page = "", places = ""]) =>
    placesIn(places).map((place) => `${page} ${place}`),
  );
  // A sign without a page cites the page that the file cites elsewhere.
  const [page = "no page"] = found.map((citation) => citation.replace(/ .*/, ""));
  const others = [...joined.replaceAll(CITATION, "").matchAll(/§\d+(?:\.\d+)*/g)].map(([place]) => `${page} ${place}`);
  return [...found, ...others];
}

function placesIn(list: string): string[] {
  const places: string[] = [];
  for (const [, joint, place = ""] of list.matchAll(/(,|and|–)? ?("[^"]+"|[A-Z]\d+|§?[\d.]+\d|§\d)/g)) {
    const full = /^\d/.test(place) ? `§${place}` : place;
    if (joint === "–") places.push(...between(places.at(-1) ?? "", full));
    places.push(full);
  }
  return places;
}

/** `§5.4` and `§5.5`, between `§5.3` and `§5.6`. */
function between(from: string, to: string): string[] {
  const [chapter, first, last] = [from.split(".")[0], Number(from.split(".")[1]), Number(to.split(".")[1])];
  return Array.from({ length: Math.max(0, last - first - 1) }, (_, i) => `${chapter}.${first + 1 + i}`);
}

/** What of a page can be cited: numbers and words of its headings, and the rules in its tables. */
function placesOf(page: string): string[] {
  const text = read(`docs/${page}`);
  const headings = [...text.matchAll(/^#+ (?:(\d+(?:\.\d+)*)\.? )?(.+)$/gm)].flatMap(([, number, words]) => [
    `"${words}"`,
    ...(number === undefined ? [] : [`§${number}`]),
  ]);
  return [...headings, ...[...text.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, rule]) => rule ?? "")];
}

const known = new Set(PAGES.flatMap((page) => placesOf(page).map((place) => `${page} ${place}`)));
const unresolved = (text: string): string[] => citationsIn(text).filter((citation) => !known.has(citation));

const sources = ["src", "test"]
  .flatMap((folder) => filesBelow(path.join(root, folder), ".ts"))
  .map((file) => path.relative(root, file))
  .filter((file) => path.basename(file) !== path.basename(import.meta.filename));

test("every citation leads to a section, a heading or a rule that is there", () => {
  const dead = sources.flatMap((file) => unresolved(read(file)).map((citation) => `${file}: ${citation}`));
  expect(dead).toEqual([]);
  expect(sources.flatMap((file) => citationsIn(read(file))).length).toBeGreaterThan(100);
});

test("citations are found however they are written, and wrong ones are reported", () => {
  const written = [
    "/** As it is (official-helpers.md §4.1, 4.2), or else (§4.3). */",
    "/**\n * A long line that ends with official-helpers.md\n * §5.3–5.5 and §6.\n */",
    '// See acp.md, "Choices", acp-coverage.md L6 and X8.',
  ].join("\n");
  const page = "official-helpers.md";
  expect(citationsIn(written).sort()).toEqual(
    [
      ...["§4.1", "§4.2", "§4.3", "§5.3", "§5.4", "§5.5", "§6"].map((place) => `${page} ${place}`),
      'acp.md "Choices"',
      "acp-coverage.md L6",
      "acp-coverage.md X8",
    ].sort(),
  );
  expect(unresolved(written)).toEqual([]);
  expect(
    unresolved('// official-helpers.md §4.9, transcript-format.md §99; acp-coverage.md B99, acp.md "Choice"'),
  ).toEqual([`${page} §4.9`, "transcript-format.md §99", "acp-coverage.md B99", 'acp.md "Choice"']);
  expect(unresolved("// As in §4.1.")).toEqual(["no page §4.1"]);
});

test.for(["official-helpers.md", "transcript-format.md"])("%s: sections are in order, each once", (page) => {
  const numbers = placesOf(page).filter((place) => place.startsWith("§"));
  const sorted = [...new Set(numbers)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  expect(numbers).toEqual(sorted);
});

const records = fs.readdirSync(path.join(root, "docs", "adr")).map((name) => `docs/adr/${name}`);
const pages = ["CONTRIBUTING.md", "SECURITY.md", "docs/README.md", ...PAGES.slice(0, 2).map((name) => `docs/${name}`)];
const tests = filesBelow(path.join(root, "test"), ".test.ts").map((file) => path.basename(file));

test.for([...pages, ...records])("the files that %s names and links to are there", (page) => {
  const text = read(page);
  const named = [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words ?? "");
  const missing = [
    ...named.filter((name) => /^[\w.-]+\.test\.ts$/.test(name) && tests.filter((file) => file === name).length !== 1),
    ...named.filter((name) => FILE.test(name) && !name.includes("NAME") && !fs.existsSync(path.join(root, name))),
    ...[...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => target ?? "")
      .filter((target) => !fs.existsSync(path.resolve(root, path.dirname(page), target))),
  ];
  expect(missing).toEqual([]);
});

/** A path from the root of the repository. */
const FILE = /^(?:src|test|docs|scripts|fixtures|bench|\.ci)\/[\w./-]+$/;

test("every deviation is named where the rule is that it departs from", () => {
  const ids = [...read("docs/deviations.md").matchAll(/^## ([a-z-]+)$/gm)].map(([, id]) => id ?? "");
  const rules = read("docs/official-helpers.md");
  expect(ids.length).toBeGreaterThan(30);
  expect(ids.filter((id) => !rules.includes(`\`${id}\``))).toEqual([]);
});
