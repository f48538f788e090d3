import { type Command, type Options, UsageError } from "./terminal/command.ts";
import { COMMANDS, loadCommand, optionsOf } from "./commands.ts";

/** Not imported: that would load everything `node:util` exports, and delay the first answer. */
const { parseArgs } = process.getBuiltinModule("node:util");

type Parsing = { options: Options; strict: false; allowPositionals: true; tokens: true };

export interface Arguments {
  readonly values: Readonly<Record<string, boolean | string | readonly string[]>>;
  readonly positionals: readonly string[];
}

/** Parses the words after the name of a command. Throws `UsageError` for the first that is wrong. */
export async function readArguments(command: Command, words: readonly string[]): Promise<Arguments> {
  const options = optionsOf(command);
  const values: Record<string, boolean | string | readonly string[]> = {};
  const positionals: string[] = [];
  for (const token of tokensOf(command, words)) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName === "-v" && !hasShort(options, "v") ? "version" : token.name;
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    if (spec === undefined) throw await unknownOption(token.rawName, words[token.index] ?? "", command);
    const { value, inlineValue, rawName } = token;
    if (spec.type === "boolean") {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value, got "${value}"`);
      values[name] = true;
      continue;
    }
    const example = typeof spec.completes === "object" ? `, for example ${spec.completes[0] ?? ""}` : "";
    const expected = `${rawName} needs a value: ${rawName} ${spec.value}${example}`;
    if (value === undefined || value === "") throw new UsageError(expected);
    if (!inlineValue && /^-./.test(value)) {
      // A forgotten value is likelier than one that begins with a dash.
      throw new UsageError(`${expected}. If you mean "${value}", write --${name}=${value}`);
    }
    const before = values[name];
    if (before !== undefined && spec.once === true) throw new UsageError(`${rawName} is given twice: give it once`);
    values[name] = spec.multiple === true ? [...(Array.isArray(before) ? before : []), value] : value;
  }
  return { values, positionals };
}

/** Splits words into options and other arguments. Unchecked: Node's errors describe its parser instead of our options. */
export function tokensOf(command: Command, words: readonly string[]): ReturnType<typeof parseArgs<Parsing>>["tokens"] {
  const options = optionsOf(command);
  const isArgument = (word: string): boolean =>
    command.takesDashes === true && /^-[^-]/.test(word) && !(word.length === 2 && hasShort(options, word.slice(1)));
  const args = words.map((word) => (isArgument(word) ? SHIELD + word : word));
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  return tokens.map((token) =>
    "value" in token && token.value?.startsWith(SHIELD) ? { ...token, value: token.value.slice(SHIELD.length) } : token,
  );
}

/** Before a word that Node would take for options. No argument of a process can have it. */
const SHIELD = "\0";

const hasShort = (options: Options, letter: string): boolean =>
  Object.values(options).some(({ short }) => short === letter);

/** Makes the error for an unknown option. `word`: the argument with it; Node splits `-since` into options of one letter. */
async function unknownOption(rawName: string, word: string, command: Command): Promise<UsageError> {
  const options = optionsOf(command);
  const isLong = rawName.startsWith("--");
  const given = isLong ? rawName : /^-[a-z]{3}/i.test(word) ? `-${word.replace(/=.*$/s, "")}` : undefined;
  const name = given?.slice(2) ?? "";
  const { closest } = await import("./terminal/closest.ts");
  const meant = given === undefined ? undefined : closest(name, Object.keys(options));
  if (meant !== undefined) {
    return new UsageError(`unknown option ${isLong ? rawName : given?.slice(1)}. Did you mean --${meant}?`);
  }
  const others = [];
  for (const command of isLong ? Object.keys(COMMANDS) : []) {
    if (Object.hasOwn((await loadCommand(command)).options, name)) others.push(`'${command}'`);
  }
  const where = others.length === 0 ? "" : `; it is an option of ${others.join(", ")}`;
  const hint = command.ifNoOption === undefined ? "" : `. ${command.ifNoOption}`;
  return new UsageError(`unknown option ${rawName}${where}${hint}`);
}
