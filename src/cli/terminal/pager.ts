import type { ChildProcessByStdio } from "node:child_process";
import { nodeChildProcess } from "../../store/disk/builtins.ts";
import type { Writable } from "node:stream";
import type { Terminal } from "./command.ts";
import { piecesOf } from "./terminal.ts";

/** Where a long text goes. */
export interface Output {
  /** Waits until it is taken. False when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** Waits until what was written has been read. */
  end(): Promise<void>;
}

/**
 * On a terminal the pager, by git's conventions: `PAGER`, else `less`; `cat` or nothing for none; `LESS=FRX` where it is
 * not set: quit where all fits, show colours, leave the text on the screen. A pager that cannot be started is no
 * failure: the text is printed. Elsewhere stdout.
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

/** Each write to a pipe is a call of the system, and what the stream keeps of it outlives the text. */
const BATCH_UNITS = 16 * 1024;

/** Short texts go out together. */
class Stdout implements Output {
  readonly #terminal: Terminal;
  #waiting = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async write(text: string): Promise<boolean> {
    this.#waiting += text;
    if (this.#waiting.length >= BATCH_UNITS) await this.end();
    return true;
  }

  async end(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") await this.#terminal.write(text);
  }
}

/** When so much has been taken, the pager was there to take it. */
const RETAINED_BYTES = 256 * 1024;
/** What a shell says of a command that is not there, or is none. */
const NOT_STARTED = new Set([126, 127]);
/** Then a shell has to read the command; else its words are the program and what it is given. */
const SHELL_LETTERS = /[|&;<>()$`\\"'\n*?[#~=%]/;

class Pager implements Output {
  readonly #terminal: Terminal;
  readonly #child: ChildProcessByStdio<Writable, null, null>;
  readonly #closed: Promise<void>;
  /** What was written, as long as it may have gone nowhere. */
  #retained: string[] | undefined = [];
  #bytes = 0;
  #state: "runs" | "ended" | "missing" = "runs";

  constructor(command: string, terminal: Terminal, env: Readonly<Record<string, string | undefined>>) {
    this.#terminal = terminal;
    const [program = "", ...args] = SHELL_LETTERS.test(command) ? [command] : command.split(/\s+/);
    this.#child = nodeChildProcess().spawn(program, args, {
      shell: SHELL_LETTERS.test(command),
      stdio: ["pipe", "inherit", "inherit"],
      env: { ...env, LESS: env["LESS"] ?? "FRX", LV: env["LV"] ?? "-c" },
    });
    // The pager, which has the terminal, decides what an interrupt from the keyboard means.
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    // It ended before it had read all: that is for its user to decide.
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
    if (this.#state === "missing") return this.#print(text);
    if (this.#state === "ended") return false;
    this.#bytes += text.length;
    if (this.#bytes <= RETAINED_BYTES) this.#retained?.push(text);
    else this.#retained = undefined;
    for (const piece of piecesOf(text)) {
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

  /** Prints what went nowhere, where it did. False when nobody reads. */
  async #settled(): Promise<boolean> {
    if (this.#state === "missing") {
      const texts = this.#retained ?? [];
      this.#retained = [];
      for (const text of texts) await this.#terminal.write(text);
    }
    return this.#state !== "ended";
  }

  async #print(text: string): Promise<boolean> {
    await this.#settled();
    await this.#terminal.write(text);
    return true;
  }
}
