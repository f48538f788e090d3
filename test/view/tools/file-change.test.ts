import { expect, test } from "vitest";
import { recordedChange } from "../../../src/view/tools/file-change.ts";

type Json = Readonly<Record<string, unknown>>;
const notebook = (cells: unknown) => JSON.stringify({ cells });
const cell = (id: string, source: unknown) => ({ id, cell_type: "code", source });
const edit = (extra: Json): Json => ({ notebook_path: "/w/n.ipynb", cell_id: "c1", edit_mode: "replace", ...extra });
const shown = (oldText: string | null, newText: string) => ({
  diffs: [{ path: "/w/n.ipynb", oldText, newText }],
  places: [{ path: "/w/n.ipynb" }],
});

test.for<[string, Json, unknown]>([
  ["nothing recorded", {}, undefined],
  ["a path that cannot be made absolute", { filePath: 7, content: "x" }, undefined],
  ["an edit without hunks", { filePath: "/w/a", structuredPatch: [] }, undefined],
  [
    "a path below the directory of the row, hunks of other types passed over, lines that count from 1",
    { filePath: "a", structuredPatch: [7, { lines: "x" }, { newStart: 0, lines: ["+b", 7, "\\ No newline"] }] },
    {
      diffs: [{ path: "/w/a", oldText: "", newText: "b", numbers: { newStart: 0 } }],
      places: [{ path: "/w/a" }],
    },
  ],
  [
    "a new file",
    { type: "create", filePath: "/w/a", content: "x", structuredPatch: [], originalFile: null },
    { diffs: [{ path: "/w/a", oldText: null, newText: "x" }], places: [{ path: "/w/a", line: 1 }] },
  ],
  [
    "a file that was written as it was",
    { type: "update", filePath: "/w/a", content: "x", structuredPatch: [], originalFile: "x" },
    { diffs: [{ path: "/w/a", oldText: "x", newText: "x" }], places: [{ path: "/w/a", line: 1 }] },
  ],
  ["a cell", edit({ new_source: "b", original_file: notebook([cell("c1", ["a\n", "a"])]) }), shown("a\na", "b")],
  [
    "a cell by its number",
    edit({ cell_id: "cell-1", new_source: "b", original_file: notebook([cell("x", "0"), cell("y", "1")]) }),
    shown("1", "b"),
  ],
  [
    "a new cell",
    edit({ edit_mode: "insert", new_source: "b", original_file: notebook([cell("c1", "a")]) }),
    shown(null, "b"),
  ],
  ["a cell that goes", edit({ edit_mode: "delete", original_file: notebook([cell("c1", "a")]) }), shown("a", "")],
  ["a cell of a notebook that cannot be read", edit({ new_source: "b", original_file: "{" }), shown(null, "b")],
  [
    "a cell that is not there",
    edit({ cell_id: "cell-9", new_source: "b", original_file: notebook([]) }),
    shown(null, "b"),
  ],
  ["an edit of a notebook that failed", edit({ new_source: "b", error: "no" }), undefined],
])("%s", ([, structured, expected]) => {
  expect(recordedChange(structured, "/w")).toEqual(expected);
});
