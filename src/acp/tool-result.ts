import { isAbsolute } from "node:path";
import type { ToolCallContent, ToolCallLocation, ToolCallStatus } from "@agentclientprotocol/sdk/unstable";
import { blocksOf, fence, object, string, toContent } from "./content.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a result changes about its tool call. Without `content` the call keeps what it showed. */
export interface ResultView {
  readonly status: ToolCallStatus;
  readonly title?: string;
  readonly content?: ToolCallContent[];
  readonly locations?: ToolCallLocation[];
  readonly rawOutput?: unknown;
}

/** Tools whose output is for a terminal or is source text: Markdown would mangle it, so it is fenced. */
const FENCED: ReadonlyMap<string, string> = new Map([
  ["Bash", "console"],
  ["PowerShell", "console"],
  ["BashOutput", "console"],
  ["Read", ""],
]);

/** Tools whose diff says it all when they succeed. */
const EDITS: ReadonlySet<string> = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"]);

/**
 * A tool result → how the call ends. `structured` is the row's `toolUseResult`, the CLI's own record beside the text
 * that the model got: it holds the real hunks of an edit, with line numbers, where the call has only two snippets.
 */
export function viewResult(name: string, block: Json, structured: Json, uri: string): ResultView {
  const output = block["content"];
  const raw = rawOutput(output);
  if (block["is_error"] === true) return { status: "failed", content: show(output, "", uri), ...raw };
  if (EDITS.has(name)) return { status: "completed", ...hunks(structured), ...raw };
  if (name === "ExitPlanMode") return { status: "completed", title: "Exited Plan Mode", ...raw };
  return { status: "completed", content: show(output, FENCED.get(name), uri), ...raw };
}

/** The output as it stands in the transcript. Bytes of pictures and documents are in `content`: once is enough. */
function rawOutput(output: unknown): { rawOutput?: unknown } {
  if (output === undefined || output === null) return {};
  return blocksOf(output).some((block) => "source" in block) ? {} : { rawOutput: output };
}

function show(output: unknown, language: string | undefined, uri: string): ToolCallContent[] {
  return blocksOf(output).flatMap((block, index): ToolCallContent[] => {
    const content = toContent(block, `${uri}/${index}`);
    if (content === undefined) return [];
    if (content.type !== "text" || language === undefined) return [{ type: "content", content }];
    return [{ type: "content", content: { type: "text", text: fence(content.text, language) } }];
  });
}

/** The hunks of `structuredPatch` as one diff each, and the lines where they begin. */
function hunks(structured: Json): { content?: ToolCallContent[]; locations?: ToolCallLocation[] } {
  const path = string(structured["filePath"]);
  const patch = structured["structuredPatch"];
  if (path === undefined || !isAbsolute(path) || !Array.isArray(patch) || patch.length === 0) return {};
  const content: ToolCallContent[] = [];
  const locations: ToolCallLocation[] = [];
  for (const hunk of patch.map(object)) {
    const lines = (Array.isArray(hunk["lines"]) ? hunk["lines"] : []).filter((line) => typeof line === "string");
    content.push({ type: "diff", path, oldText: side(lines, "-"), newText: side(lines, "+") });
    const line = hunk["newStart"];
    locations.push({ path, ...(Number.isSafeInteger(line) && Number(line) > 0 && { line: Number(line) }) });
  }
  return { content, locations };
}

/** One side of a hunk: the lines both sides share and those of `mark`. */
const side = (lines: readonly string[], mark: "+" | "-"): string =>
  lines
    .filter((line) => line.startsWith(" ") || line.startsWith(mark))
    .map((line) => line.slice(1))
    .join("\n");
