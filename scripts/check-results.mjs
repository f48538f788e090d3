/**
 * Derives the expected text of a tool's result from the JSONL and the files next to it, in the simplest way and without code
 * of src/.
 */
import fs from "node:fs";
import path from "node:path";

/**
 * Returns the content of a message as blocks. A string is a text, also in a list, and a block need not be in a list. Anything
 * else has the type `block`.
 */
export const blocksOf = (content) =>
  listOf(content).map((item) => {
    if (typeof item === "string") return { type: "text", text: item };
    return typeof item.type === "string" ? item : { type: "block" };
  });

/** Returns the texts of a content, in any of these forms. */
export const textsOf = (content) =>
  listOf(content).flatMap((item) => (typeof item === "string" ? [item] : item.type === "text" ? [item.text] : []));

const listOf = (content) => [content].flat().filter((item) => item !== undefined && item !== null);

/** Tests for calls and results, also of tools that the API runs itself. */
export const isCall = ({ type }) => /^(?:server_|mcp_)?tool_use$/.test(type);
export const isResult = ({ type }) => typeof type === "string" && /^(?:\w+_)?tool_result$/.test(type);

/**
 * Returns `texts`, which must be shown, `failed`, and `kind`: `plain`; `server`: the content is an object of the API's own
 * tools; `other`: other members are in the place of a content; `stored`: `texts` is from a file with the output; `missing`:
 * there is no such file, or it has less than the row, and `texts` is the preview.
 */
export function resultOf(file, block) {
  const { type, tool_use_id: _id, is_error: isError, content, ...others } = block;
  const error = isError === true || leaves(content, ["error_code"]).length > 0 || exitCodes(content).some(Boolean);
  if (type !== "tool_result" && typeof content === "object")
    return { kind: "server", texts: leaves(content, SHOWN), failed: error };
  const members = Object.keys(others);
  if (content === undefined && members.length > 0)
    return { kind: "other", texts: leaves(others, members), failed: error };
  return { ...outputOf(file, textsOf(content).join("\n"), error), failed: error };
}

/** Returns `kind` and `texts` for a text that a tool or a command printed. */
export function outputOf(file, text, failed = false) {
  const [, kept] = TRUNCATED.exec(text) ?? [];
  if (kept !== undefined) return { kind: "missing", texts: [kept] };
  const [, head = "", preview = "", after = ""] = PERSISTED.exec(text) ?? [];
  const [, saved] = /saved to: (.*)/.exec(head) ?? TOO_MANY_TOKENS.exec(text) ?? [];
  if (saved === undefined) return { kind: "plain", texts: [withoutErrorTag(text, failed)] };
  const stored = path.join(sessionDir(file), "tool-results", saved.replaceAll("\\", "/").split("/").at(-1));
  const beginning = preview.replace(/\n\.\.\.$/, "");
  // A file with less than the row was cut short later, unless the CLI says that it cut it.
  const least = head.includes("only the first") ? 1 : Math.max(1, Buffer.byteLength(beginning));
  if (fs.existsSync(stored) && fs.statSync(stored).size >= least)
    return { kind: "stored", texts: [storedText(stored), after.trim()] };
  return { kind: "missing", texts: [beginning, after.trim()] };
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
