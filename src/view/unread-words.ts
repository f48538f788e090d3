import type { Unread } from "../store/read/unread.ts";

/** Describes the parts of a transcript that could not be read; empty if there are none. */
export function unreadWords({ tooLong, cutShort, notRows, unfinished }: Unread): string[] {
  const words: string[] = [];
  const say = (count: number, one: string, many: string): void => {
    if (count > 0) words.push(count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`);
  };
  say(tooLong, "row that is too long to be read", "rows that are too long to be read");
  say(cutShort, "row that was cut short", "rows that were cut short");
  say(notRows, "piece of the file that is not a row", "pieces of the file that are not rows");
  if (unfinished) words.push("the last row, which is cut short or still being written");
  return words;
}
