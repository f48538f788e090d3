import { describe, expect, test } from "vitest";
import { isNote, speakerOf } from "../../src/view/parts.ts";
import { wordsOf } from "../../src/view/words.ts";

const typed = (text: string) => ({ kind: "text", role: "user", text });
const peer = (from: string, text: string, summary?: string) => ({ kind: "peer", role: "peer", from, text, summary });
const notice = (text: string) => ({ kind: "notice", role: "system", level: "info", text });

describe("the authors of a user's message", () => {
  test.for<[string, unknown, unknown]>([
    ["a row that does not say", undefined, typed("x")],
    ["a person", { kind: "human" }, typed("x")],
    ["a person in a call", { kind: "voice-call" }, typed("x")],
    ["a plan that was accepted", { kind: "auto-continuation" }, typed("x")],
    ["a task", { kind: "task-notification" }, notice("x")],
    ["a scheduled task", { kind: "task-notification", subkind: "scheduled-trigger" }, peer("scheduled task", "x")],
    ["a subkind that is a property of every object", { kind: "task-notification", subkind: "toString" }, notice("x")],
    ["a channel", { kind: "channel", server: "telegram" }, peer("telegram", "x")],
    ["another session", { kind: "peer", from: "/s.sock", name: "web" }, peer("web", "x")],
    ["an observer", { kind: "observer", from: "lint" }, peer("observer lint", "x")],
    ["a kind of a later version", { kind: "satellite" }, peer("satellite", "x")],
    ["a value that is no origin", "human", typed("x")],
  ])("%s", ([, origin, word]) => {
    expect(wordsOf("x", { origin })).toEqual([word]);
  });

  test("elements take precedence over the row", () => {
    const text = '<teammate-message teammate_id="tester" summary="Done">\nAll pass.\n</teammate-message>\n\nGo on.';
    expect(wordsOf(text, {})).toEqual([peer("tester", "All pass.", "Done"), typed("Go on.")]);
  });

  test("the name of a sender is one short line", () => {
    const [word] = wordsOf(`<channel source="a\n\u0007b ${"x".repeat(300)}">y</channel>`, {});
    expect(word).toMatchObject({ from: `a b ${"x".repeat(95)}…` });
  });

  test.for([
    [
      '{"type":"idle_notification","from":"tester","timestamp":"t","idleReason":"available","summary":"Done","more":{"a":[1]}}',
      'idle notification\nidleReason: available\nsummary: Done\nmore: {"a":[1]}',
    ],
    ['{"type":"shutdown_request","request_id":"r1","reason":"Work is done"}', "shutdown request\nreason: Work is done"],
    ['{"status":"ok"}', '{"status":"ok"}'],
    ["{not JSON}", "{not JSON}"],
    [`{"type":"x","deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, undefined],
  ])("a message in JSON %#", ([json = "", shown]) => {
    const [word] = wordsOf(`<teammate-message teammate_id="tester">${json}</teammate-message>`, {});
    expect(word).toEqual(peer("tester", shown ?? json));
  });

  test("news of a task, with what it is about", () => {
    const text =
      "<task-notification><task-id>a1</task-id><status>completed</status><summary>It ended</summary><result>All</result></task-notification>\nFull transcript available at: /t";
    expect(wordsOf(text, {})).toEqual([
      {
        ...notice("It ended\nAll\nFull transcript available at: /t"),
        task: {
          taskId: "a1",
          toolUseId: undefined,
          status: "completed",
          summary: "It ended",
          report: "All",
          pointer: "Full transcript available at: /t",
        },
      },
    ]);
  });
});

describe("pasted text is shown without its element", () => {
  const pasted = (id: string, text: string) => `<pasted_content id="${id}">\n${text}\n</pasted_content id="${id}">`;
  test.for([
    ["nothing pasted", "a <b>", "a <b>"],
    ["something pasted", `see ${pasted("ab12", "x\ny")} and`, "see x\ny and"],
    ["twice", `${pasted("ab12", "x")}\n\n${pasted("cd34", "y")}`, "x\n\ny"],
    ["one in another", pasted("ab12", pasted("cd34", "x")), pasted("cd34", "x")],
    ["nothing in it", '<pasted_content id="ab12">\n\n</pasted_content id="ab12">', ""],
    ["an element that is not closed", '<pasted_content id="ab12">\nx', '<pasted_content id="ab12">\nx'],
    ["another kind of id", pasted("7", "x"), pasted("7", "x")],
  ] as const)("%s", ([, text, expected]) => {
    expect(wordsOf(text, {})).toEqual([typed(expected)]);
  });

  test("in time that grows with the text", () => {
    const text = '<pasted_content id="ab12">\n'.repeat(200_000);
    expect(wordsOf(text, {})).toEqual([typed(text)]);
  });
});

test("a message is by the person if anything in it is the person's", () => {
  const [hello, output, note] = [
    wordsOf("hello", {}),
    wordsOf("<local-command-stdout>Bye!</local-command-stdout>", {}),
    wordsOf('<teammate-message teammate_id="a">x</teammate-message>', {}),
  ];
  expect(speakerOf([...output, ...hello])).toBe("user");
  expect(speakerOf(output)).toBe("system");
  expect(speakerOf([...output, ...note])).toBe("peer");
  const row = { message: { type: "user" } } as unknown as Parameters<typeof isNote>[0];
  expect([hello, output, note].map((parts) => isNote(row, parts))).toEqual([false, true, false]);
});
