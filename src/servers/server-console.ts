import { Console } from "node:console";
import { Writable } from "node:stream";
import { printableLines } from "../view/sanitise.ts";

/** Creates a console that writes sanitised lines to stderr, since they contain paths and arguments. */
export function serverConsole(): Console {
  const clean = new Writable({
    decodeStrings: false,
    write(text: string | Buffer, _encoding, done) {
      process.stderr.write(printableLines(text.toString()));
      done();
    },
  });
  return new Console(clean, clean);
}
