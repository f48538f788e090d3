import { cut, widthOf } from "./width.ts";

/** A title as a list shows it, with what stands after it however long it is: a tag, "(archived)". */
export interface TitleCell {
  readonly text: string;
  readonly marks: string;
}

/** Fewer cells of a title say nothing: rather the marks are cut. */
const LEAST = 12;

/**
 * Titles within so many cells. Those that would read alike, because they begin alike, show in the middle where they
 * begin to differ: `Review the pull…for the parser` and `Review the pull…for the docs`.
 */
export function fitTitles(titles: readonly TitleCell[], cells: number): string[] {
  const rooms = titles.map(({ marks }) => {
    const room = cells - (marks === "" ? 0 : widthOf(marks) + 1);
    return room < LEAST ? undefined : room;
  });
  const shown = titles.map(({ text }, at) => cut(text, rooms[at] ?? cells));
  tellApart(
    titles.map(({ text }) => text),
    shown,
    rooms.map((room) => room ?? cells),
  );
  return titles.map(({ marks }, at) => {
    const text = shown[at] ?? "";
    if (marks === "") return text;
    return rooms[at] === undefined ? cut(`${titles[at]?.text ?? ""} ${marks}`, cells) : `${text} ${marks}`;
  });
}

/** Of the cells, so many at most show the words before the difference. */
const CONTEXT = 0.4;
/** So often a title is cut anew: where several of them begin to differ lies further on for some than for others. */
const ROUNDS = 3;

function tellApart(texts: readonly string[], shown: string[], rooms: readonly number[]): void {
  for (let round = 0; round < ROUNDS; round++) {
    const alike = new Map<string, number[]>();
    for (const [at, text] of shown.entries()) {
      if (text === texts[at]) continue;
      const others = alike.get(text);
      if (others === undefined) alike.set(text, [at]);
      else others.push(at);
    }
    let changed = false;
    for (const group of alike.values()) {
      const different = [...new Set(group.map((at) => texts[at] ?? ""))];
      if (different.length === 1) continue;
      const room = group.reduce((least, at) => Math.min(least, rooms[at] ?? 0), Infinity);
      const common = commonStart(different, Math.floor(room * CONTEXT));
      for (const at of group) shown[at] = cutMiddle(texts[at] ?? "", common, rooms[at] ?? 0);
      changed = true;
    }
    if (!changed) return;
  }
}

/** The beginning, an ellipsis, and what comes from `from` on. */
function cutMiddle(text: string, from: number, room: number): string {
  const tail = text.slice(from);
  const head = Math.max(Math.floor(room / 3), room - 1 - widthOf(tail));
  // What is cut has an ellipsis at its end, which is the one in the middle.
  return `${cut(text, head + 1)}${cut(tail, room - head - 1)}`;
}

/**
 * Where the texts begin to differ, with the words before that as far as they are within `most` letters of it: the first of
 * them that begins there.
 */
function commonStart(texts: readonly string[], most: number): number {
  const [first = "", ...others] = texts;
  let at = 0;
  while (at < first.length && others.every((other) => other[at] === first[at])) at++;
  const space = first.slice(0, at).indexOf(" ", Math.max(0, at - most));
  if (space >= 0) return space + 1;
  // Not between the halves of a character.
  return /[\uDC00-\uDFFF]/.test(first[at] ?? "") ? at - 1 : at;
}
