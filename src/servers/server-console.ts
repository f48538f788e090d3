import { Console } from "node:console";
import { Writable } from "node:stream";
import { printableLines } from "../view/sanitise.ts";

/** Reserves stdout for a protocol: everything else that is printed goes to stderr. Exits when the client is gone. */
export function reserveStdout(): void {
  globalThis.console = serverConsole();
  process.on("uncaughtException", (error) => console.error(error));
  process.on("unhandledRejection", (reason) => console.error(reason));
  process.stdout.on("error", () => process.exit(0));
  process.stderr.on("error", () => undefined);
}

/** Creates a console that writes sanitised lines to stderr, since they contain paths and arguments. */
function serverConsole(): Console {
  const clean = new Writable({
    decodeStrings: false,
    write(text: string | Buffer, _encoding, done) {
      process.stderr.write(printableLines(text.toString()));
      done();
    },
  });
  return new Console(clean, clean);
}
