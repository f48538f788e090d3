/** One option of a command. Its help, its errors and what a shell offers for it are all made from this. */
export type OptionSpec = {
  /** One letter, as in `-n`. */
  readonly short?: string;
  /** What it does, in a sentence or two. */
  readonly help: string;
} & (
  | { readonly type: "boolean" }
  | {
      readonly type: "string";
      readonly multiple?: boolean;
      /** What its value is called: `DIR`. */
      readonly value: string;
      /** What completes its value; absent: nothing. */
      readonly completes?: Completion;
    }
);

/** Options by their names, in the order of the help. */
export type Options = Readonly<Record<string, OptionSpec>>;

/** The environment variable of an option, for hosts that cannot pass arguments. */
export const variableOf = (option: string): string => `CLAUDE_TRANSCRIPTS_${option.toUpperCase().replaceAll("-", "_")}`;

/** Where a command prints. Made once by main. */
export interface Terminal {
  /** Width of stdout in cells; 80 where it is no terminal. */
  readonly columns: number;
  /** Width of stderr in cells; undefined where it is no terminal. */
  readonly errorColumns: number | undefined;
  /** stdout is a terminal. */
  readonly isTty: boolean;
  /** A terminal that shows colours, and `NO_COLOR` is not set. */
  readonly colors: boolean;
  /** Prints on stdout and waits until it is taken. A reader that has gone ends the process with 0. */
  write(text: string): Promise<void>;
  /** The same for bytes, which go as they are: for files and pipes only. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** One line on stderr; what a terminal would obey is taken out, its spaces stay. */
  warn(text: string): void;
}

/** What was asked for, once the arguments have been found right. */
export interface Invocation {
  /** `--config-dir`, each checked to be a directory; undefined where none was given. */
  readonly configDirs: readonly string[] | undefined;
  readonly json: boolean;
  /** The parsed options of the command. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
}

/** What a shell offers where an argument is expected. */
export type Completion = "sessions" | "trash" | "projects" | "tags" | "branches" | "directories" | readonly string[];

export interface Command {
  /** One line in the general help. */
  readonly summary: string;
  /** Its arguments, a line for each form: `show ID|- [options]`. */
  readonly usage: string;
  /** What `claude-transcripts <command> --help` says below the usage. Paragraphs are wrapped, indented lines stay apart. */
  readonly details: string;
  /** The same, below the options. */
  readonly notes?: string;
  /** Those of its own; every command has the common ones as well. */
  readonly options: Options;
  /** Names of the options that an environment variable can set, see `variableOf`. */
  readonly variables?: readonly string[];
  /** How many other arguments it takes: none, at most one, one, one or more, any number. */
  readonly positionals: "none" | "optional" | "one" | "some" | "any";
  /** What completes its positional arguments, or the next one after those that are there; absent: nothing. */
  readonly completes?: Completion | ((before: readonly string[]) => Completion | undefined);
  /** Exit code 0 or 1. Throws `UsageError` for 2. */
  run(invocation: Invocation): Promise<number>;
}

/** The command was called wrongly: exit code 2. The message says what to do. */
export class UsageError extends Error {}

/** `--limit must be a positive integer, got "x"`. */
export const mustBe = (option: string, what: string, given: string): UsageError =>
  new UsageError(`${option} must be ${what}, got "${given}"`);

/** `text, markdown or json`. */
export const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
