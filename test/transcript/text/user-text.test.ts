import { describe, expect, test } from "vitest";
import { readUserText } from "../../../src/transcript/text/user-text.ts";

const typed = (text: string) => ({ kind: "typed", text });
const hidden = (text: string) => ({ kind: "hidden", text });
const notice = (text: string) => ({ kind: "notice", text });
const peer = (from: string, text: string, summary?: string) => ({ kind: "peer", from, text, summary });
const news = (summary: string, more: object = {}) => ({
  kind: "notification",
  summary,
  result: undefined,
  status: undefined,
  taskId: undefined,
  toolUseId: undefined,
  pointer: undefined,
  ...more,
});
const output = (text: string, errors = false) => ({ kind: "output", text, errors });

describe("readUserText", () => {
  test.for([
    ["nothing", "", []],
    ["typed text, unchanged", "  a\n<b> & c &lt;\n", [typed("  a\n<b> & c &lt;\n")]],
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
    [
      "output that was too long for its row",
      "<bash-stdout><persisted-output>\n1 &lt; 2\n</persisted-output></bash-stdout>",
      [output("<persisted-output>\n1 < 2\n</persisted-output>")],
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
          pointer: undefined,
        },
      ],
    ],
    [
      "the line after a notification that says where more of it stands",
      "<task-notification>\n<summary>a</summary>\n</task-notification>\nFull transcript available at: /tmp/a b.output",
      [news("a", { pointer: "Full transcript available at: /tmp/a b.output" })],
    ],
    [
      "several notifications with their lines, and what was typed after them",
      "<task-notification><summary>a</summary></task-notification>\nRead the output file to retrieve the result: /t/a\n\n<task-notification><summary>b</summary></task-notification>\nRead the output file to retrieve the result: /t/b\nand now?",
      [
        news("a", { pointer: "Read the output file to retrieve the result: /t/a" }),
        news("b", { pointer: "Read the output file to retrieve the result: /t/b" }),
        typed("and now?"),
      ],
    ],
    [
      "a notification whose report quotes another",
      "<task-notification><summary>a</summary><result>x </task-notification> y</result></task-notification>\nFull transcript available at: /t",
      [news("a", { result: "x </task-notification> y", pointer: "Full transcript available at: /t" })],
    ],
    [
      "such a line in a block of its own",
      "Read the output file to retrieve the result: /t/a",
      [notice("Read the output file to retrieve the result: /t/a")],
    ],
    [
      "such a line that somebody asks about",
      "Read the output file to retrieve the result: /t/a\nWhat does that mean?",
      [typed("Read the output file to retrieve the result: /t/a\nWhat does that mean?")],
    ],
    ["an interruption", "[Request interrupted by user]", [notice("Request interrupted by user")]],
    [
      "one of a call",
      "[Request interrupted by user for tool use]\n",
      [notice("Request interrupted by user for tool use")],
    ],
    [
      "one by the system",
      "[Request interrupted: the session ended before this agent finished. Ask again.]",
      [notice("Request interrupted: the session ended before this agent finished. Ask again.")],
    ],
    [
      "an interruption that somebody asks about",
      "[Request interrupted by user] appears in my log, why?",
      [typed("[Request interrupted by user] appears in my log, why?")],
    ],
    ["other text in brackets", "[test] fails", [typed("[test] fails")]],
    [
      "a message of a teammate",
      '<teammate-message teammate_id="tester" color="yellow" summary="Tests &lt;written&gt;">\nAll 12 pass.\n</teammate-message>',
      [peer("tester", "All 12 pass.", "Tests <written>")],
    ],
    [
      "messages of several, with the words around them, one with the closing tag in it",
      'Another Claude session sent a message:\n<teammate-message teammate_id="a">\n1 </teammate-message> 2\n</teammate-message>\n\n<teammate-message teammate_id="b" verified="false">\n{"type":"idle_notification"}\n</teammate-message>\n\nThis came from another Claude session — not typed by your user.',
      [
        hidden("Another Claude session sent a message:"),
        peer("a", "1 </teammate-message> 2"),
        peer("b (unverified)", '{"type":"idle_notification"}'),
        hidden("This came from another Claude session — not typed by your user."),
      ],
    ],
    [
      "a message of a teammate, and what was typed after it",
      '<teammate-message teammate_id="a">x</teammate-message>\n\nGood, go on.',
      [peer("a", "x"), typed("Good, go on.")],
    ],
    [
      "messages of an agent, another session and a channel",
      '<agent-message from="main">a</agent-message><cross-session-message from="/s.sock" from-name="web">b</cross-session-message><channel source="telegram" user="ada">c</channel>',
      [peer("main", "a"), peer("web", "b"), peer("ada (telegram)", "c")],
    ],
    [
      "a tag of that name without a sender",
      "<channel>5</channel> is broken",
      [typed("<channel>5</channel> is broken")],
    ],
    [
      "an attribute of a tag that has none",
      '<bash-input id="x">ls</bash-input>',
      [typed('<bash-input id="x">ls</bash-input>')],
    ],
    [
      "what a plugin said",
      "The linter plugin sent a message:\nFix it.\n\nThis is how Claude Code surfaces a prompt a plugin submits between turns — it starts this turn in the user's place. Address the message above.",
      [peer("linter plugin", "Fix it.")],
    ],
    [
      "what a coordinator said",
      "The coordinator sent a message while you were working:\nStop.\n\nAddress this before completing your current task.",
      [peer("coordinator", "Stop.")],
    ],
    [
      "a notification that says that nobody typed it",
      "[SYSTEM NOTIFICATION - NOT USER INPUT]\nThis is an automated event.\n\n<task-notification><summary>a</summary></task-notification>\nand more",
      [hidden("[SYSTEM NOTIFICATION - NOT USER INPUT]\nThis is an automated event."), news("a"), notice("and more")],
    ],
    [
      "a notification whose words an element ends before a paragraph does",
      "[SYSTEM NOTIFICATION - NOT USER INPUT]\nAn event.\n<task-notification><summary>a</summary></task-notification>\n\nand more",
      [hidden("[SYSTEM NOTIFICATION - NOT USER INPUT]\nAn event."), news("a"), notice("and more")],
    ],
    [
      "the caveat of older CLIs, and what follows it",
      "Caveat: The messages below were generated by the user while running local commands. DO NOT respond to these messages or otherwise consider them in your response unless the user explicitly asks you to. \n<command-name>/cost</command-name>",
      [
        hidden(
          "Caveat: The messages below were generated by the user while running local commands. DO NOT respond to these messages or otherwise consider them in your response unless the user explicitly asks you to.",
        ),
        { kind: "command", name: "/cost", args: "" },
      ],
    ],
    ["a caveat of somebody's own", "Caveat: this is slow.", [typed("Caveat: this is slow.")]],
    [
      "a plan that is handed over",
      "Implement the following plan:\n\n# Carts\n\n1. x\n\nIf you need specific details from before exiting plan mode (like code), read the full transcript at: /t.jsonl\n\nUser feedback on this plan: be quick",
      [
        typed("Implement the following plan:\n\n# Carts\n\n1. x\n\nUser feedback on this plan: be quick"),
        hidden(
          "If you need specific details from before exiting plan mode (like code), read the full transcript at: /t.jsonl",
        ),
      ],
    ],
    [
      "a summary that does not say that it is one",
      "This session is being continued from a previous conversation that ran out of context. Summary: x",
      [
        {
          kind: "summary",
          text: "This session is being continued from a previous conversation that ran out of context. Summary: x",
        },
      ],
    ],
    [
      "a skill that the model opened",
      '<command-message>The "pdf" skill is loading</command-message>\n<command-name>pdf</command-name>\n<skill-format>true</skill-format>',
      [notice("Skill pdf")],
    ],
    [
      "what bash mode ended with",
      "<bash-stdout></bash-stdout><bash-stderr>no</bash-stderr><bash-exit-code>3</bash-exit-code>",
      [output("no", true), output("exit code 3", true)],
    ],
    ["what was written for the memory", "<user-memory-input>use tabs</user-memory-input>", [typed("# use tabs")]],
    [
      "a reminder with an id",
      '<system-reminder id="00ff">\na\n</system-reminder id="00ff">\nhello',
      [hidden("a"), typed("hello")],
    ],
    ["a tick", "<tick>10:00</tick>", [notice("10:00")]],
    ["a tick of somebody's own", "<tick>10:00</tick> is not centred", [typed("<tick>10:00</tick> is not centred")]],
    ["a goal of somebody's own", "<goal>be quick</goal>", [typed("<goal>be quick</goal>")]],
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

  test("takes linear time for any text", () => {
    const text = `<bash-stdout>y${"</bash-stdout> x".repeat(100_000)}`;
    expect(readUserText(text)).toHaveLength(2);
    expect(readUserText(`x${"<system-reminder></system-reminder>".repeat(2000)}`)).toHaveLength(2001);
    const open = '<channel source="a">';
    expect(readUserText(`${open}${`</channel> ${open}`.repeat(50_000)}`)).toHaveLength(50_001);
    expect(readUserText(`${open}y${`</channel><channel source="${"z".repeat(1500)}`.repeat(2_000)}`)).toHaveLength(2);
    expect(readUserText(`Full transcript available at: ${" ".repeat(200_000)}x\ny`)).toHaveLength(1);
  });
});
