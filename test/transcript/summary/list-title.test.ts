import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cutAtWord,
  forkFirst,
  listTitle,
  promptTitle,
  PromptTitles,
  titleOf,
  type TitleSources,
} from "../../../src/transcript/summary/list-title.ts";
import { anyCodePoint } from "../../support/any-text.ts";

const PLAN = "Implement the following plan:";

describe("the title of a prompt", () => {
  test.for<[string, string | undefined]>([
    ["Fix the cart", "Fix the cart"],
    ["  a\n\n\tb\u2028c \u001b[31mred\u001b[0m \u009b1m", "a b c red"],
    ["\u200b\u2060", undefined],
    ['<div class="a">why is this not centred?</div>', '<div class="a">why is this not centred?</div>'],
    ["<T>(x: T) => x does not compile", "<T>(x: T) => x does not compile"],
    ["<Button> does not render", "<Button> does not render"],
    ["<task>\nRefactor the cart\n</task>", "<task> Refactor the cart </task>"],
    ["[Request interrupted by user] appears in my log", "[Request interrupted by user] appears in my log"],
    ["[Request interrupted by user]", undefined],
    ["<ide_opened_file>a.ts</ide_opened_file> fix it", "fix it"],
    ["<bash-input>git status</bash-input>", "! git status"],
    ["<local-command-stdout>Goodbye!</local-command-stdout>", undefined],
    ['<teammate-message teammate_id="a">x</teammate-message>', undefined],
    ["<task-notification> <task-id>b1</task-id> <summary>cut off he…", undefined],
    ['see <pasted_content id="ab12">\nthe log\n</pasted_content id="ab12"> please', "see the log please"],
    [`${PLAN}\n\n# Raced outcomes\n\n## Context\nx`, "Raced outcomes"],
    [`${PLAN}\n\n# Plan\n\n## Context\n\nThe login fails.\n`, "The login fails."],
    [`${PLAN}\n\nFirst do this, then that.`, "First do this, then that."],
    [`${PLAN}  # Raced outcomes  ## Context  x`, "Raced outcomes"],
    [`${PLAN} # Raced outcomes ## Context x`, "Raced outcomes"],
    [`${PLAN}\n\n# Plan`, "Plan"],
    [PLAN, PLAN],
    ["", undefined],
    [" \n", undefined],
  ])("%j", ([text, title]) => {
    expect(promptTitle(text)).toBe(title);
  });
});

test.for([
  ["short", 10, "short"],
  ["one two three", 10, "one two…"],
  ["one two three four", 14, "one two three…"],
  ["a verylongwordthatgoeson", 10, "a verylon…"],
  ["日本語日本語日本語日本語", 8, "日本語日本語日…"],
  [`${"x".repeat(8)}😀y`, 10, `${"x".repeat(8)}…`],
  [`${"x".repeat(8)}e\u0301yz`, 10, `${"x".repeat(8)}…`],
  [`${"x".repeat(4)}👩\u200d👧yz${"z".repeat(9)}`, 8, `${"x".repeat(4)}…`],
] as const)("%j in %i units is %j", ([line, units, cut]) => {
  expect(cutAtWord(line, units)).toBe(cut);
});

test("a title is one line of at most 100 units, and is not cut if it fits", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCodePoint, maxLength: 300 }), fc.nat(3), (text, forks) => {
      const title = listTitle(text + " (fork)".repeat(forks));
      expect(title.length).toBeLessThanOrEqual(100);
      expect(title).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
      expect(listTitle(title)).toBe(title);
    }),
  );
});

const word = "word ".repeat(30).trim();

test.for([
  ["A title (fork)", "A title (fork)"],
  [`${word} (fork)`, `Fork: ${"word ".repeat(18).trim()}…`],
  [`${word} (fork) (fork)`, `Fork of a fork: ${"word ".repeat(16).trim()}…`],
  [`${"x".repeat(3000)} (fork)`, `Fork: ${"x".repeat(93)}…`],
  [" (fork)", "(fork)"],
] as const)("the title %j is listed as %j", ([title, listed]) => {
  expect(listTitle(title)).toBe(listed);
});

test("puts the mark of a fork in front for a narrow column", () => {
  expect(["A title (fork)", "A title", "Fork: x…"].map(forkFirst)).toEqual(["Fork: A title", "A title", "Fork: x…"]);
});

describe("the title of a session", () => {
  /** A session whose first messages these are. */
  const of = (texts: readonly string[], known: Partial<TitleSources> = {}): string => {
    const prompts = new PromptTitles();
    for (const text of texts) prompts.take([text], { prompt: undefined, isHere: false });
    const none = { customTitle: undefined, lastPrompt: undefined, summary: undefined, firstPrompt: undefined };
    return titleOf({ ...none, fallback: undefined, media: undefined, ...known, prompts });
  };
  const kanban =
    "<command-message>kanban</command-message>\n<command-name>/kanban</command-name>\n<command-args>STOCK #1395</command-args>";
  const model =
    "<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args>opus</command-args>";
  const note = '<teammate-message teammate_id="lead" summary="Tests">\nWrite tests\n</teammate-message>';

  test.for<[string, string[], Partial<TitleSources>, string]>([
    ["given", ["hi"], { customTitle: " Carts\n", lastPrompt: "x" }, "Carts"],
    ["given, and empty to the eye", ["hi"], { customTitle: "\u200b " }, "hi"],
    ["given, like markup", ["hi"], { customTitle: "<div> bug" }, "<div> bug"],
    ["the last prompt", ["hi"], { lastPrompt: "and now the tests", summary: "x" }, "and now the tests"],
    ["no words of the CLI's as the last prompt", ["hi"], { lastPrompt: "<task-notification> <task-id>…" }, "hi"],
    ["a summary", ["hi"], { summary: "Carts" }, "Carts"],
    ["the first prompt", [model, "hi"], { fallback: "/model" }, "hi"],
    ["a command with what was asked of it", [kanban, "go on"], { firstPrompt: "go on" }, "/kanban STOCK #1395"],
    ["a command that the CLI carried out, where nothing else was said", [model], { fallback: "/model" }, "/model opus"],
    ["a picture", [], { media: "Image" }, "Image"],
    ["somebody else's words, where there is nothing else", [note], {}, "lead: Tests"],
    ["not somebody else's words, where there are others", [note, "also test the server"], {}, "also test the server"],
    [
      "not the words around somebody else's",
      [`Another Claude session sent a message:\n${note}`],
      { firstPrompt: "Another Claude session sent a message: <teammate-message" },
      "lead: Tests",
    ],
    ["nothing", [], {}, ""],
    ["a fork of a plan", [], { customTitle: `${PLAN}  # Raced outcomes  ## Context… (fork)` }, "Raced outcomes (fork)"],
    [
      "a fork of a command",
      [kanban],
      { customTitle: "/kanban (fork)", fallback: "/kanban" },
      "/kanban STOCK #1395 (fork)",
    ],
    ["a fork without a name", ["<div> bug"], { customTitle: "Forked session (fork)" }, "<div> bug (fork)"],
  ])("%s", ([, texts, known, title]) => {
    expect(of(texts, known)).toBe(title);
  });
});
