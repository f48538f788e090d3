import { homedir } from "node:os";
import { sessionIdsWith } from "../store/resolve/by-prefix.ts";
import { findSession } from "../store/projects/find-copies.ts";
import { listSessionPage } from "../store/list/list-session-page.ts";
import { titleOf } from "../store/facts/title-of.ts";
import { listTrash } from "../store/trash/trash-contents.ts";
import type { ListedSession } from "../store/types.ts";
import type { Command, Completion, OptionSpec, Terminal } from "./terminal/command.ts";
import { tokensOf } from "./arguments.ts";
import { COMMANDS, isCommand, loadCommand, optionsOf } from "./commands.ts";
import { printable, printableLines } from "./terminal/terminal.ts";
import { cut } from "./terminal/width.ts";

/** Maximum number of sessions read for directories, tags and branches, most recently active first. */
const MAX_RECENT = 500;
/** Maximum number of ids offered before the user has typed any of one. */
const MAX_OFFERED = 100;
/** Maximum number of ids whose titles are read. */
const MAX_DESCRIBED = 100;
const DESCRIPTION_CELLS = 60;

/**
 * Prints completions of the last word for a shell, one per line: `value` or `value<tab>description`; `:dirs` tells the
 * shell to complete directories itself. On errors it offers nothing and returns 0: a user who is typing must not see them.
 */
export async function complete(words: readonly string[], terminal: Terminal): Promise<number> {
  const offers = await offersFor(words).catch((): Offer[] => []);
  // A value with hidden characters or line breaks cannot be typed.
  const typeable = offers.filter(({ value }) => printableLines(value) === value && !value.includes("\n"));
  const lines = typeable.map(({ value, about }) => {
    const description = printable(about ?? "");
    return description === "" ? `${value}\n` : `${value}\t${cut(description, DESCRIPTION_CELLS)}\n`;
  });
  await terminal.write(lines.join(""));
  return 0;
}

interface Offer {
  readonly value: string;
  readonly about?: string | undefined;
}

async function offersFor(typed: readonly string[]): Promise<Offer[]> {
  // Bash splits `--cwd=/w` into three words.
  const words = typed.filter((word, at) => word !== "=" || at === typed.length - 1);
  const last = words.at(-1) ?? "";
  const current = last === "=" ? "" : last;
  const [name = "", ...rest] = words.slice(0, -1);
  if (words.length <= 1 || (name === "help" && rest.length === 0)) return beginning(await commandNames(), current);
  if (!isCommand(name)) return [];
  const command = await loadCommand(name);
  const { pending, positionals, onlyPositionals, configDirs } = readWords(command, rest);
  const store = configDirs.length > 0 ? configDirs : undefined;
  if (pending !== undefined) return offers(valuesOf(command, pending), current, store);
  const [, option, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
  if (option !== undefined && value !== undefined && !onlyPositionals) {
    const found = await offers(valuesOf(command, option), value, store);
    return found.map((offer) => (offer === DIRS ? offer : { ...offer, value: `--${option}=${offer.value}` }));
  }
  const [, sign, tag] = command.takesDashes === true ? (/^([+-])(?!-)(.*)$/s.exec(current) ?? []) : [];
  if (sign !== undefined && tag !== undefined) {
    const tags = (await offers("tags", tag, store)).map((offer) => ({ ...offer, value: sign + offer.value }));
    return current === "-" ? [...beginning(optionNames(command, rest), current), ...tags] : tags;
  }
  if (current.startsWith("-") && !onlyPositionals) return beginning(optionNames(command, rest), current);
  const { completes, positionals: allowed } = command;
  if (allowed === "none" || ((allowed === "one" || allowed === "optional") && positionals.length > 0)) return [];
  const kind = typeof completes === "function" ? completes(positionals) : completes;
  const found = await offers(kind, current, store);
  return found.filter(({ value }) => !positionals.includes(value));
}

async function commandNames(): Promise<Offer[]> {
  const commands = Object.keys(COMMANDS).map(async (name) => ({
    value: name,
    about: (await loadCommand(name)).summary,
  }));
  return [...(await Promise.all(commands)), ...["help", "--help", "--version"].map(plain)];
}

/** Reads the words before the current one. `pending`: the option whose value comes next. */
function readWords(command: Command, words: readonly string[]) {
  const tokens = tokensOf(command, words);
  const options = tokens.filter((token) => token.kind === "option");
  const last = tokens.at(-1)?.kind === "option" ? options.at(-1) : undefined;
  const isPending = last?.value === undefined && specOf(command, last?.name ?? "")?.type === "string";
  return {
    pending: isPending ? last?.name : undefined,
    positionals: tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : [])),
    onlyPositionals: tokens.some(({ kind }) => kind === "option-terminator"),
    configDirs: options.flatMap(({ name, value }) =>
      name === "config-dir" && value !== undefined ? [expandHome(value)] : [],
    ),
  };
}

/** Expands `~`, because shells pass words as they were typed. */
const expandHome = (path: string): string => path.replace(/^~(?=$|[/\\])/, () => homedir());

function valuesOf(command: Command, name: string): Completion {
  const spec = specOf(command, name);
  return (spec?.type === "string" ? spec.completes : undefined) ?? [];
}

function specOf(command: Command, name: string): OptionSpec | undefined {
  const known = optionsOf(command);
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

const optionNames = (command: Command, words: readonly string[]): Offer[] =>
  Object.entries(optionsOf(command))
    .filter(([name, spec]) => (spec.type === "string" && spec.multiple === true) || !words.includes(`--${name}`))
    .map(([name, { help }]) => ({ value: `--${name}`, about: help.replace(/\.(?: .*)?$/s, "") }));

type ConfigDirs = readonly string[] | undefined;

const plain = (value: string): Offer => ({ value });
const DIRS = plain(":dirs");
const FILES = plain(":files");

async function offers(kind: Completion | undefined, current: string, configDirs: ConfigDirs): Promise<Offer[]> {
  if (kind === undefined) return [];
  if (typeof kind === "object") return beginning(kind.map(plain), current);
  switch (kind) {
    case "directories":
      return [DIRS];
    case "files":
      return [FILES];
    case "sessions":
      return sessions(current, configDirs);
    case "trash":
      return beginning(await trashed(configDirs), current.toLowerCase());
    case "projects":
      return [...beginning(await recent(configDirs, ({ cwd }) => [cwd]), expandHome(current)), DIRS];
    case "tags":
      return beginning(await recent(configDirs, ({ tags }) => tags), current);
    case "branches":
      return beginning(await recent(configDirs, ({ gitBranch }) => [gitBranch]), current);
  }
}

async function sessions(current: string, configDirs: ConfigDirs): Promise<Offer[]> {
  if (current === "") {
    const page = await listSessionPage({ configDirs, archived: "include", limit: MAX_OFFERED });
    return page.sessions.map(({ sessionId, title }) => ({ value: sessionId, about: title }));
  }
  const ids = sessionIdsWith(current, configDirs);
  if (ids.length > MAX_DESCRIBED) return ids.map(plain);
  return ids.flatMap((value) => {
    const copy = findSession(value, { configDirs });
    return copy === undefined ? [] : [{ value, about: titleOf(copy) }];
  });
}

async function trashed(configDirs: ConfigDirs): Promise<Offer[]> {
  const entries = await listTrash({ configDirs });
  return distinct(
    entries.map(({ id, sessionId, replacedBy, summary }) => ({
      value: replacedBy === undefined ? sessionId : id,
      about: summary,
    })),
  );
}

async function recent(
  configDirs: ConfigDirs,
  facts: (session: ListedSession) => readonly (string | undefined)[],
): Promise<Offer[]> {
  const page = await listSessionPage({ configDirs, archived: "include", limit: MAX_RECENT });
  return distinct(page.sessions.flatMap((session) => facts(session).map((fact) => plain(fact ?? ""))));
}

/** Removes duplicates, and values that are not one printable line. */
const distinct = (offers: readonly Offer[]): Offer[] =>
  [...new Map(offers.map((offer) => [offer.value, offer])).values()].filter(
    ({ value }) => value !== "" && printable(value) === value,
  );

const beginning = (offers: readonly Offer[], current: string): Offer[] =>
  offers.filter(({ value }) => value.startsWith(current));
