import { delimiter } from "node:path";
import { mustBe, variableOf } from "./command.ts";

/** Value of an option or variable, and the name to use in errors. */
export interface Setting {
  readonly from: string;
  readonly value: string;
}

/** Returns the value of an option, or of its variable. An empty variable counts as not set. */
export function setting(option: string, values: Readonly<Record<string, unknown>>): Setting | undefined {
  const given = values[option];
  if (typeof given === "string") return { from: `--${option}`, value: given };
  const value = variable(option);
  return value === undefined ? undefined : { from: variableOf(option), value };
}

/** Returns whether an option without a value is set. Its variable is 1 or 0, or true or false as hosts write for a ticked box. */
export function flag(option: string, values: Readonly<Record<string, unknown>>): boolean {
  if (values[option] === true) return true;
  const value = variable(option) ?? "0";
  if (["0", "false"].includes(value)) return false;
  if (["1", "true"].includes(value)) return true;
  throw mustBe(variableOf(option), "1 or 0", value);
}

/** Returns the config dirs of `CLAUDE_TRANSCRIPTS_CONFIG_DIR`; undefined if it names none. Throws `UsageError` for a missing one. */
export async function configDirsFromEnvironment(): Promise<readonly string[] | undefined> {
  const given = setting("config-dir", {});
  const dirs = given?.value.split(delimiter).filter((dir) => dir !== "");
  if (given === undefined || dirs === undefined || dirs.length === 0) return undefined;
  const { isDirectory } = await import("../../store/layout/config-dir.ts");
  const missing = dirs.find((dir) => !isDirectory(dir));
  if (missing !== undefined) throw mustBe(given.from, "a list of existing directories", missing);
  return dirs;
}

/** Placeholder that hosts of MCP bundles pass for a setting without a value (modelcontextprotocol/mcpb#250). */
const UNFILLED = /^\$\{user_config\.[^}]*\}$/;

function variable(option: string): string | undefined {
  const value = process.env[variableOf(option)];
  return value && !UNFILLED.test(value) ? value : undefined;
}
