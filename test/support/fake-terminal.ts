import type { Invocation, Terminal } from "../../src/cli/terminal/command.ts";

/** A terminal, or a pipe, that keeps what is printed. */
export class FakeTerminal implements Terminal {
  out = "";
  err = "";
  readonly columns: number;
  readonly errorColumns = undefined;
  readonly isTty: boolean;
  readonly colors: boolean;

  constructor({ columns = 80, isTty = false, colors = false }: Partial<Terminal> = {}) {
    this.columns = columns;
    this.isTty = isTty;
    this.colors = colors;
  }

  write = (text: string): Promise<void> => {
    this.out += text;
    return Promise.resolve();
  };
  writeBytes = (bytes: Uint8Array): Promise<void> => this.write(Buffer.from(bytes).toString());
  goOnWithoutReader = (): void => undefined;
  warn = (text: string): void => {
    this.err += `${text}\n`;
  };
}

/** What a command is called with, when these options are given. */
export const invocation = (
  terminal: Terminal,
  configDir: string,
  positionals: readonly string[],
  { json = false, ...values }: Readonly<Record<string, unknown>> = {},
): Invocation => ({ configDirs: [configDir], json: json === true, values, positionals, terminal });
