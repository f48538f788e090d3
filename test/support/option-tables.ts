import { COMMANDS, COMMON_OPTIONS, loadCommand } from "../../src/cli/commands.ts";
import { type Options, type OptionSpec, variableOf } from "../../src/cli/terminal/command.ts";

const MARKED = /^(<!-- options of (.+) -->\n)[^]*?^(<!-- end -->)$/gm;
const EVERY_COMMAND = "every command";

/** What a document has tables of: names of commands, or `every command`. */
export const tablesIn = (document: string): string[] => [...document.matchAll(MARKED)].map(([, , name]) => name ?? "");

/** The document with a table made from the options of each command that it marks. */
export async function withOptionTables(document: string): Promise<string> {
  const tables = new Map([[EVERY_COMMAND, table(COMMON_OPTIONS, [])]]);
  for (const name of Object.keys(COMMANDS)) {
    const { options, variables = [] } = await loadCommand(name);
    const shared = Object.entries(COMMON_OPTIONS).filter(([option]) => variables.includes(option));
    tables.set(name, table({ ...Object.fromEntries(shared), ...options }, variables));
  }
  return document.replace(MARKED, (_all, begin: string, name: string, end: string) => {
    const made = tables.get(name);
    if (made === undefined) throw new Error(`There is no command ${name}`);
    return `${begin}\n${made}\n${end}`;
  });
}

function table(options: Options, variables: readonly string[]): string {
  const heads = ["option", ...(variables.length > 0 ? ["variable"] : []), "meaning"];
  const elsewhere = Object.entries(options).filter(([, spec]) => spec.explainedBy !== undefined);
  const source = elsewhere[0]?.[1].explainedBy ?? "";
  const named = elsewhere.map(([name]) => `\`--${name}\``).join(", ");
  const own = Object.entries(options).filter(([, spec]) => spec.explainedBy === undefined);
  const rows = own.map(([name, spec]) => [
    flags(name, spec),
    ...(variables.length > 0 ? [variables.includes(name) ? `\`${variableOf(name)}\`` : ""] : []),
    spec.help,
  ]);
  if (source !== "") rows.push([named, ...heads.slice(2).map(() => ""), `As for \`${source}\`.`]);
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |\n`).join("");
}

function flags(name: string, spec: OptionSpec): string {
  const long = `\`--${name}${spec.type === "string" ? ` ${spec.value}` : ""}\``;
  return spec.short === undefined ? long : `\`-${spec.short}\`, ${long}`;
}

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");
