import { describe, expect, test } from "vitest";
import { viewResult } from "../../src/acp/tools/tool-result.ts";
import { partsOf } from "../../src/view/parts.ts";
import { readResult, textOfResult } from "../../src/view/result.ts";

type Json = Readonly<Record<string, unknown>>;

const png = { type: "base64", media_type: "image/png", data: "AAAA" };
const plainText = { type: "text", media_type: "text/plain", data: "A page." };

/** A kind of result block, its content, the text that is shown; `failed` where it is a failure. */
const shapes: readonly (readonly [name: string, type: string, content: unknown, text: string, failed?: "failed"])[] = [
  ["output of a tool", "tool_result", "done", "done"],
  [
    "texts",
    "tool_result",
    [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ],
    "a\nb",
  ],
  ["a failure of a tool", "tool_result", "<tool_use_error>no such file</tool_use_error>", "no such file", "failed"],
  [
    "tools that were found",
    "tool_result",
    [
      { type: "tool_reference", tool_name: "A" },
      { type: "tool_reference", tool_name: "B" },
    ],
    "A\nB",
  ],
  [
    "content to cite",
    "tool_result",
    [{ type: "search_result", title: "T", source: "https://a", content: [{ type: "text", text: "x" }] }],
    "T https://a\nx",
  ],
  [
    "a search",
    "web_search_tool_result",
    [
      { type: "web_search_result", title: "A", url: "https://a", encrypted_content: "Eo8B", page_age: "2 days ago" },
      { type: "web_search_result", title: "B", url: "https://b", encrypted_content: "Eo8B", page_age: null },
    ],
    "A https://a (2 days ago)\nB https://b",
  ],
  [
    "a search that failed",
    "web_search_tool_result",
    { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
    "Error: max_uses_exceeded",
    "failed",
  ],
  [
    "a page",
    "web_fetch_tool_result",
    {
      type: "web_fetch_result",
      url: "https://a",
      retrieved_at: "2026-01-01",
      content: { type: "document", title: "T", source: plainText },
    },
    "T https://a\nA page.",
  ],
  [
    "a page that was not fetched",
    "web_fetch_tool_result",
    { type: "web_fetch_tool_result_error", error_code: "url_not_accessible" },
    "Error: url_not_accessible",
    "failed",
  ],
  [
    "the same by its older name",
    "web_fetch_tool_result",
    { type: "web_fetch_tool_error", error_code: "url_not_allowed" },
    "Error: url_not_allowed",
    "failed",
  ],
  [
    "code",
    "code_execution_tool_result",
    { type: "code_execution_result", stdout: "4\n", stderr: "", return_code: 0, content: [] },
    "4\n",
  ],
  [
    "code that failed",
    "code_execution_tool_result",
    { type: "code_execution_result", stdout: "1", stderr: "no", return_code: 2, content: [] },
    "Exit code 2\n1\nstderr:\nno",
    "failed",
  ],
  [
    "code that printed nothing",
    "code_execution_tool_result",
    { type: "code_execution_result", stdout: "", stderr: "", return_code: 0, content: [] },
    "(no output)",
  ],
  [
    "code whose output is encrypted",
    "code_execution_tool_result",
    { type: "encrypted_code_execution_result", encrypted_stdout: "Eo8B", stderr: "", return_code: 0, content: [] },
    "(the output is encrypted)",
  ],
  [
    "code that was not run",
    "code_execution_tool_result",
    { type: "code_execution_tool_result_error", error_code: "execution_time_exceeded" },
    "Error: execution_time_exceeded",
    "failed",
  ],
  [
    "a command, with a file",
    "bash_code_execution_tool_result",
    {
      type: "bash_code_execution_result",
      stdout: "ok",
      stderr: "",
      return_code: 0,
      content: [{ type: "bash_code_execution_output", file_id: "file_1" }],
    },
    "ok\nfile: file_1",
  ],
  [
    "a command that was not run",
    "bash_code_execution_tool_result",
    { type: "bash_code_execution_tool_result_error", error_code: "output_file_too_large" },
    "Error: output_file_too_large",
    "failed",
  ],
  [
    "a file that was looked at",
    "text_editor_code_execution_tool_result",
    {
      type: "text_editor_code_execution_view_result",
      file_type: "text",
      content: "{}",
      num_lines: 1,
      start_line: 1,
      total_lines: 1,
    },
    "{}",
  ],
  [
    "a file that was made",
    "text_editor_code_execution_tool_result",
    { type: "text_editor_code_execution_create_result", is_file_update: false },
    "The file was created.",
  ],
  [
    "a file that was changed",
    "text_editor_code_execution_tool_result",
    {
      type: "text_editor_code_execution_str_replace_result",
      old_start: 3,
      old_lines: 1,
      new_start: 3,
      new_lines: 1,
      lines: ["-a", "+b"],
    },
    "@@ -3,1 +3,1 @@\n-a\n+b",
  ],
  [
    "a file that was not there",
    "text_editor_code_execution_tool_result",
    { type: "text_editor_code_execution_tool_result_error", error_code: "file_not_found", error_message: "no /tmp/x" },
    "Error: file_not_found: no /tmp/x",
    "failed",
  ],
  [
    "a search for tools",
    "tool_search_tool_result",
    {
      type: "tool_search_tool_search_result",
      tool_references: [
        { type: "tool_reference", tool_name: "A" },
        { type: "tool_reference", tool_name: "B" },
      ],
    },
    "A, B",
  ],
  [
    "a search for tools that found none",
    "tool_search_tool_result",
    { type: "tool_search_tool_search_result", tool_references: [] },
    "No tools found.",
  ],
  [
    "a search for tools that failed",
    "tool_search_tool_result",
    { type: "tool_search_tool_result_error", error_code: "invalid_tool_input", error_message: null },
    "Error: invalid_tool_input",
    "failed",
  ],
  ["advice", "advisor_tool_result", { type: "advisor_result", text: "Do not.", stop_reason: "end_turn" }, "Do not."],
  [
    "advice that is cut off",
    "advisor_tool_result",
    { type: "advisor_result", text: "Do", stop_reason: "max_tokens" },
    "Do\n(cut off: the advisor ran out of tokens)",
  ],
  [
    "advice that only the model can read",
    "advisor_tool_result",
    { type: "advisor_redacted_result", encrypted_content: "Eo8B", stop_reason: null },
    "(the advice is encrypted)",
  ],
  [
    "no advice",
    "advisor_tool_result",
    { type: "advisor_tool_result_error", error_code: "unavailable" },
    "Error: unavailable",
    "failed",
  ],
  ["an answer of an MCP server", "mcp_tool_result", [{ type: "text", text: "hi" }], "hi"],
  ["the same as a string", "mcp_tool_result", "hi", "hi"],
  [
    "a resource in it",
    "mcp_tool_result",
    [{ type: "resource", resource: { uri: "file:///a", text: "x" } }],
    "file:///a\nx",
  ],
  ["a link in it", "mcp_tool_result", [{ type: "resource_link", uri: "file:///a", name: "a" }], "a file:///a"],

  ["a type that nobody knows", "new_tool_result", { type: "new_result", n: 1 }, '{"type":"new_result","n":1}'],
  ["one with a text and more", "new_tool_result", { type: "new", text: "a", b: 1 }, '{"type":"new","text":"a","b":1}'],
  ["one without a type", "new_tool_result", { a: "b" }, '{"a":"b"}'],
  ["an error that nobody knows", "new_tool_result", { type: "new_error" }, 'Error: {"type":"new_error"}', "failed"],
  ["one by its code alone", "new_tool_result", { error_code: "x" }, "Error: x", "failed"],
  [
    "one of the API's own errors",
    "new_tool_result",
    { type: "error", error: { type: "overloaded_error", message: "busy" } },
    "Error: overloaded_error: busy",
    "failed",
  ],
  ["an error among blocks", "new_tool_result", ["a", { type: "x_error", error_code: "y" }], "a\nError: y", "failed"],
  ["a known type without its members", "advisor_tool_result", { type: "advisor_result" }, '{"type":"advisor_result"}'],
  [
    "one whose members have other types",
    "tool_search_tool_result",
    { type: "tool_search_tool_search_result", tool_references: "A" },
    '{"type":"tool_search_tool_search_result","tool_references":"A"}',
  ],
  ["a text that is none", "tool_result", [{ type: "text", text: 7 }], '{"type":"text","text":7}'],
  ["nothing", "advisor_tool_result", null, "null"],
  ["a number", "advisor_tool_result", 7, "7"],
  ["a truth", "advisor_tool_result", false, "false"],
  ["an object with nothing in it", "advisor_tool_result", {}, "{}"],
  ["a list with nothing in it", "web_search_tool_result", [], "[]"],
  ["lists in lists", "advisor_tool_result", [[[1]], [null]], "[[1]]\n[null]"],
  ["no content at all", "advisor_tool_result", undefined, "(no output)"],
  ["names of JavaScript", "advisor_tool_result", { type: "constructor" }, '{"type":"constructor"}'],
  ["a tool that printed nothing", "tool_result", "", ""],
];

describe("a result is read, and shown alike on every surface", () => {
  test.for(shapes)("%s", ([, type, content, text, failure]) => {
    const block = {
      type,
      tool_use_id: "t",
      content,
      ...(type === "tool_result" && { is_error: failure === "failed" }),
    };
    const failed = failure === "failed";
    const result = readResult(block);
    expect({ text: textOfResult(result), failed: result.failed }).toEqual({ text, failed });

    // What `show` and MCP are made of.
    const row = { type: "assistant", uuid: "u", session_id: "s", message: { content: [block] } } as const;
    const message = { ...row, parent_tool_use_id: null, parent_agent_id: null };
    const [part] = partsOf({ message, entry: row, compacted: false, branch: 0 });
    expect(part).toMatchObject({ kind: "result", id: "t", text, failed });

    // ACP.
    const view = viewResult({ name: "T", input: {}, cwd: undefined }, block, {}, "urn:x");
    expect(view.status).toBe(failed ? "failed" : "completed");
    const shown = JSON.stringify(view.content);
    for (const line of text.split("\n").filter(Boolean)) expect(shown).toContain(JSON.stringify(line).slice(1, -1));
    expect(view.content?.length === 0).toBe(text === "");
  });

  test("an image stays an image, also in the form of MCP, and one that cannot be shown is named", () => {
    const content = [
      { type: "image", source: png },
      { type: "image", data: "BBBB", mimeType: "image/gif" },
      { type: "image" },
    ];
    const view = viewResult(
      { name: "T", input: {}, cwd: undefined },
      { type: "mcp_tool_result", content },
      {},
      "urn:x",
    );
    expect(view.content).toEqual([
      { type: "content", content: { type: "image", data: "AAAA", mimeType: "image/png" } },
      { type: "content", content: { type: "image", data: "BBBB", mimeType: "image/gif" } },
      { type: "content", content: { type: "text", text: "[image]" } },
    ]);
  });

  test("a fetched PDF, and an image that the sandbox has viewed", () => {
    const pdf = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AAAA" } };
    const page = readResult({
      type: "web_fetch_tool_result",
      content: { type: "web_fetch_result", url: "https://a", content: pdf },
    });
    expect(page.pieces).toEqual([
      { kind: "text", text: "https://a" },
      { kind: "media", block: pdf },
    ]);
    const view = { type: "text_editor_code_execution_view_result", file_type: "image", content: "AAAA" };
    const seen = readResult({ type: "text_editor_code_execution_tool_result", content: view });
    expect(seen.pieces).toEqual([{ kind: "media", block: { type: "image", source: png } }]);
  });

  test("a failure without a message gets one", () => {
    for (const content of [undefined, null, "", []]) {
      const result = readResult({ type: "tool_result", is_error: true, content });
      expect([textOfResult(result), result.failed]).toEqual(["It failed, without a message.", true]);
    }
  });

  test("deeply nested or very long text takes linear time", () => {
    let deep: Json = { type: "new" };
    for (let i = 0; i < 20_000; i++) deep = { type: "advisor_result", content: deep };
    const text = textOfResult(readResult({ type: "advisor_tool_result", content: deep }));
    expect(text).toContain("[nested deeper than 200 levels]");
    const many = Array.from({ length: 100_000 }, () => ({ type: "x" }));
    expect(textOfResult(readResult({ type: "advisor_tool_result", content: many })).length).toBe(100_000 * 13 - 1);
  });
});
