import { jsonText } from "../../view/json-text.ts";

/** JSON with nothing in it that a terminal would obey: what JSON need not escape, and a terminal acts on, is escaped. */
export const terminalJson = (value: unknown, indent?: number): string => escapeControls(jsonText(value, indent));

/** The same for text that is JSON already, or meant to be. A line end is none of a string: it stays. */
export function escapeControls(json: string): string {
  return json.replace(UNSAFE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const UNSAFE = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;
