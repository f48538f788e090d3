import { editDistance } from "../../transcript/text/edit-distance.ts";

/**
 * The word that was meant: the only one that begins so, or the one that is a letter or two away; undefined where there is
 * none. Two letters that changed places count as one.
 */
export function closest(given: string, words: readonly string[]): string | undefined {
  const beginning = given.length < 2 ? [] : words.filter((word) => word.startsWith(given));
  if (beginning.length === 1) return beginning[0];
  const most = Math.min(2, Math.floor(given.length / 2));
  const [nearest] = words
    // A much longer word is none of ours, whatever is in it.
    .filter((word) => Math.abs(word.length - given.length) <= most)
    .map((word) => ({ word, distance: editDistance(given, word) }))
    .filter((it) => it.distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.word;
}
