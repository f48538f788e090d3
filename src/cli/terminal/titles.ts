import { push } from "../../transcript/tree/row-list.ts";
import { cut, widthOf } from "./width.ts";

/** Title in a list, and the marks shown after it, however long it is: a tag, "(archived)". */
export interface TitleCell {
  readonly text: string;
  readonly marks: string;
}

/** Minimum cells of a title; with fewer, the marks are cut too. */
const MIN_CELLS = 12;

/** Shortens titles to a number of cells, in the middle if they would look the same: `Review the pull…for the docs`. */
export function fitTitles(titles: readonly TitleCell[], cells: number): string[] {
  const widths = titles.map(({ marks }) => {
    const width = cells - (marks === "" ? 0 : widthOf(marks) + 1);
    return width < MIN_CELLS ? undefined : width;
  });
  const shown = titles.map(({ text }, at) => cut(text, widths[at] ?? cells));
  disambiguate(
    titles.map(({ text }) => text),
    shown,
    widths.map((width) => width ?? cells),
  );
  return titles.map(({ marks }, at) => {
    const text = shown[at] ?? "";
    if (marks === "") return text;
    return widths[at] === undefined ? cut(`${titles[at]?.text ?? ""} ${marks}`, cells) : `${text} ${marks}`;
  });
}

/** Maximum share of the cells for words before the difference. */
const CONTEXT = 0.4;
/** Maximum rounds of cutting: among several titles, some differ later than others. */
const ROUNDS = 3;

function disambiguate(texts: readonly string[], shown: string[], widths: readonly number[]): void {
  for (let round = 0; round < ROUNDS; round++) {
    const alike = new Map<string, number[]>();
    for (const [at, text] of shown.entries()) if (text !== texts[at]) push(alike, text, at);
    let changed = false;
    for (const group of alike.values()) {
      const different = [...new Set(group.map((at) => texts[at] ?? ""))];
      if (different.length === 1) continue;
      const width = group.reduce((min, at) => Math.min(min, widths[at] ?? 0), Infinity);
      const common = commonStart(different, Math.floor(width * CONTEXT));
      for (const at of group) shown[at] = cutMiddle(texts[at] ?? "", common, widths[at] ?? 0);
      changed = true;
    }
    if (!changed) return;
  }
}

/** Joins the beginning of a text, an ellipsis, and the text from an index on. */
function cutMiddle(text: string, from: number, width: number): string {
  const tail = text.slice(from);
  const head = Math.max(Math.floor(width / 3), width - 1 - widthOf(tail));
  // `cut` adds the ellipsis.
  return `${cut(text, head + 1)}${cut(tail, width - head - 1)}`;
}

/** Returns the index of the first difference, or of the first word that begins at most `context` units before it. */
function commonStart(texts: readonly string[], context: number): number {
  const [first = "", ...others] = texts;
  let at = 0;
  while (at < first.length && others.every((other) => other[at] === first[at])) at++;
  const space = first.slice(0, at).indexOf(" ", Math.max(0, at - context));
  if (space >= 0) return space + 1;
  // Splits no surrogate pair.
  return /[\uDC00-\uDFFF]/.test(first[at] ?? "") ? at - 1 : at;
}
