import type { RowText } from "../extract/row-texts.ts";
import { COLUMNS, type Scope } from "./query.ts";

/** Maximum number of tool calls whose names are kept while a file is read. */
const CALLS = 4096;

/** Names of tools by the ids of their calls. Results have only the ids, and mostly follow closely. */
export class ToolNames {
  readonly #names = new Map<string, string>();

  /** Returns the tool of a text; undefined if it is unknown, or the text is not of a tool. */
  nameOf({ tool, toolUseId }: RowText): string | undefined {
    if (toolUseId === undefined) return tool;
    if (tool === undefined) return this.#names.get(toolUseId);
    this.#names.set(toolUseId, tool);
    const [oldest] = this.#names.keys();
    if (this.#names.size > CALLS && oldest !== undefined) this.#names.delete(oldest);
    return tool;
  }
}

/** Decides which texts of a row a query looks at. */
export class TextScope {
  /** Whether the rows must be read to decide: the index knows only columns. */
  readonly needsRows: boolean;
  readonly needsTools: boolean;
  readonly #scope: Scope;
  readonly #tools: readonly ((name: string) => boolean)[] | undefined;
  readonly #notTools: readonly ((name: string) => boolean)[];

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#tools = scope.tools?.map(namePattern);
    this.#notTools = scope.notTools.map(namePattern);
    this.needsTools = this.#tools !== undefined || this.#notTools.length > 0;
    this.needsRows = this.needsTools || scope.roles !== undefined;
  }

  /** Columns of the index that the query looks at; undefined for all. */
  get columns(): readonly string[] | undefined {
    const { columns, tools } = this.#scope;
    const all = tools === undefined ? COLUMNS : (["output", "input"] as const);
    const wanted = all.filter((column) => columns?.has(column) ?? true);
    return wanted.length === COLUMNS.length ? undefined : wanted;
  }

  /** `tool`: name of the tool that the text is of. */
  accepts({ column, role }: RowText, tool: string | undefined): boolean {
    const { columns, roles } = this.#scope;
    if (columns?.has(column) === false || roles?.has(role) === false) return false;
    if (!this.needsTools) return true;
    if (tool === undefined) return this.#tools === undefined;
    const name = tool.toLowerCase();
    return (this.#tools?.some((is) => is(name)) ?? true) && !this.#notTools.some((is) => is(name));
  }
}

/** Returns a test for names in lower case. `*` stands for any characters. */
export function namePattern(wanted: string): (name: string) => boolean {
  if (!wanted.includes("*")) return (name) => name === wanted;
  const parts = wanted.split("*");
  return (name) => {
    const first = parts[0] as string;
    const last = parts.at(-1) as string;
    if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      at = name.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return at <= name.length - last.length;
  };
}
