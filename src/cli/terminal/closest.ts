import { editDistance } from "../../transcript/text/edit-distance.ts";

/** Returns the only word with this prefix, or the closest one within two edits; undefined if there is none. */
export function closest(given: string, words: readonly string[]): string | undefined {
  const longer = given.length < 2 ? [] : words.filter((word) => word.startsWith(given));
  if (longer.length === 1) return longer[0];
  const max = Math.min(2, Math.floor(given.length / 2));
  const [nearest] = words
    // The given word may be very long.
    .filter((word) => Math.abs(word.length - given.length) <= max)
    .map((word) => ({ word, distance: editDistance(given, word) }))
    .filter((it) => it.distance <= max)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.word;
}
