import { expect, test } from "vitest";
import { noteText, userText } from "../../../src/acp/replay/user-part.ts";

test.for([
  [{ kind: "text", role: "user", text: " a\n<b>" }, " a\n<b>"],
  [{ kind: "command", role: "user", name: "/model", args: "opus" }, "/model opus"],
  [{ kind: "command", role: "user", name: "/clear", args: "" }, "/clear"],
  [{ kind: "shell", role: "user", command: "git status" }, "! git status"],
] as const)("%j is shown as %j", ([word, shown]) => {
  expect(userText(word)).toBe(shown);
});

test.for([
  ["\n\n  a\nb \n", "```\n  a\nb\n```"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]8;;https://x\u0007link\u001b]8;;\u0007", "link"],
  ["(no content)", ""],
  [" \n", ""],
] as const)("output %j is shown as %j", ([text, shown]) => {
  expect(noteText({ kind: "output", role: "tool", text, errors: false })).toEqual({
    text: shown,
    facts: { command: "output" },
  });
});

const news = { taskId: undefined, toolUseId: undefined, status: "completed", summary: "It ended", pointer: undefined };

test.for([
  [
    { kind: "notice", role: "system", level: "info", text: "Request interrupted by user" },
    "*Request interrupted by user*",
    { notice: "info" },
  ],
  [{ kind: "notice", role: "system", level: "error", text: "a *b*\nc" }, "a *b*\nc", { notice: "error" }],
  [
    { kind: "notice", role: "system", level: "info", text: "It ended", task: { ...news, report: "" } },
    "It ended",
    { notification: "It ended" },
  ],
  [
    {
      kind: "notice",
      role: "system",
      level: "info",
      text: "It ended\nAll of it",
      task: { ...news, report: "All of it" },
    },
    "It ended\n\nAll of it",
    { notification: "It ended" },
  ],
  [
    { kind: "peer", role: "peer", from: "tester", summary: "Done", text: "All pass." },
    "Note from tester: Done\n\nAll pass.",
    { peer: { from: "tester", summary: "Done" } },
  ],
  [
    { kind: "peer", role: "peer", from: "tester", summary: undefined, text: "" },
    "Note from tester",
    { peer: { from: "tester" } },
  ],
] as const)("a note %j", ([word, text, facts]) => {
  expect(noteText(word)).toEqual({ text, facts });
});
