/** Outputs of tools that are lists of texts as JSON, and too long to be parsed at once. */
import { describe, expect, test } from "vitest";
import { sessionId } from "../../support/config-dir.ts";
import { SearchStore } from "./search-store.ts";

const MB = 1024 * 1024;

/** Lines that begin with words of their own, as many as fill the bytes; `row` numbers go on from text to text. */
function linesFrom(first: number, bytes: number): string {
  let text = "";
  for (let row = first; text.length < bytes; row++) text += `row${row} of the ‘table’\nlast${row}\t"quoted${row}"\n`;
  return text;
}

const list = JSON.stringify([
  { type: "text", text: `begin\n${linesFrom(0, 3 * MB)}` },
  { type: "image", data: "QUJD".repeat(100), mimeType: "image/zebra" },
  { type: "text", text: `${linesFrom(500_000, 2 * MB)}walrus\nfinish` },
]);
const plain = String.raw`[begin]\nwalrus` + "\nanother line".repeat(MB / 2);

const store = (stored: string): SearchStore =>
  new SearchStore().add(1, ["hello"]).put(`projects/-w/${sessionId(1)}/tool-results/out.txt`, stored);

describe.each([[true], [false]])("with an index: %s", (index) => {
  test("each word of a list is found, also the first of a line", async () => {
    const search = searching(store(list), index);
    for (const row of [1, 1000, 3000, 30_000, 520_000]) {
      for (const word of [`row${row}`, `last${row}`, `quoted${row}`, `"last${row} quoted${row}"`]) {
        const [match] = await search(word);
        expect([word, match?.storedIn]).toEqual([word, "out.txt"]);
        expect(match?.marked.replace(/\W+/g, " ")).toBe(word.replaceAll('"', ""));
        expect(match?.snippet).not.toContain("\\");
      }
    }
    expect((await search("finish"))[0]?.snippet).toMatch(/walrus finish$/);
    for (const none of ["nlast1000", "type", "QUJD*", "zebra", "mimeType"])
      expect([none, await search(none)]).toEqual([none, []]);
  });

  test("a plain text is searched as it stands", async () => {
    const search = searching(store(plain), index);
    expect((await search("nwalrus"))[0]?.snippet).toContain(String.raw`[begin]\nwalrus another`);
    expect(await search("walrus")).toEqual([]);
  });
});

interface Found {
  readonly storedIn: string | undefined;
  readonly snippet: string;
  /** What is marked in the snippet. */
  readonly marked: string;
}

const searching =
  (searched: SearchStore, index: boolean) =>
  async (query: string): Promise<Found[]> => {
    const { hits } = await searched.search(query, { index });
    return hits.flatMap(({ matches }) =>
      matches.map(({ storedIn, snippet, marks }) => ({
        storedIn,
        snippet,
        marked: marks.map(([from, to]) => snippet.slice(from, to)).join(" "),
      })),
    );
  };
