import { resolveSession } from "../../store/resolve/by-prefix.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { overwriteWarning } from "../../store/live/session-in-use.ts";
import { titleOf } from "../../store/facts/title-of.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Invocation } from "../terminal/command.ts";
import { toFailure, warnOfFailure } from "./failure.ts";
import { startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";
import { ownCommand } from "./own-command.ts";

export interface Done {
  /** One line, e.g. `archived 5d3f2a10 “A title”`. */
  readonly line: string;
  /** Members of the result in JSON, besides `given`. */
  readonly facts: { readonly sessionId: string } & Readonly<Record<string, unknown>>;
  /** Lines for stderr. */
  readonly notes?: readonly string[];
  /** What undoes it, if anything does. */
  readonly undo?: Undo | undefined;
}

/** A command that undoes a change of one session: its name, the id, and what else it needs. */
interface Undo {
  readonly command: string;
  readonly sessionId: string;
  readonly words?: readonly string[];
}

export interface Subject<T> {
  readonly given: string;
  /** Arguments with the same key mean the same thing, which is changed once. */
  readonly key: string;
  readonly value: T;
}

interface Change<T> {
  readonly action: string;
  /** Default: the positional arguments. */
  readonly given?: readonly string[];
  /** Throws if an argument means nothing, or several things. */
  readonly find: (given: string) => Subject<T>;
  readonly act: (subject: Subject<T>, dryRun: boolean) => Promise<Done>;
  /** Prints the line of a result. Default: on stdout, unless that gets JSON. */
  readonly print?: ((line: string) => void) | undefined;
  /** Ends the changes when it is aborted: those not made are not reported. */
  readonly signal?: AbortSignal | undefined;
  /** Members of the JSON besides the results, made when all is done. */
  readonly more?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** Applies a change to each argument; all are resolved first, and a failure ends no other. Returns the exit code. */
export async function applyToEach<T>(
  invocation: Invocation,
  { action, given = invocation.positionals, find, act, print, signal, more }: Change<T>,
): Promise<number> {
  const { json, terminal, values, configDirs } = invocation;
  const dryRun = values["dry-run"] === true;
  const isStopped = (): boolean => signal?.aborted === true;
  if (!dryRun) terminal.goOnWithoutReader();
  const results: Readonly<Record<string, unknown>>[] = [];
  const hints = new Set<string>();
  const undos = new Map<object, Undo>();
  const progress = startProgress(action);
  const fail = async (word: string, error: unknown): Promise<void> => {
    const failure = await toFailure(error, configDirs);
    results.push({ given: word, error: failure });
    progress.clear();
    warnOfFailure(failure, `claude-transcripts ${action}`, terminal);
    if (failure.hint !== undefined) hints.add(failure.hint);
  };
  const found = given.map((word): Subject<T> | { readonly given: string; readonly error: unknown } => {
    try {
      return find(word);
    } catch (error) {
      return { given: word, error };
    }
  });
  const seen = new Set<string>();
  try {
    for (const subject of found) {
      if (isStopped()) break;
      if ("error" in subject) await fail(subject.given, subject.error);
      else if (!seen.has(subject.key)) {
        seen.add(subject.key);
        try {
          const { line, facts, notes = [], undo } = await act(subject, dryRun);
          const result = { given: subject.given, ...facts };
          if (!dryRun && undo !== undefined) undos.set(result, undo);
          results.push(result);
          progress.clear();
          if (print !== undefined) print(line);
          else if (!json) await terminal.write(`${printable(line)}\n`);
          for (const note of notes) terminal.warn(note);
        } catch (error) {
          if (isStopped() && error === signal?.reason) break;
          await fail(subject.given, error);
        }
      }
    }
  } finally {
    progress.stop();
  }
  for (const hint of hints) terminal.warn(hint);
  const commands = undoCommands([...undos.values()], invocation);
  if (!json && (terminal.isTty || isStopped())) for (const command of commands) terminal.warn(`To undo: ${command}`);
  if (json) {
    const [undo] = commands;
    const isOne = commands.length === 1;
    const each = isOne ? results : results.map((result) => ({ ...result, ...undoOf(undos.get(result), invocation) }));
    const report = { action, dryRun, results: each, ...(isOne && { undo }), ...more?.() };
    await terminal.write(`${terminalJson(report, 1)}\n`);
  }
  return results.some((result) => "error" in result) ? 1 : 0;
}

/** Returns the commands that undo changes: one, if they are the same but for the ids. */
function undoCommands(undos: readonly Undo[], { configDirs }: Invocation): string[] {
  const [first] = undos;
  if (undos.length > 1 && undos.every(({ command, words }) => command === first?.command && words === undefined))
    return [ownCommand([first?.command ?? "", ...undos.map(({ sessionId }) => sessionId)], configDirs)];
  return undos.map(({ command, sessionId, words = [] }) => ownCommand([command, sessionId, ...words], configDirs));
}

const undoOf = (undo: Undo | undefined, invocation: Invocation): { readonly undo?: string } => {
  const [command] = undo === undefined ? [] : undoCommands([undo], invocation);
  return command === undefined ? {} : { undo: command };
};

/** What stands before words that may begin with a dash. */
export const dashes = (words: string): string[] => (words.startsWith("-") ? ["--"] : []);

/** Makes functions that find a session, name it, `5d3f2a10 “A title”`, and warn that a change of it may not last. */
export function sessionFinder({ configDirs }: Invocation): {
  readonly find: (given: string) => Subject<TranscriptCopy>;
  readonly name: (copy: TranscriptCopy) => string;
  /** Returns lines for stderr, none if the session is not in use. `what`: that is changed. Call it before the change. */
  readonly warnings: (copy: TranscriptCopy, what: "the title" | "the tag") => string[];
} {
  let short: ((id: string) => string) | undefined;
  return {
    find(given) {
      const copy = resolveSession(given, configDirs);
      return { given, key: copy.sessionId, value: copy };
    },
    name(copy) {
      short ??= shortIds(configDirs);
      return named(short(copy.sessionId), titleOf(copy));
    },
    warnings({ sessionId }, what) {
      const warning = overwriteWarning(sessionId, what, { configDirs });
      return warning === undefined ? [] : [printable(warning)];
    },
  };
}

/** Returns `5d3f2a10 “A title”`, or only the id if there is no title. */
export const named = (id: string, title: string | undefined): string =>
  title === undefined || title === "" ? id : `${id} “${printable(title)}”`;
