import { expect, test } from "vitest";
import { viewTool } from "../../../src/acp/tools/tools.ts";

type Input = Readonly<Record<string, unknown>>;
const note = (text: string) => [{ type: "content", content: { type: "text", text } }];

test.for<[string, Input, unknown]>([
  ["Bash", { command: "ls -la" }, { title: "ls -la", kind: "execute" }],
  ["Bash", {}, { title: "Terminal", kind: "execute" }],
  ["PowerShell", { command: "dir", description: "look" }, { title: "dir", kind: "execute", content: note("look") }],
  [
    "Read",
    { file_path: "/w/src/a.ts" },
    { title: "Read src/a.ts", kind: "read", locations: [{ path: "/w/src/a.ts", line: 1 }] },
  ],
  [
    "Read",
    { file_path: "/etc/hosts", offset: 5 },
    { title: "Read /etc/hosts (from line 5)", kind: "read", locations: [{ path: "/etc/hosts", line: 5 }] },
  ],
  [
    "Read",
    { file_path: "/w/a", offset: 5, limit: 10 },
    { title: "Read a (5 - 14)", kind: "read", locations: [{ path: "/w/a", line: 5 }] },
  ],
  [
    "Read",
    { file_path: "/w/a", limit: 10 },
    { title: "Read a (1 - 10)", kind: "read", locations: [{ path: "/w/a", line: 1 }] },
  ],
  [
    "Read",
    { file_path: "b.ts", offset: -3 },
    { title: "Read b.ts (from line 1)", kind: "read", locations: [{ path: "/w/b.ts", line: 1 }] },
  ],
  ["Read", { file_path: 7 }, { title: "Read", kind: "read" }],
  ["LS", { path: "/w/src" }, { title: "List src", kind: "read", locations: [{ path: "/w/src" }] }],
  [
    "Write",
    { file_path: "/w/a", content: "new" },
    {
      title: "Write a",
      kind: "edit",
      content: [{ type: "diff", path: "/w/a", oldText: null, newText: "new" }],
      locations: [{ path: "/w/a" }],
    },
  ],
  [
    "Edit",
    { file_path: "/w/a", old_string: "x", new_string: "" },
    {
      title: "Edit a",
      kind: "edit",
      content: [{ type: "diff", path: "/w/a", oldText: "x", newText: "" }],
      locations: [{ path: "/w/a" }],
    },
  ],
  [
    "MultiEdit",
    {
      file_path: "/w/a",
      edits: [
        { old_string: "x", new_string: "y" },
        { old_string: "", new_string: "z" },
      ],
    },
    {
      title: "Edit a",
      kind: "edit",
      content: [
        { type: "diff", path: "/w/a", oldText: "x", newText: "y" },
        { type: "diff", path: "/w/a", oldText: null, newText: "z" },
      ],
      locations: [{ path: "/w/a" }],
    },
  ],
  [
    "NotebookEdit",
    { notebook_path: "/w/n.ipynb" },
    { title: "Edit n.ipynb", kind: "edit", locations: [{ path: "/w/n.ipynb" }] },
  ],
  ["Glob", { pattern: "*.ts" }, { title: "Find `*.ts`", kind: "search" }],
  [
    "Glob",
    { pattern: "*.ts", path: "/w/src" },
    { title: "Find `/w/src` `*.ts`", kind: "search", locations: [{ path: "/w/src" }] },
  ],
  [
    "Grep",
    { pattern: "a b", "-i": true, "-C": 2, glob: "*.ts", output_mode: "files_with_matches", path: "src" },
    { title: 'grep -i -C 2 -l --include="*.ts" "a b" src', kind: "search" },
  ],
  [
    "WebFetch",
    { url: "https://x", prompt: "read it" },
    { title: "Fetch https://x", kind: "fetch", content: note("read it") },
  ],
  ["WebSearch", { query: "q" }, { title: 'Search "q"', kind: "fetch" }],
  ["Task", { description: "explore", prompt: "go" }, { title: "explore", kind: "think", content: note("go") }],
  ["Agent", {}, { title: "Task", kind: "think" }],
  ["TodoWrite", {}, { title: "Update plan", kind: "think" }],
  ["EnterPlanMode", {}, { title: "EnterPlanMode", kind: "switch_mode" }],
  ["ExitPlanMode", { plan: "1. do" }, { title: "Approve Plan", kind: "switch_mode", content: note("1. do") }],
  ["AskUserQuestion", { questions: [{ question: "why?" }] }, { title: "why?", kind: "other", content: note("why?") }],
  [
    "AskUserQuestion",
    { questions: [{ question: "a?" }, { question: "b?" }] },
    { title: "Asking for your input", kind: "other", content: note("a?\n\nb?") },
  ],
  ["Skill", { skill: "pdf" }, { title: "Load skill: pdf", kind: "other" }],
  ["mcp__git__log", { n: 1 }, { title: "mcp__git__log", kind: "other" }],
  ["constructor", {}, { title: "constructor", kind: "other" }],
])("%s %j", ([name, input, expected]) => {
  expect(viewTool(name, input, "/w")).toEqual(expected);
});

test("a relative path without a directory is no location, since ACP paths are absolute", () => {
  expect(viewTool("Read", { file_path: "b.ts" }, undefined)).toEqual({ title: "Read b.ts", kind: "read" });
});

test("a script of any length is cut in the title, not in the middle of a character", () => {
  const { title } = viewTool("Bash", { command: `${"x".repeat(1998)}😀😀` }, "/w");
  expect(title).toBe(`${"x".repeat(1998)}…`);
});
