import type { ChildProcessByStdio } from "node:child_process";
import { nodeChildProcess } from "../../store/disk/builtins.ts";
import type { Writable } from "node:stream";
import type { Terminal } from "./command.ts";
import { piecesOf } from "../../transcript/text/surrogates.ts";
import { PIECE_UNITS } from "./terminal.ts";

export interface Output {
  /** Waits while the buffer is full. Returns false if nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Waits until everything written has been read. */
  end(): Promise<void>;
}

/**
 * Opens the pager on a terminal, else stdout. Follows git: `PAGER` or `less`; `cat` or an empty value for none; `LESS=FRX` if
 * unset (quit if all fits, show colours, leave the text on the screen). If the pager does not start, prints the text.
 */
export function openOutput(
  terminal: Terminal,
  wanted = true,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Output {
  const command = (env["PAGER"] ?? "less").trim();
  if (wanted && terminal.isTty && command !== "" && command !== "cat") return new Pager(command, terminal, env);
  return new Stdout(terminal);
}

/** Size at which the buffer is written: each write is a system call, and the stream keeps memory for it. */
const BATCH_UNITS = 16 * 1024;

class Stdout implements Output {
  readonly #terminal: Terminal;
  #buffer = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async write(text: string): Promise<boolean> {
    // To append a long text would copy it when the buffer is read.
    const isLong = text.length >= BATCH_UNITS;
    if (!isLong) this.#buffer += text;
    if (isLong || this.#buffer.length >= BATCH_UNITS) await this.end();
    if (isLong) await this.#terminal.write(text);
    return true;
  }

  async end(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = "";
    if (text !== "") await this.#terminal.write(text);
  }
}

/** Text kept in case the pager does not start. A pipe does not take more without a reader. */
const RETAINED_UNITS = 256 * 1024;
/** Exit codes of a shell for a command that is missing or not executable. */
const NOT_STARTED = new Set([126, 127]);
/** Characters for which a command needs a shell; else its words are a program and its arguments. */
const SHELL_LETTERS = /[|&;<>()$`\\"'\n*?[#~=%]/;

class Pager implements Output {
  readonly #terminal: Terminal;
  readonly #child: ChildProcessByStdio<Writable, null, null>;
  readonly #closed: Promise<void>;
  /** Text to print if the pager does not start; undefined once it is known to run. */
  #retained: string[] | undefined = [];
  #units = 0;
  #state: "runs" | "ended" | "missing" = "runs";

  constructor(command: string, terminal: Terminal, env: Readonly<Record<string, string | undefined>>) {
    this.#terminal = terminal;
    const [program = "", ...args] = SHELL_LETTERS.test(command) ? [command] : command.split(/\s+/);
    this.#child = nodeChildProcess().spawn(program, args, {
      shell: SHELL_LETTERS.test(command),
      stdio: ["pipe", "inherit", "inherit"],
      env: { ...env, LESS: env["LESS"] ?? "FRX", LV: env["LV"] ?? "-c" },
    });
    // Ctrl-C is for the pager, which has the terminal.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    // The user may quit the pager before it has read everything.
    this.#child.stdin.on("error", () => undefined);
    this.#closed = new Promise((resolve) => {
      const done = (missing: boolean): void => {
        if (this.#state === "runs") this.#state = missing && this.#retained !== undefined ? "missing" : "ended";
        process.off("SIGINT", ignore);
        resolve();
      };
      this.#child.on("error", () => done(true));
      this.#child.on("close", (code) => done(code !== null && NOT_STARTED.has(code)));
    });
  }

  async write(text: string): Promise<boolean> {
    if (this.#state === "missing") {
      await this.#settled();
      await this.#terminal.write(text);
      return true;
    }
    if (this.#state === "ended") return false;
    this.#units += text.length;
    if (this.#units <= RETAINED_UNITS) this.#retained?.push(text);
    else this.#retained = undefined;
    for (const piece of piecesOf(text, PIECE_UNITS)) {
      if (this.#child.stdin.write(piece)) continue;
      await Promise.race([new Promise((resolve) => this.#child.stdin.once("drain", resolve)), this.#closed]);
      if (!(await this.#settled())) return false;
    }
    return true;
  }

  async end(): Promise<void> {
    if (this.#state === "runs") this.#child.stdin.end();
    await this.#closed;
    await this.#settled();
  }

  /** Prints the retained text if the pager did not start. Returns false if nobody reads any more. */
  async #settled(): Promise<boolean> {
    if (this.#state === "missing") {
      const texts = this.#retained ?? [];
      this.#retained = [];
      for (const text of texts) await this.#terminal.write(text);
    }
    return this.#state !== "ended";
  }
}
