import { contentOf } from "../tree/tool-blocks.ts";
import { META } from "../rows/row-index.ts";
import { ASSISTANT, USER } from "../rows/row-kinds.ts";
import type { RowList } from "../tree/row-list.ts";
import type { LoadRow, Tree } from "../tree/row-tree.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

/** Returns the rows of finished local commands: after a caveat, a name row and its output rows (official-helpers.md §5.9). */
export function localCommandRows(tree: Tree, rows: RowList, load: LoadRow): Set<number> {
  const found = new Set<number>();
  const { kind } = tree.index;
  // Each command begins with a caveat, which is a meta row.
  if (!tree.index.hasFlag(META)) return found;
  // A name must follow a caveat, and output a name. Several caveats may come first.
  let awaitsName = false;
  let awaitsOutput = false;
  for (const row of rows) {
    if (kind[row] === ASSISTANT) awaitsName = awaitsOutput = false;
    if (kind[row] !== USER) continue;
    const isMeta = tree.isFlagged(row, META);
    if (!isMeta && !awaitsName && !awaitsOutput) continue;
    const part = partOf(load(row));
    if (isMeta) {
      if (part === "caveat") awaitsName = true;
      continue;
    }
    const belongs: boolean = (part === "name" && awaitsName) || (part === "output" && awaitsOutput);
    if (belongs) found.add(row);
    awaitsName = false;
    awaitsOutput = belongs;
  }
  return found;
}

const PARTS: readonly (readonly [string, "name" | "output" | "caveat"])[] = [
  ["<command-name>", "name"],
  ["<local-command-stdout>", "output"],
  ["<local-command-stderr>", "output"],
  ["<local-command-caveat>", "caveat"],
];

function partOf(value: JsonObject): "name" | "output" | "caveat" | undefined {
  if (value["promptSource"] !== undefined) return undefined;
  const content = asObject(value["message"])?.["content"];
  const text =
    typeof content === "string" ? content : contentOf(value).findLast((block) => block["type"] === "text")?.["text"];
  return typeof text === "string" ? PARTS.find(([start]) => text.startsWith(start))?.[1] : undefined;
}
