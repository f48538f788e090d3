/** Option of a command. Its help, errors and shell completion are made from this. */
export type OptionSpec = {
  /** One letter, as in `-n`. */
  readonly short?: string;
  /** One or two sentences. */
  readonly help: string;
  /** The command whose help explains it: other commands only name it. */
  readonly explainedBy?: string;
} & (
  | { readonly type: "boolean" }
  | {
      readonly type: "string";
      readonly multiple?: boolean;
      /** Whether giving it twice is an error. Of others, the last one counts. */
      readonly once?: boolean;
      /** Name of its value: `DIR`. */
      readonly value: string;
      readonly completes?: Completion;
    }
);

/** Options by name, in the order of the help. */
export type Options = Readonly<Record<string, OptionSpec>>;

/** Returns the environment variable of an option, for hosts that cannot pass arguments. */
export const variableOf = (option: string): string => `CLAUDE_TRANSCRIPTS_${option.toUpperCase().replaceAll("-", "_")}`;

export interface Terminal {
  /** Width of stdout in cells; 80 if it is not a terminal. */
  readonly columns: number;
  /** Width of stderr in cells; undefined if it is not a terminal. */
  readonly errorColumns: number | undefined;
  readonly isTty: boolean;
  /** Whether stdout is a terminal with colours, and `NO_COLOR` is not set. */
  readonly colors: boolean;
  /** Prints on stdout, and waits while the buffer is full. Ends the process with 0 if the reader is gone. */
  write(text: string): Promise<void>;
  /** From now on, prints nothing if the reader is gone: what was asked for is done to its end. */
  goOnWithoutReader(): void;
  /** Prints raw bytes: for files and pipes only. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** Prints a sanitised line on stderr; keeps its spaces. */
  warn(text: string): void;
}

/** Command line with checked arguments. */
export interface Invocation {
  /** `--config-dir`, each an existing directory; undefined if none was given. */
  readonly configDirs: readonly string[] | undefined;
  readonly json: boolean;
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
}

/** Kind of values that a shell offers for an argument, or the values. */
export type Completion =
  | "sessions"
  | "trash"
  | "projects"
  | "tags"
  | "branches"
  | "directories"
  | "files"
  | readonly string[];

export interface Command {
  /** One line in the general help. */
  readonly summary: string;
  /** Forms of the arguments, a line each: `show ID|- [options]`. */
  readonly usage: string;
  /** Help below the usage. Paragraphs are wrapped, indented lines are kept. */
  readonly details: string;
  readonly notes?: string;
  readonly options: Options;
  /** Names of the options that an environment variable can set, see `variableOf`. */
  readonly variables?: readonly string[];
  /** Number of other arguments: none, at most one, one, one or more, any number. */
  readonly positionals: "none" | "optional" | "one" | "some" | "any";
  /** Whether words such as `-wip`, which are not one of the short options, are arguments. */
  readonly takesDashes?: boolean;
  /** What somebody may have meant by an argument that looks like an unknown option: a sentence for the error. */
  readonly ifNoOption?: string;
  /** Completion of its positional arguments, or of the one after those given. */
  readonly completes?: Completion | ((before: readonly string[]) => Completion | undefined);
  /** Returns the exit code, 0 or 1. Throws `UsageError` for 2. */
  run(invocation: Invocation): Promise<number>;
}

/** Error in the command line: exit code 2. The message says what to do. */
export class UsageError extends Error {}

/** Makes an error such as `--limit must be a positive integer, got "x"`. */
export const mustBe = (option: string, what: string, given: string): UsageError =>
  new UsageError(`${option} must be ${what}, got "${given}"`);

/** Joins words: `text, markdown or json`. */
export const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
