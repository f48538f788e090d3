/**
 * Derives the expected text of a tool's result from the JSONL and the files next to it, in the simplest way and without code
 * of src/.
 */
import fs from "node:fs";
import path from "node:path";

/** Tests for calls and results, also of tools that the API runs itself. */
export const isCall = ({ type }) => /^(?:server_|mcp_)?tool_use$/.test(type);
export const isResult = ({ type }) => typeof type === "string" && /^(?:\w+_)?tool_result$/.test(type);

/**
 * Returns `texts`, which must be shown, `failed`, and `kind`: `plain`; `server`: the content is an object of the API's own
 * tools; `stored`: `texts` is from a file with the output; `missing`: the file does not exist, and `texts` is its preview.
 */
export function resultOf(file, block) {
  const { content, is_error: isError } = block;
  const error = isError === true || leaves(content, ["error_code"]).length > 0 || exitCodes(content).some(Boolean);
  if (block.type !== "tool_result" && typeof content === "object")
    return { kind: "server", texts: leaves(content, SHOWN), failed: error };
  return { ...outputOf(file, textOf(content), error), failed: error };
}

/** Returns `kind` and `texts` for a text that a tool or a command printed. */
export function outputOf(file, text, failed = false) {
  const [, kept] = TRUNCATED.exec(text) ?? [];
  if (kept !== undefined) return { kind: "missing", texts: [kept] };
  const [, head = "", preview = "", after = ""] = PERSISTED.exec(text) ?? [];
  const [, saved] = /saved to: (.*)/.exec(head) ?? TOO_MANY_TOKENS.exec(text) ?? [];
  if (saved === undefined) return { kind: "plain", texts: [withoutErrorTag(text, failed)] };
  const stored = path.join(sessionDir(file), "tool-results", saved.replaceAll("\\", "/").split("/").at(-1));
  if (fs.existsSync(stored)) return { kind: "stored", texts: [storedText(stored), after.trim()] };
  return { kind: "missing", texts: [preview.replace(/\n\.\.\.$/, ""), after.trim()] };
}

const PERSISTED = /^\s*<persisted-output>\n([^]*?)\n\nPreview \([^)]*\):\n([^]*)\n<\/persisted-output>([^]*)$/;
const TRUNCATED = /^\s*<truncated-output>\n[^]*?\n\n([^]*)\n<\/truncated-output>/;
const TOO_MANY_TOKENS =
  /^Error: result \([^)]*\) exceeds maximum allowed tokens\. Output has been saved to (.*?)\.(?:\n|$)/;

/** Members of the API's objects with strings for people. */
const SHOWN = [
  "text",
  "title",
  "url",
  "stdout",
  "stderr",
  "error_code",
  "error_message",
  "tool_name",
  "file_id",
  "data",
];

function leaves(value, keys, key) {
  if (typeof value === "string") return keys.includes(key) && value !== "" ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, keys, key));
  if (typeof value !== "object" || value === null) return [];
  const isText = value.type === "text" || value.type === undefined;
  return Object.entries(value).flatMap(([name, item]) => (name === "data" && !isText ? [] : leaves(item, keys, name)));
}

const exitCodes = (content) => (typeof content?.return_code === "number" ? [content.return_code] : []);

function textOf(content) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.flatMap(({ type, text }) => (type === "text" ? [text] : [])).join("\n");
}

function withoutErrorTag(text, failed) {
  const [, inside] = /^\s*<tool_use_error>([^]*)<\/tool_use_error>\s*$/.exec(text) ?? [];
  return failed ? (inside ?? text) : text;
}

/** Returns `<project>/<session>`, also for the transcript of a subagent. */
function sessionDir(file) {
  const [below] = /^.*?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=[/\\]subagents[/\\])/.exec(file) ?? [];
  return below ?? file.slice(0, -".jsonl".length);
}

function storedText(file) {
  const text = fs.readFileSync(file, "utf8");
  try {
    const blocks = JSON.parse(text);
    if (Array.isArray(blocks) && blocks.every((block) => block.type === "text"))
      return blocks.map((block) => block.text).join("\n");
  } catch {
    // Any other text.
  }
  return text;
}
