/** How far a line is JSON, for predicates; apart from src on purpose. */

const TOKEN =
  /[ \t\r\n]*(?:("[^"\\]*(?:\\[^][^"\\]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\]:,]))/y;

/** Where a line stops being JSON: behind the value that it begins with, or at the first thing that cannot stand there. */
export function breakOf(bytes: Buffer): number {
  const text = bytes.toString("latin1");
  const token = new RegExp(TOKEN);
  const open: string[] = [];
  let next = "value";
  for (;;) {
    const at = token.lastIndex;
    const [, string, scalar, mark] = token.exec(text) ?? [];
    const isValue = next === "value" || next === "value or ]";
    if (string !== undefined && (next === "key" || next === "key or }")) next = ":";
    else if ((string !== undefined || scalar !== undefined) && isValue) next = ",";
    else if ((mark === "{" || mark === "[") && isValue) {
      open.push(mark);
      next = mark === "{" ? "key or }" : "value or ]";
    } else if (
      (mark === "}" && open.at(-1) === "{" && (next === "," || next === "key or }")) ||
      (mark === "]" && open.at(-1) === "[" && (next === "," || next === "value or ]"))
    ) {
      open.pop();
      next = ",";
    } else if (mark === ":" && next === ":") next = "value";
    else if (mark === "," && next === ",") next = open.at(-1) === "{" ? "key" : "value";
    else return at;
    if (open.length === 0) return token.lastIndex;
  }
}
