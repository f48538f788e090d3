import type { ToolCallContent, ToolCallLocation, ToolKind } from "@agentclientprotocol/sdk/unstable";
import type { JsonObject } from "../../transcript/rows/json-values.ts";
import { absolute } from "../../view/tools/places.ts";
import { claudeTool } from "../../view/tools/claude-tools.ts";
import type { InputEdit } from "../../view/tools/claude-tool.ts";
import { note } from "../rim/content-blocks.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";
import { shorten } from "../../view/plain-text.ts";

/** Appearance of a tool call before its result is known. */
export interface ToolView {
  readonly title: string;
  readonly kind: ToolKind;
  content?: ToolCallContent[];
  locations?: ToolCallLocation[];
}

/** Converts a tool call as claude-agent-acp does (acp-replay.md, "Tool calls"). Titles show paths relative to `cwd`. */
export function viewTool(name: string, input: JsonObject, cwd: string | undefined): ToolView {
  const tool = claudeTool(name);
  const view: ToolView = { title: shorten(tool.title(input, cwd) || name, TOOL_TITLE_UNITS), kind: tool.kind };
  const path = tool.file === undefined ? undefined : absolute(tool.file(input), cwd);
  const content =
    path === undefined || tool.edits === undefined ? noteOf(tool.detail(input)) : diffs(path, tool.edits(input));
  if (content.length > 0) view.content = content;
  if (path !== undefined) {
    view.locations = [tool.firstLine === undefined ? { path } : { path, line: tool.firstLine(input) }];
  }
  return view;
}

const noteOf = (text: string | undefined): ToolCallContent[] => (text ? [note(text)] : NONE);
const NONE: ToolCallContent[] = [];

const diffs = (path: string, edits: readonly InputEdit[]): ToolCallContent[] =>
  edits.flatMap(({ oldText, newText }) =>
    newText === undefined ? [] : [{ type: "diff", path, oldText: oldText || null, newText }],
  );
