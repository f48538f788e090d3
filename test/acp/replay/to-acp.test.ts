import { describe, expect, test } from "vitest";
import { Plan } from "../../../src/acp/replay/plan.ts";
import { Translator, type TranslatorOptions } from "../../../src/acp/replay/to-acp.ts";
import type { SessionMessage } from "../../../src/transcript/conversation/message.ts";
import { problems } from "../../support/acp-schema.ts";
import { assistant, result, type Row, summary, user, uuid } from "../../support/rows.ts";

/** Updates of rows, each of which must fit the SDK's schema. */
const translate = (...rows: readonly Row[]) => translateAs({ plan: new Plan() }, rows);

function translateAs(options: TranslatorOptions, rows: readonly Row[]): readonly Record<string, unknown>[] {
  const translator = new Translator(options);
  return rows.flatMap((entry) => {
    const message = {
      ...entry,
      session_id: "s",
      parent_tool_use_id: null,
      parent_agent_id: null,
    } as unknown as SessionMessage;
    const made = translator.translate({ message, entry });
    return made.map((update) => {
      if ("sessionUpdate" in update) expect(problems("SessionUpdate", update)).toEqual([]);
      return { ...update };
    });
  });
}

const text = (value: string) => ({ type: "text", text: value });
const shownAs = (sessionUpdate: string, messageId: string, value: string) => ({
  sessionUpdate,
  messageId,
  content: text(value),
});
const png = { type: "base64", media_type: "image/png", data: "AAAA" };

describe("messages", () => {
  test.for<[string, readonly Row[], readonly unknown[]]>([
    ["a prompt as a string", [user(1, null, "hi")], [shownAs("user_message_chunk", uuid(1), "hi")]],
    [
      "a prompt in blocks keeps their order and their text to the letter, but for what was said to the model",
      [user(1, null, [text(" a\n"), text("<system-reminder>b</system-reminder>"), text(""), text("c <b>")])],
      [" a\n", "c <b>"].map((value) => shownAs("user_message_chunk", uuid(1), value)),
    ],
    [
      "rows of one API message share its id, so that it is the same at every load",
      [assistant(2, 1, [text("a")], { message: "msg_1" }), assistant(3, 2, [text("b")], { message: "msg_1" })],
      ["a", "b"].map((value) => shownAs("agent_message_chunk", "msg_1", value)),
    ],
    [
      "an assistant row without an API id goes by its uuid",
      [{ ...assistant(2, 1), message: { role: "assistant", content: "x" } }],
      [shownAs("agent_message_chunk", uuid(2), "x")],
    ],
    [
      "thoughts; an empty or hidden one is none",
      [
        assistant(2, 1, [
          { type: "thinking", thinking: "hm" },
          { type: "thinking", thinking: "" },
          { type: "redacted_thinking", data: "x" },
        ]),
      ],
      [shownAs("agent_thought_chunk", "msg_2", "hm")],
    ],
    [
      "the summary of a compaction is marked",
      [summary(3, 2)],
      [
        {
          ...shownAs("agent_message_chunk", uuid(3), "summary 3"),
          _meta: { "claude-transcripts": { compactSummary: true } },
        },
      ],
    ],
    [
      "a picture, and one that stands elsewhere",
      [
        user(1, null, [
          { type: "image", source: png },
          { type: "image", source: { type: "url", url: "https://x/y.png" } },
        ]),
      ],
      [
        {
          sessionUpdate: "user_message_chunk",
          messageId: uuid(1),
          content: { type: "image", data: "AAAA", mimeType: "image/png" },
        },
        {
          sessionUpdate: "user_message_chunk",
          messageId: uuid(1),
          content: { type: "resource_link", uri: "https://x/y.png", name: "image" },
        },
      ],
    ],
    [
      "a document",
      [user(1, null, [{ type: "document", source: { ...png, media_type: "application/pdf" } }])],
      [
        {
          sessionUpdate: "user_message_chunk",
          messageId: uuid(1),
          content: {
            type: "resource",
            resource: { uri: `urn:uuid:${uuid(1)}#0`, mimeType: "application/pdf", blob: "AAAA" },
          },
        },
      ],
    ],
    [
      "what nobody knows, by its type",
      [user(1, null, [{ type: "new" }, 7, null]), assistant(2, 1, [{ type: "container_upload", file_id: "f" }])],
      [
        { sessionUpdate: "user_message_chunk", messageId: uuid(1), content: { type: "text", text: "[new]" } },
        { sessionUpdate: "user_message_chunk", messageId: uuid(1), content: { type: "text", text: "[block]" } },
        {
          sessionUpdate: "agent_message_chunk",
          messageId: "msg_2",
          content: { type: "text", text: "[container_upload]" },
        },
      ],
    ],
    ["no content", [user(2, 1, null)], []],
    ["a row without a message", [{ ...user(1, null), message: undefined }], []],
  ])("%s", ([, rows, expected]) => {
    expect(translate(...rows)).toEqual(expected);
  });
});

describe("tool calls", () => {
  const bash = assistant(2, 1, [
    { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls", description: "look" } },
  ]);

  test("a call with its input, and its result with its output", () => {
    expect(translate(bash, result(3, 2, "t1"))).toEqual([
      {
        sessionUpdate: "tool_call",
        toolCallId: "t1",
        name: "Bash",
        status: "pending",
        title: "ls",
        kind: "execute",
        content: [{ type: "content", content: text("look") }],
        rawInput: { command: "ls", description: "look" },
      },
      {
        sessionUpdate: "tool_call_update",
        toolCallId: "t1",
        status: "completed",
        content: [{ type: "content", content: text("```console\nok\n```") }],
      },
    ]);
  });

  test("a result whose call is lost is shown as a call of its own", () => {
    const [only] = translate(result(3, 2, "gone"));
    expect(only).toMatchObject({
      sessionUpdate: "tool_call",
      toolCallId: "gone",
      status: "completed",
      content: [{ type: "content", content: text("ok") }],
    });
  });

  test("a second result of that call is an update", () => {
    expect(translate(result(3, 2, "gone"), result(4, 2, "gone")).map((update) => update["sessionUpdate"])).toEqual([
      "tool_call",
      "tool_call_update",
    ]);
  });

  test("calls that the API runs itself are calls, too", () => {
    const blocks = [
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [] },
    ];
    expect(translate(assistant(2, 1, blocks)).map((update) => update["sessionUpdate"])).toEqual([
      "tool_call",
      "tool_call_update",
    ]);
  });

  test("text next to results in a row keeps its place", () => {
    const row = user(3, 2, [{ type: "tool_result", tool_use_id: "t1", content: "x" }, text("stop")]);
    expect(translate(bash, row).map((update) => update["sessionUpdate"])).toEqual([
      "tool_call",
      "tool_call_update",
      "user_message_chunk",
    ]);
  });

  test("the structured result is used only if it is clear which result it belongs to", () => {
    const edit = (id: string) => ({ type: "tool_use", id, name: "Edit", input: {} });
    const done = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "done" });
    const patch = { filePath: "/a", structuredPatch: [{ newStart: 3, lines: [" a", "-b", "+c"] }] };
    const [, , first, second] = translate(
      assistant(2, 1, [edit("e1"), edit("e2")]),
      user(3, 2, [done("e1"), done("e2")], { toolUseResult: patch }),
    );
    expect(first).not.toHaveProperty("content");
    expect(second).not.toHaveProperty("content");
    const [, update] = translate(assistant(2, 1, [edit("e1")]), user(3, 2, [done("e1")], { toolUseResult: patch }));
    expect(update).toMatchObject({
      content: [{ type: "diff", path: "/a", oldText: "a\nb", newText: "a\nc" }],
      locations: [{ path: "/a", line: 3 }],
    });
  });

  test("a to-do list is also a plan", () => {
    const todos = [
      { content: "one", status: "completed", activeForm: "doing one" },
      { content: "two", status: "in_progress", activeForm: "doing two" },
      { content: "three", status: "whatever" },
    ];
    expect(translate(assistant(2, 1, [{ type: "tool_use", id: "t", name: "TodoWrite", input: { todos } }]))[1]).toEqual(
      {
        sessionUpdate: "plan",
        entries: [
          { content: "one", priority: "medium", status: "completed" },
          { content: "doing two", priority: "medium", status: "in_progress" },
          { content: "three", priority: "medium", status: "pending" },
        ],
      },
    );
  });

  test("a call without id, name or input is still shown", () => {
    expect(translate(assistant(2, 1, [{ type: "tool_use" }]))).toEqual([
      {
        sessionUpdate: "tool_call",
        toolCallId: `urn:uuid:${uuid(2)}#0`,
        title: "Tool",
        kind: "other",
        status: "pending",
      },
    ]);
  });
});
