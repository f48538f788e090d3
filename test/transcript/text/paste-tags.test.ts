import { expect, test } from "vitest";
import { withoutPasteTags } from "../../../src/transcript/text/paste-tags.ts";

const pasted = (text: string, id = "0a1b"): string =>
  `<pasted_content id="${id}">\n${text}\n</pasted_content id="${id}">`;

test.for([
  ["no tags", "no tags", "no tags"],
  [`a ${pasted("b")} c`, "a b c", "a b c"],
  [`a\n\n\n${pasted("b")}\n\n\nc`, "a\n\n\nb\n\n\nc", "a\nb\nc"],
  [pasted("a") + pasted("b"), "ab", "ab"],
  [pasted(""), "", ""],
  [pasted(pasted("b", "0c0d")), pasted("b", "0c0d"), pasted("b", "0c0d")],
  [`${pasted("a")}<pasted_content id="0c0d">\nnot closed`, `a<pasted_content id="0c0d">\nnot closed`, undefined],
  [pasted("not hexadecimal", "0A1B"), pasted("not hexadecimal", "0A1B"), undefined],
  [`<pasted_content id="<pasted_content id="${pasted("a")}`, '<pasted_content id="<pasted_content id="a', undefined],
] as const)("%j", ([text, kept, trimmed = kept]) => {
  expect([withoutPasteTags(text), withoutPasteTags(text, 2)]).toEqual([kept, trimmed]);
});
