import type { About, LeftOut, Renderer } from "./view.ts";

/** A conversation as one JSON document, message by message; the shape is told by `show --help`. */
export function jsonRenderer(left: LeftOut): Renderer {
  let count = 0;
  return {
    head: (about) => `{"session":${terminalJson(withoutAbsent(about))},"messages":[`,
    message({ number, speaker, timestamp, model, branch, compacted, uuids, parts }) {
      const message = { number, speaker, timestamp, model, branch, compacted, uuids, parts };
      return `${count++ === 0 ? "\n" : ",\n"}${terminalJson(message)}`;
    },
    foot() {
      const { before, otherRoles, compacted, branches, branchMessages } = left;
      const omitted = { before, otherRoles, compacted, branches, branchMessages };
      return `${count === 0 ? "" : "\n"}],"omitted":${terminalJson(omitted)}}\n`;
    },
  } satisfies Renderer;
}

/** JSON with nothing in it that a terminal would obey: what JSON need not escape, and a terminal acts on, is escaped. */
export const terminalJson = (value: unknown): string => escapeControls(JSON.stringify(value) ?? "null");

/** The same for text that is JSON already, or meant to be. */
export function escapeControls(json: string): string {
  return json.replace(UNSAFE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

function withoutAbsent(about: About): Record<string, unknown> {
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
}
