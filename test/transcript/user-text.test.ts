import { describe, expect, test } from "vitest";
import { readUserText } from "../../src/transcript/user-text.ts";

const typed = (text: string) => ({ kind: "typed", text });
const hidden = (text: string) => ({ kind: "hidden", text });
const output = (text: string, errors = false) => ({ kind: "output", text, errors });

describe("what a text in a user's message stands for", () => {
  test.for([
    ["nothing", "", []],
    ["what was typed, as it stands", "  a\n<b> & c &lt;\n", [typed("  a\n<b> & c &lt;\n")]],
    [
      "a command",
      "<command-name>/clear</command-name>\n  <command-message>clear</command-message>\n <command-args></command-args>",
      [{ kind: "command", name: "/clear", args: "" }],
    ],
    [
      "a command, its message first",
      "<command-message>review is running…</command-message>\n<command-name>/review</command-name>\n<command-args>a &amp; b</command-args>",
      [{ kind: "command", name: "/review", args: "a & b" }],
    ],
    [
      "a command and what it printed",
      "<command-name>/model</command-name><command-args>x</command-args>\n<local-command-stdout>Set to x</local-command-stdout>",
      [{ kind: "command", name: "/model", args: "x" }, output("Set to x")],
    ],
    ["output of a command", "<local-command-stdout>a\nb</local-command-stdout>", [output("a\nb")]],
    ["errors of a command", "<local-command-stderr>no</local-command-stderr>", [output("no", true)]],
    ["bash mode", "<bash-input>ls -l</bash-input>", [{ kind: "shell", command: "ls -l" }]],
    [
      "output of bash mode, escaped",
      "<bash-stdout>1 &lt; 2 &amp;&amp; 3</bash-stdout><bash-stderr></bash-stderr>",
      [output("1 < 2 && 3")],
    ],
    ["output that was not escaped", "<bash-stdout>a < b &lt;</bash-stdout>", [output("a < b &lt;")]],
    [
      "output with the closing tag in it",
      "<bash-stdout>x </bash-stdout> y</bash-stdout><bash-stderr>z</bash-stderr>",
      [output("x </bash-stdout> y"), output("z", true)],
    ],
    [
      "a notification",
      '<task-notification>\n<task-id>a1</task-id>\n<status>completed</status>\n<summary>Agent "x" finished</summary>\n<result>All\n<b>done</b></result>\n</task-notification>',
      [
        {
          kind: "notification",
          summary: 'Agent "x" finished',
          result: "All\n<b>done</b>",
          status: "completed",
          taskId: "a1",
          toolUseId: undefined,
        },
      ],
    ],
    ["a reminder", "<system-reminder>\nDo this.\n</system-reminder>", [hidden("Do this.")]],
    [
      "reminders around a prompt",
      "<system-reminder>a</system-reminder>\nhello\n<system-reminder>b</system-reminder>\n<system-reminder>c</system-reminder>\n",
      [hidden("a"), typed("hello"), hidden("b"), hidden("c")],
    ],
    [
      "a reminder that was typed about",
      "what does <system-reminder>x</system-reminder> mean?",
      [typed("what does <system-reminder>x</system-reminder> mean?")],
    ],
    [
      "what an IDE says",
      "<ide_opened_file>The user opened /a.ts</ide_opened_file>fix it",
      [hidden("The user opened /a.ts"), typed("fix it")],
    ],
    ["a tag that is not closed", "<bash-input>ls", [typed("<bash-input>ls")]],
    ["a tag of the person's own", "<div>x</div>", [typed("<div>x</div>")]],
    ["a tag in the middle", "run <bash-input>ls</bash-input>", [typed("run <bash-input>ls</bash-input>")]],
  ] as const)("%s", ([, text, pieces]) => {
    expect(readUserText(text)).toEqual(pieces);
  });

  test("takes time in proportion to the text, whatever is in it", () => {
    const text = `<bash-stdout>y${"</bash-stdout> x".repeat(100_000)}`;
    expect(readUserText(text)).toHaveLength(2);
    expect(readUserText(`x${"<system-reminder></system-reminder>".repeat(2000)}`)).toHaveLength(2001);
  });
});
