import { splitPoint } from "../../transcript/text/surrogates.ts";
import type { Match } from "./match-text.ts";

/** A part of a text on one line, with the places of matches in it. */
export interface Snippet {
  /** Runs of white space are one space; `…` where the text goes on. */
  readonly text: string;
  /** Ranges in `text`, UTF-16 units, in order and apart from each other. */
  readonly marks: readonly (readonly [from: number, to: number])[];
  /** Place of the first of these matches in the whole text, UTF-16 units; 0 if there are none. */
  readonly at: number;
}

/**
 * Returns the part of a text with the most different terms, then the most matches. `matches`: in order of their starts.
 * `around`: UTF-16 units to show before and after the first match.
 */
export function snippetOf(text: string, matches: readonly Match[], around: number): Snippet {
  const densest = densestPart(matches, 2 * around);
  const start = densest?.start ?? 0;
  const end = Math.min(densest?.end ?? 0, start + 2 * around);
  // What the matches leave of the room is shared between both sides.
  const room = Math.max(0, 2 * around - (end - start));
  const lead = Math.max(Math.floor(room / 2), room - (text.length - end));
  const from = wordStart(text, start - lead, start);
  const to = wordEnd(text, Math.max(from + 2 * around, end), end);
  return { ...oneLine(text, from, to, matches), at: start };
}

/** Returns the range of the best run of matches that fits into `units`. */
function densestPart(
  matches: readonly Match[],
  units: number,
): { readonly start: number; readonly end: number } | undefined {
  let best: { start: number; end: number } | undefined;
  let bestTerms = 0;
  let bestCount = 0;
  const counts = new Map<number, number>();
  let last = 0;
  for (let first = 0; first < matches.length; first++) {
    const { term, start, end } = matches[first] as Match;
    for (; last < matches.length && (last === first || (matches[last] as Match).end - start <= units); last++) {
      const added = (matches[last] as Match).term;
      counts.set(added, (counts.get(added) ?? 0) + 1);
    }
    if (counts.size > bestTerms || (counts.size === bestTerms && last - first > bestCount)) {
      bestTerms = counts.size;
      bestCount = last - first;
      best = { start, end: Math.max(end, (matches[last - 1] as Match).end) };
    }
    const left = (counts.get(term) ?? 0) - 1;
    if (left > 0) counts.set(term, left);
    else counts.delete(term);
  }
  return best;
}

/** Maximum number of units that a border moves to stand between words. */
const WORD_UNITS = 24;

function wordStart(text: string, wanted: number, limit: number): number {
  if (wanted <= 0) return 0;
  const space = text.slice(wanted - 1, Math.min(limit, wanted + WORD_UNITS)).search(/\s/);
  return space < 0 ? splitPoint(text, wanted) : wanted + space;
}

function wordEnd(text: string, wanted: number, limit: number): number {
  if (wanted >= text.length) return text.length;
  const from = Math.max(limit, wanted - WORD_UNITS);
  const space = text.slice(from, wanted + 1).search(/\s\S*$/);
  return space < 0 ? splitPoint(text, wanted) : from + space;
}

function oneLine(text: string, from: number, to: number, matches: readonly Match[]): Omit<Snippet, "at"> {
  let line = from > 0 ? "…" : "";
  const marks: [number, number][] = [];
  let at = from;
  const add = (end: number): void => {
    let part = text.slice(at, end).replaceAll(/\s+/g, " ");
    if (part.startsWith(" ") && (line === "" || line === "…" || line.endsWith(" "))) part = part.slice(1);
    line += part;
    at = end;
  };
  for (const { start, end } of apart(matches)) {
    const first = Math.max(start, from);
    const last = Math.min(end, to);
    if (last <= first) continue;
    add(first);
    const mark = line.length;
    add(last);
    if (line.length > mark) marks.push([mark, line.length]);
  }
  add(to);
  const shown = line.trimEnd();
  return { text: to < text.length ? `${shown}…` : shown, marks: marks.map(([a, b]) => [a, Math.min(b, shown.length)]) };
}

/** Joins matches that overlap: phrases of Chinese, or a word and its beginning. */
function apart(matches: readonly Match[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (const { start, end } of matches) {
    const last = ranges.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}
