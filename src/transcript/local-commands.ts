import { contentOf } from "./parallel.ts";
import { ASSISTANT, META, USER } from "./row-index.ts";
import type { LoadRow, Tree } from "./tree.ts";
import { record } from "./voice-call.ts";

/**
 * Rows that show a finished local command: behind a caveat, a `<command-name>` row and the output rows that follow it
 * (sdk-spec §5.9, `isCompletedLocalCommand`).
 */
export function localCommandRows(tree: Tree, rows: readonly number[], load: LoadRow): Set<number> {
  const found = new Set<number>();
  const { kind } = tree.index;
  rows.forEach((caveat, at) => {
    if (kind[caveat] !== USER || !tree.isFlagged(caveat, META) || partOf(load(caveat)) !== "caveat") return;
    let named = false;
    for (let i = at + 1; i < rows.length; i++) {
      const row = rows[i] as number;
      if (kind[row] === ASSISTANT) return;
      if (kind[row] !== USER || tree.isFlagged(row, META)) continue;
      const part = partOf(load(row));
      if (part === "name" && !named) named = true;
      else if (part !== "output" || !named) return;
      found.add(row);
    }
  });
  return found;
}

const PARTS: readonly (readonly [string, "name" | "output" | "caveat"])[] = [
  ["<command-name>", "name"],
  ["<local-command-stdout>", "output"],
  ["<local-command-stderr>", "output"],
  ["<local-command-caveat>", "caveat"],
];

function partOf(value: Readonly<Record<string, unknown>>): "name" | "output" | "caveat" | undefined {
  if (value["promptSource"] !== undefined) return undefined;
  const content = record(value["message"])?.["content"];
  const text =
    typeof content === "string" ? content : contentOf(value).findLast((block) => block["type"] === "text")?.["text"];
  return typeof text === "string" ? PARTS.find(([start]) => text.startsWith(start))?.[1] : undefined;
}
