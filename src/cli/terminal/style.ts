type Role =
  | "title"
  | "user"
  | "assistant"
  | "tool"
  | "dim"
  | "added"
  | "removed"
  | "place"
  | "failed"
  | "strong"
  | "match";

export type Style = Readonly<Record<Role, (text: string) => string>>;

/** Makes styles by the role of a text. Without colours, each returns the text unchanged. */
export function makeStyle(colors: boolean): Style {
  const sgr = (on: string, off: string) => (text: string) =>
    colors && text !== "" ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  return {
    title: sgr("1", "22"),
    user: sgr("1;36", "22;39"),
    assistant: sgr("1;35", "22;39"),
    tool: sgr("1", "22"),
    dim: sgr("2", "22"),
    added: sgr("32", "39"),
    removed: sgr("31", "39"),
    place: sgr("36", "39"),
    failed: sgr("31", "39"),
    strong: sgr("1", "22"),
    // Reversed, so that it also ends within another style.
    match: sgr("7", "27"),
  };
}
