import { terminalJson } from "./json-text.ts";
import type { About, LeftOut, Renderer } from "./view.ts";

/** A conversation as one JSON document, message by message; the shape is told by `show --help`. */
export function jsonRenderer(left: LeftOut): Renderer {
  let count = 0;
  return {
    head: (about) => `{"session":${terminalJson(withoutAbsent(about))},"messages":[`,
    message({ number, speaker, timestamp, model, branch, compacted, apart, uuids, parts }) {
      const mark = apart === undefined ? {} : { [apart]: true };
      const message = { number, speaker, timestamp, model, branch, compacted, ...mark, uuids, parts };
      return `${count++ === 0 ? "\n" : ",\n"}${terminalJson(message)}`;
    },
    foot() {
      const { before, otherRoles, compacted, notCurrent, branches, branchMessages, thoughtsWithoutText, empty } = left;
      const omitted = {
        before,
        otherRoles,
        compacted,
        notCurrent,
        branches,
        branchMessages,
        thoughtsWithoutText,
        empty,
      };
      return `${count === 0 ? "" : "\n"}],"omitted":${terminalJson(omitted)}}\n`;
    },
  } satisfies Renderer;
}

function withoutAbsent(about: About): Record<string, unknown> {
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
}
