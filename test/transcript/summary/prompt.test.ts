import { describe, expect, test } from "vitest";
import { humanPromptTime, promptOfRow } from "../../../src/transcript/summary/prompt.ts";

const promptOf = (content: unknown, extra: Record<string, unknown> = {}): string | undefined => {
  const fallback = { command: undefined as string | undefined };
  return promptOfRow({ type: "user", message: { content }, ...extra }, fallback) ?? (fallback.command || undefined);
};
const x = (count: number): string => "x".repeat(count);

describe("promptOfRow (official-helpers.md §4.1)", () => {
  test.each<[what: string, content: unknown, prompt: string | undefined]>([
    ["text", "hello world", "hello world"],
    ["lines", "  a\nb\r\nc  ", "a b\r c"],
    ["a tab", "a\tb", "a\tb"],
    ["only white space", "   \n ", undefined],
    ["200 units", x(200), x(200)],
    ["201 units", x(201), `${x(200)}…`],
    ["white space at the cut", `${x(195)}     ${x(50)}`, `${x(195)}…`],
    ["a pair at the cut", `${x(199)}😀tail`, `${x(199)}…`],
    ["pairs alone", "😀".repeat(101), `${"😀".repeat(100)}…`],
    ["blocks", [{ type: "text", text: "" }, { type: "image" }, { type: "text", text: "second" }], "second"],
    [
      "two texts",
      [
        { type: "text", text: "one" },
        { type: "text", text: "two" },
      ],
      "one",
    ],
    [
      "a block that is passed over",
      [
        { type: "text", text: "<ide_selection>x" },
        { type: "text", text: "real" },
      ],
      "real",
    ],
    ["a tool result beside text", [{ type: "text", text: "no" }, { type: "tool_result" }], undefined],
    ["odd blocks", [null, 5, "text", [], { type: "text", text: 5 }, { text: "no type" }], undefined],
    ["no content", undefined, undefined],
    ["an object", { type: "text", text: "no" }, undefined],
    ["a tag in lower case", "<div>hello</div>", undefined],
    ["a tag with attributes", '<foo bar="1">x', undefined],
    ["a tag behind a space", "  <system-reminder>x", undefined],
    ["a tag in upper case", "<Foo>x</Foo>", "<Foo>x</Foo>"],
    ["a tag that is not closed", "<a", "<a"],
    ["an empty tag", "<br/> x", "<br/> x"],
    ["a comment", "<!-- c --> x", "<!-- c --> x"],
    ["a heart", "<3 you", "<3 you"],
    ["text before a tag", "hi <b>x</b>", "hi <b>x</b>"],
    ["an interruption", "[Request interrupted by user for tool use] and more", undefined],
    ["a command", "<command-name>/clear</command-name>\n<command-message>clear</command-message>", "/clear"],
    ["a command inside text", "please run <command-name>/foo</command-name> now", "/foo"],
    ["a command over two lines", "<command-name>/a\nb</command-name>", "/a b"],
    ["a command over a carriage return", "<command-name>/a\rb</command-name>", undefined],
    ["a second command behind it", "<command-name>/a\rb <command-name>/c</command-name>", "/c"],
    ["a command without an end", "run <command-name>/foo", "run <command-name>/foo"],
    ["an empty command", "<command-name></command-name>", undefined],
    ["shell input", "<bash-input>ls -la\n foo </bash-input>", "! ls -la  foo"],
    ["shell input in text", "x <bash-input>pwd</bash-input> y", "! pwd"],
    ["empty shell input", "<bash-input></bash-input>", "! "],
    ["long shell input", `<bash-input>${x(300)}</bash-input>`, `! ${x(300)}`],
    ["shell output", "<bash-stdout>x</bash-stdout>", undefined],
    ["a paste", 'fix <pasted_content id="ab12">\none\ntwo\n</pasted_content id="ab12">\n please', "fix one two please"],
    ["a paste alone", '<pasted_content id="00ff">\none\n</pasted_content id="00ff">\n', "one"],
    ["newlines around a paste", 'a\n\n\n<pasted_content id="00ff">\nb\n</pasted_content id="00ff">\n\n\nc', "a b c"],
    ["an empty paste", 'a <pasted_content id="00ff">\n</pasted_content id="00ff">\nb', "a b"],
    [
      "two pastes",
      '<pasted_content id="0001">\na\n</pasted_content id="0001"> <pasted_content id="0002">\nb\n</pasted_content id="0002">',
      "a b",
    ],
    [
      "a paste of another id",
      'a <pasted_content id="00ff">\nb\n</pasted_content id="00fe">',
      'a <pasted_content id="00ff"> b </pasted_content id="00fe">',
    ],
    [
      "an id of other letters",
      'a <pasted_content id="00FF">\nb\n</pasted_content id="00FF">',
      'a <pasted_content id="00FF"> b </pasted_content id="00FF">',
    ],
  ])("%s", (_what, content, prompt) => {
    expect(promptOf(content)).toBe(prompt);
  });

  test.each([
    { type: "assistant" },
    { isMeta: true },
    { isCompactSummary: true },
    { message: null },
    { message: "hi" },
  ])("%j is no prompt", (extra) => {
    expect(promptOf("hi", extra)).toBeUndefined();
  });

  test("keeps the first of several commands", () => {
    const fallback = { command: undefined };
    for (const name of ["/a", "/b"]) {
      const content = `<command-name>${name}</command-name>`;
      expect(promptOfRow({ type: "user", message: { content } }, fallback)).toBeUndefined();
    }
    expect(fallback.command).toBe("/a");
  });

  test("takes linear time for text made to be slow", () => {
    const many = 200_000;
    for (const piece of [
      '<pasted_content id="ab12">\n',
      '<pasted_content id="ab1',
      "<command-name>\r",
      "<command-name>",
      "<bash-input>",
      "\r<command-name>x\r",
    ]) {
      promptOf(piece.repeat(many));
      promptOf(`${piece.repeat(many)}</command-name>`);
    }
    expect(promptOf(`${'<pasted_content id="ab12">\n\n</pasted_content id="ab12">'.repeat(many)}end`)).toBe("end");
  });
});

describe("humanPromptTime (official-helpers.md §4.3)", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const row = (extra: Record<string, unknown> = {}, content: unknown = "hi"): Record<string, unknown> => ({
    type: "user",
    timestamp: at,
    message: { content },
    ...extra,
  });
  const queued = (
    extra: Record<string, unknown> = {},
    outer: Record<string, unknown> = {},
  ): Record<string, unknown> => ({
    type: "attachment",
    timestamp: at,
    attachment: { type: "queued_command", prompt: "hi", ...extra },
    ...outer,
  });

  test.each([
    row(),
    row({ isMeta: false, isSidechain: false, toolUseResult: null, promptSource: "sdk", turnOrigin: "sdk" }),
    row({ origin: { kind: "human" } }, "<tick>x"),
    row({}, "<command-message>x</command-message>"),
    row({}, [{ type: "image" }]),
    row({}, [{ type: "document" }, { type: "text", text: "" }]),
    row({}, [{ type: "text", text: "hi" }, { text: "no type" }]),
    queued(),
    queued({ commandMode: "bash", isMeta: false, origin: { kind: "human" } }),
  ])("%j was written by a person", (value) => {
    expect(humanPromptTime(value)).toBe(Date.parse(at));
  });

  test.each([
    row({ type: "assistant" }),
    row({ timestamp: "yesterday" }),
    row({ timestamp: 5 }),
    row({ message: null }),
    row({ message: "hi" }),
    row({ origin: { kind: "task-notification" } }),
    row({ origin: null }),
    row({ origin: { kind: "human" } }, "<command-name>/x</command-name>"),
    row({ origin: { kind: "human" } }, "  "),
    row({ turnOrigin: "cron" }),
    row({ toolUseResult: {} }),
    row({ promptSource: 5 }),
    row({ persist: false }),
    row({ wakeupSource: "x" }),
    row({ scheduledTaskId: "x" }),
    ...["isMeta", "isSidechain", "isCompactSummary", "isVirtual", "isVisibleInTranscriptOnly", "textNotTyped"].map(
      (key) => row({ [key]: true }),
    ),
    row({ isMeta: null }),
    row({}, "<command-name>/x</command-name>"),
    row({}, "<local-command-stdout>x</local-command-stdout>"),
    row({}, [{ type: "tool_result" }, { type: "text", text: "hi" }]),
    row({}, [{ text: "no type" }, { type: "image" }]),
    queued({ commandMode: "task" }),
    queued({ isMeta: true }),
    queued({ origin: { kind: "channel" } }),
    queued({ type: "date" }),
    queued({}, { isSidechain: true }),
    queued({}, { attachment: null }),
  ])("%j was not", (value) => {
    expect(humanPromptTime(value)).toBeUndefined();
  });
});
