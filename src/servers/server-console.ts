import { Console } from "node:console";
import { Writable } from "node:stream";
import { printableLines } from "../view/sanitise.ts";

/** A console whose lines all go to stderr, without what a terminal would obey: paths and arguments stand in them. */
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
