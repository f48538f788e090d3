import { expect, test } from "vitest";
import { userPart } from "../../src/acp/user-part.ts";

const pasted = (id: string, text: string) => `<pasted_content id="${id}">\n${text}\n</pasted_content id="${id}">`;
const typed = (text: string) => userPart({ kind: "typed", text }).text;

test.for([
  ["nothing pasted", "a <b>", "a <b>"],
  ["something pasted", `see ${pasted("ab12", "x\ny")} and`, "see x\ny and"],
  ["twice", `${pasted("ab12", "x")}\n\n${pasted("cd34", "y")}`, "x\n\ny"],
  ["one in another", pasted("ab12", pasted("cd34", "x")), pasted("cd34", "x")],
  ["nothing in it", '<pasted_content id="ab12">\n\n</pasted_content id="ab12">', ""],
  ["an element that is not closed", '<pasted_content id="ab12">\nx', '<pasted_content id="ab12">\nx'],
  ["another kind of id", pasted("7", "x"), pasted("7", "x")],
] as const)("%s", ([, text, expected]) => {
  expect(typed(text)).toBe(expected);
});

test("takes time in proportion to the text", () => {
  const text = '<pasted_content id="ab12">\n'.repeat(200_000);
  expect(typed(text)).toBe(text);
});

test.for([
  ["\n\n  a\nb \n", "```\n  a\nb\n```"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]8;;https://x\u0007link\u001b]8;;\u0007", "link"],
  ["(no content)", ""],
  [" \n", ""],
] as const)("output %j is shown as %j", ([text, shown]) => {
  expect(userPart({ kind: "output", text, errors: false })).toEqual({ text: shown, command: "output" });
});
