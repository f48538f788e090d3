import { randomHex } from "../../store/disk/builtins.ts";
import { methods, type SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { StoredText } from "../../store/read/lazy-row.ts";
import { escapeSeparators, type LineWriter } from "./line-writer.ts";

/** Sends an update. Returns undefined, or a promise to await before the next one. `texts`: stored texts of the row. */
export type SendUpdate = (update: SessionUpdate, texts?: readonly StoredText[]) => Promise<void> | undefined;

/**
 * Writes the updates of sessions as lines of JSON-RPC, as the SDK would. The SDK makes a message and promises for each,
 * which doubles the time of "ACP load". Stored texts are copied: for the gain see lazy-row.ts. Lines keep their order with
 * those that the SDK sends later.
 */
export function updateWriter(out: LineWriter): (sessionId: string) => SendUpdate {
  return (sessionId) => {
    const { method, params } = { method: methods.client.session.update, params: { sessionId, update: null } };
    const envelope = escapeSeparators(JSON.stringify({ jsonrpc: "2.0", method, params }));
    const head = envelope.slice(0, -NO_UPDATE.length);
    return (update, texts = []) => {
      if (texts.length === 0) return out.write(head + escapeSeparators(JSON.stringify(update)) + END);
      const json = JSON.stringify(marked(update, texts));
      let line = head;
      let at = 0;
      for (let found = json.indexOf(MARK_START); found >= 0; found = json.indexOf(MARK_START, found + 1)) {
        if (!json.startsWith(mark(), found)) continue;
        const number = found + mark().length;
        const stored = texts[Number(json.slice(number, number + DIGITS))] as StoredText;
        line += json.slice(at, found) + stored.json.slice(1, -1);
        at = number + DIGITS;
      }
      return out.write(escapeSeparators(line + json.slice(at) + END));
    };
  };
}

const NO_UPDATE = "null}}";
const END = "}}";

/**
 * Placeholder for a stored text, followed by its number. Random per process, so it cannot occur in a transcript. Its first
 * character is rare and JSON does not escape it, so searching for it is fast.
 */
const MARK_START = "\u007f";
let processMark: string | undefined;
const mark = (): string => (processMark ??= MARK_START + randomHex(12));
const DIGITS = 2;

/** Minimum length of a text worth replacing; shorter ones are escaped as fast. */
const SHORT = 256;

/** Returns a copy of a value with marks for its stored texts. */
function marked(value: unknown, texts: readonly StoredText[]): unknown {
  if (typeof value === "string") return value.length < SHORT ? value : markedText(value, texts);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item = marked(value[i], texts);
      if (item !== value[i]) (copy ??= [...value])[i] = item;
    }
    return copy ?? value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    const other = marked(item, texts);
    if (other !== item) (copy ??= { ...value })[key] = other;
  }
  return copy ?? value;
}

/** Replaces a stored text by its mark. A fence may be around it, whose first line precedes the text. */
function markedText(value: string, texts: readonly StoredText[]): string {
  for (let i = 0; i < texts.length && i < 10 ** DIGITS; i++) {
    const { text } = texts[i] as StoredText;
    const more = value.length - text.length;
    if (more < 0 || more > FENCE_UNITS) continue;
    const at = more === 0 ? 0 : value.indexOf("\n") + 1;
    // `startsWith` is slower, since it compares character by character.
    if (value.slice(at, at + text.length) !== text) continue;
    return `${value.slice(0, at)}${mark()}${String(i).padStart(DIGITS, "0")}${value.slice(at + text.length)}`;
  }
  return value;
}

/** Maximum length of a fence around a text. */
const FENCE_UNITS = 64;
