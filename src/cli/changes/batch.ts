import { resolveSession } from "../../store/resolve/by-prefix.ts";
import { shortIds } from "../../store/resolve/short-ids.ts";
import { titleOf } from "../../store/facts/title-of.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Invocation } from "../terminal/command.ts";
import { toFailure, warnOf } from "./failure.ts";
import { startProgress } from "../terminal/progress.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { printable } from "../terminal/terminal.ts";

/** What a change came to. */
export interface Done {
  /** One line, e.g. `archived 5d3f2a10 “A title”`. */
  readonly line: string;
  /** What JSON says of it, beside `given`. */
  readonly facts: { readonly sessionId: string } & Readonly<Record<string, unknown>>;
  /** What a person should know as well; told on stderr. */
  readonly notes?: readonly string[];
}

/** One argument, and what it was found to mean. */
export interface Subject<T> {
  readonly given: string;
  /** Two arguments of one key mean the same thing, which is done once. */
  readonly key: string;
  readonly value: T;
}

interface Change<T> {
  readonly action: string;
  readonly given: readonly string[];
  /** What an argument means; throws where it means nothing, or several things. */
  readonly find: (given: string) => Subject<T>;
  readonly act: (subject: Subject<T>, dryRun: boolean) => Promise<Done>;
  /** Where the line goes that tells what was done. Default: stdout, unless that has JSON. */
  readonly print?: ((line: string) => void) | undefined;
  /** What JSON says beside the results. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Does the same to several things, one after the other; one that fails keeps no other from being done. What the arguments
 * mean is settled before anything is changed. Gives the exit code: 1 when something failed.
 */
export async function changeEach<T>(
  { json, terminal, values, configDirs }: Invocation,
  { action, given, find, act, print, more }: Change<T>,
): Promise<number> {
  const dryRun = values["dry-run"] === true;
  const results: Readonly<Record<string, unknown>>[] = [];
  const hints = new Set<string>();
  const progress = startProgress(action);
  const fail = async (word: string, error: unknown): Promise<void> => {
    const failure = await toFailure(error, configDirs);
    results.push({ given: word, error: failure });
    progress.clear();
    warnOf(failure, `claude-transcripts ${action}`, terminal);
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
      if ("error" in subject) await fail(subject.given, subject.error);
      else if (!seen.has(subject.key)) {
        seen.add(subject.key);
        try {
          const { line, facts, notes = [] } = await act(subject, dryRun);
          results.push({ given: subject.given, ...facts });
          progress.clear();
          if (print !== undefined) print(line);
          else if (!json) await terminal.write(`${printable(line)}\n`);
          for (const note of notes) terminal.warn(note);
        } catch (error) {
          await fail(subject.given, error);
        }
      }
    }
  } finally {
    progress.stop();
  }
  for (const hint of hints) terminal.warn(hint);
  if (json) await terminal.write(`${terminalJson({ action, dryRun, results, ...more }, 1)}\n`);
  return results.some((result) => "error" in result) ? 1 : 0;
}

/** How a session is found, and called, by a command: `5d3f2a10 “A title”`. */
export function sessionFinder({ configDirs }: Invocation): {
  readonly find: (given: string) => Subject<TranscriptCopy>;
  readonly name: (copy: TranscriptCopy) => string;
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
  };
}

/** `5d3f2a10 “A title”`; the id alone where no title is known. */
export const named = (id: string, title: string | undefined): string =>
  title === undefined || title === "" ? id : `${id} “${printable(title)}”`;
