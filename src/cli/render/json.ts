import { randomHex } from "../../store/disk/builtins.ts";
import type { StoredOutput } from "../../store/read/tool-results.ts";
import type { Part } from "../../view/parts.ts";
import { segmentsOf, wholeText } from "../../view/spilled.ts";
import { piecesOf } from "../../transcript/text/surrogates.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { type Renderer, type RenderOptions, shownFile } from "./message-view.ts";

/** Renders a conversation as one JSON document, message by message. `show --help` describes its members. */
export function jsonRenderer(options: RenderOptions & { readonly notes?: readonly string[] | undefined }): Renderer {
  let count = 0;
  return {
    head: (about) => `{"session":${terminalJson(about)},"messages":[`,
    *message({ number, speaker, timestamp, model, branch, compacted, apart, uuids, parts, found }) {
      const wholes: (StoredOutput | string)[] = [];
      const shown = parts.map((part) => withSpilled(part, options, wholes));
      const unconnected = apart === undefined ? {} : { [apart]: true };
      const message = {
        number,
        speaker,
        timestamp,
        model,
        branch,
        compacted,
        ...unconnected,
        uuids,
        ...(found && { matches: found.matches }),
        parts: shown,
      };
      yield count++ === 0 ? "\n" : ",\n";
      const json = terminalJson(message);
      let at = 0;
      for (const [i, whole] of wholes.entries()) {
        const mark = markOf(i);
        const found = json.indexOf(mark, at);
        yield json.slice(at, found);
        for (const text of typeof whole === "string" ? piecesOf(whole, LONG_UNITS) : wholeText(whole)) {
          yield terminalJson(text).slice(1, -1);
        }
        at = found + mark.length;
      }
      yield json.slice(at);
    },
    foot() {
      // JSON always shows these.
      const omitted = { ...options.left, thoughts: undefined, reminders: undefined, lines: undefined };
      const notes = options.notes === undefined ? "" : `,"notes":${terminalJson(options.notes)}`;
      return `${count === 0 ? "" : "\n"}],"omitted":${terminalJson(omitted)}${notes}}\n`;
    },
  } satisfies Renderer;
}

/** Returns a part for JSON. A long text, or with `full` an output in its own file, is replaced by a mark and added to `wholes`. */
function withSpilled(part: Part, options: RenderOptions, wholes: (StoredOutput | string)[]): unknown {
  if (!("spilled" in part) || part.spilled === undefined) {
    if (!("text" in part) || part.text.length < LONG_UNITS) return part;
    wholes.push(part.text);
    return { ...part, text: markOf(wholes.length - 1) };
  }
  const texts = Array.from(segmentsOf(part), ({ text, spilled }) => {
    const whole = spilled && shownFile(spilled, options);
    if (whole === undefined) return text;
    wholes.push(whole);
    return markOf(wholes.length - 1);
  });
  const spilled = part.spilled.map(({ name, bytes, cut, file }) => ({ name, bytes, cut, path: file?.path }));
  return { ...part, text: texts.join(""), spilled };
}

/** Minimum length of a text that is written piece by piece. */
const LONG_UNITS = 1024 * 1024;

let prefix: string | undefined;
/** Returns the placeholder of a text. Random per process, so it cannot occur in a transcript. */
const markOf = (i: number): string => `${(prefix ??= randomHex(12))}.${i}.`;
