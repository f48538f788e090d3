import { asObject, asString, type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { jsonText } from "./json-text.ts";

/** Piece of a tool's result: a text, or a block of the API that holds an image or a document. */
type ResultPiece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "media"; readonly block: JsonObject };

/** Result of a tool call, in order and complete: blocks of unknown shape are included as JSON. */
export interface ToolResult {
  readonly pieces: readonly ResultPiece[];
  readonly failed: boolean;
}

/** Matches `tool_use`, and the calls that the API runs itself: `server_tool_use`, `mcp_tool_use`. */
export const isCall = (block: JsonObject): boolean => endsWith(block["type"], "tool_use");
/** Matches `tool_result`, and results of the API's own tools, such as `web_search_tool_result` and `mcp_tool_result`. */
export const isResult = (block: JsonObject): boolean => endsWith(block["type"], "tool_result");
/** Compares whole types first: that decides nearly all blocks. */
const endsWith = (type: unknown, end: string): boolean =>
  type === end || (type !== "text" && typeof type === "string" && type.endsWith(end));

/** Reads a `*_tool_result` block, whose content is a string, blocks, or an object of the API. All surfaces show the result. */
export function readResult(block: JsonObject): ToolResult {
  const { content = otherMembers(block) } = block;
  // Nearly every result is one text.
  if (typeof content === "string" && content !== "" && block["is_error"] !== true) {
    return { pieces: [text(content)], failed: false };
  }
  const reader = new Reader();
  if (Array.isArray(content)) for (const item of content) reader.add(item);
  else if (content !== undefined && (content !== null || isServerSide(block))) reader.add(content);
  const failed = reader.failed || block["is_error"] === true;
  const { pieces } = reader;
  if (!pieces.every(isEmpty)) return { pieces: failed ? pieces.map(withoutErrorTag) : pieces, failed };
  if (failed) return { pieces: [text("It failed, without a message.")], failed };
  // Only a tool that ran on this machine may print nothing.
  if (isServerSide(block)) return { pieces: [text(content === undefined ? "(no output)" : jsonText(content))], failed };
  return { pieces, failed };
}

/** Returns the members that a result without content has in its place; undefined if it has none. */
function otherMembers(block: JsonObject): JsonObject | undefined {
  const { type: _type, tool_use_id: _id, is_error: _failed, cache_control: _cache, content: _none, ...others } = block;
  return Object.keys(others).length === 0 ? undefined : others;
}

/** Returns the texts of a result, in order. */
export const textsOfResult = ({ pieces }: ToolResult): string[] =>
  pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : []));

/** Joins the texts of a result with line breaks. */
export function textOfResult(result: ToolResult): string {
  const [only, ...more] = result.pieces;
  if (more.length === 0) return only?.kind === "text" ? only.text : "";
  return textsOfResult(result).join("\n");
}

/** Returns whether a result is of a tool that the API ran itself. */
export const isServerSide = (block: JsonObject): boolean =>
  block["type"] !== undefined && block["type"] !== "tool_result";
const isEmpty = (piece: ResultPiece): boolean => piece.kind === "text" && piece.text === "";
const text = (value: string): ResultPiece => ({ kind: "text", text: value });

const ERROR_TAG = "<tool_use_error>";
const ERROR_TAG_END = "</tool_use_error>";

/** Removes the element that marks an error for the model. */
function withoutErrorTag(piece: ResultPiece): ResultPiece {
  if (piece.kind !== "text" || !piece.text.includes(ERROR_TAG)) return piece;
  const inside = piece.text.trim();
  if (!inside.startsWith(ERROR_TAG) || !inside.endsWith(ERROR_TAG_END)) return piece;
  return text(inside.slice(ERROR_TAG.length, -ERROR_TAG_END.length));
}

/** Collects the pieces of one result. */
class Reader {
  readonly pieces: ResultPiece[] = [];
  failed = false;

  /** Adds an item of the content, or the content itself if it is not a list. */
  add(value: unknown): void {
    const block = asObject(value);
    if (typeof value === "string") this.#addText(value);
    else if (block === undefined) this.#addText(jsonText(value));
    else if (!this.#addKnown(block)) this.#addText(jsonText(block));
  }

  #addText(words: string): void {
    this.pieces.push(text(words));
  }

  /** Adds a block of a known type. Returns false if the type is unknown, or the block is not as its type requires. */
  #addKnown(block: JsonObject): boolean {
    const { type } = block;
    if (isError(block)) {
      this.failed = true;
      this.#addText(errorText(block));
      return true;
    }
    if (type === "image" || type === "document" || type === "audio") {
      this.pieces.push({ kind: "media", block: inApiShape(block) });
      return true;
    }
    if (type === "web_fetch_result") return this.#fetched(block);
    if (type === "text_editor_code_execution_view_result") return this.#viewed(block);
    const { stdout, stderr, encrypted_stdout: encrypted } = block;
    if (typeof stdout === "string" || typeof stderr === "string" || typeof encrypted === "string") {
      return this.#executed(block);
    }
    const words = typeof type === "string" || type === undefined ? WORDS.get(type)?.(block) : undefined;
    if (words === undefined) return false;
    this.#addText(words);
    return true;
  }

  #fetched(block: JsonObject): boolean {
    const link = linkText(block);
    const document = asObject(block["content"]);
    const source = asObject(document?.["source"]);
    if (link === undefined || document === undefined || source === undefined) return false;
    const title = asString(document["title"]);
    this.#addText(title === undefined || link.startsWith(title) ? link : `${title} ${link}`);
    if (source["type"] === "text" && typeof source["data"] === "string") this.#addText(source["data"]);
    else this.pieces.push({ kind: "media", block: document });
    return true;
  }

  #viewed({ content, file_type: type }: JsonObject): boolean {
    if (typeof content !== "string") return false;
    const isMedia = (type === "image" || type === "pdf") && BASE64.test(content.slice(0, BASE64_LOOK));
    if (!isMedia) this.#addText(content === "" ? "(an empty file)" : content);
    else {
      const mediaType = type === "image" ? "image/png" : "application/pdf";
      const source = { type: "base64", media_type: mediaType, data: content };
      this.pieces.push({ kind: "media", block: { type: type === "image" ? "image" : "document", source } });
    }
    return true;
  }

  /** Adds the output of a command in the API's sandbox. As with Bash, an exit code other than 0 is a failure. */
  #executed({ stdout, stderr, return_code: code, encrypted_stdout: encrypted, content }: JsonObject): boolean {
    const files: unknown[] = Array.isArray(content) ? content : [];
    const words = [
      ...(typeof code === "number" && code !== 0 ? [`Exit code ${code}`] : []),
      ...(stdout ? [asString(stdout) ?? jsonText(stdout)] : []),
      ...(typeof encrypted === "string" ? ["(the output is encrypted)"] : []),
      ...(stderr ? [`stderr:\n${asString(stderr) ?? jsonText(stderr)}`] : []),
      ...files.map((file) => fileText(file) ?? jsonText(file)),
    ];
    this.failed ||= typeof code === "number" && code !== 0;
    const [only, ...more] = words;
    this.#addText(more.length === 0 ? (only ?? "(no output)") : words.map(withoutLineEnd).join("\n"));
    return true;
  }
}

const withoutLineEnd = (words: string): string => (words.endsWith("\n") ? words.slice(0, -1) : words);

const BASE64 = /^[A-Za-z0-9+/=\s]+$/;
/** Number of characters that are checked for base64. */
const BASE64_LOOK = 1024;

/** Recognises an error by its type (`…_tool_result_error`, `web_fetch_tool_error`, `error`), or an unknown one by its code. */
const isError = ({ type, error_code: code }: JsonObject): boolean =>
  type === "error" ||
  (typeof type === "string" && type.endsWith("_error")) ||
  (typeof code === "string" && (typeof type !== "string" || !WORDS.has(type)));

function errorText(block: JsonObject): string {
  const inside = membersOf(block["error"]);
  const code = asString(block["error_code"]) ?? asString(inside["type"]);
  const message = asString(block["error_message"]) ?? asString(block["message"]) ?? asString(inside["message"]);
  const said = [code, message].filter((word) => word !== undefined && word !== "").join(": ");
  return `Error: ${said === "" ? jsonText(block) : said}`;
}

/** Functions that return the text of a block, by its type; undefined if the block is not as its type requires. */
const WORDS = new Map<string | undefined, (block: JsonObject) => string | undefined>([
  ["text", (block) => asString(block["text"])],
  ["advisor_result", adviceText],
  // Only the model can read it.
  ["advisor_redacted_result", () => "(the advice is encrypted)"],
  ["web_search_result", linkText],
  ["tool_reference", (block) => asString(block["tool_name"])],
  ["tool_search_tool_search_result", foundTools],
  ["search_result", searchText],
  ["resource", resourceText],
  [
    "resource_link",
    (block) => [asString(block["title"]) ?? asString(block["name"]), block["uri"]].filter(asString).join(" "),
  ],
  ["code_execution_output", fileText],
  ["bash_code_execution_output", fileText],
  ["text_editor_code_execution_create_result", createdText],
  ["text_editor_code_execution_str_replace_result", replacedText],
  // Older lists of search results have links without a type.
  [undefined, (block) => (Object.keys(block).every((key) => LINK.has(key)) ? linkText(block) : undefined)],
]);

const LINK = new Set(["title", "url", "page_age"]);

function linkText({ title, url, page_age: age }: JsonObject): string | undefined {
  if (typeof url !== "string") return undefined;
  const when = asString(age) === undefined ? "" : ` (${String(age)})`;
  return `${asString(title) ?? ""} ${url}`.trim() + when;
}

function adviceText({ text: advice, stop_reason: reason }: JsonObject): string | undefined {
  if (typeof advice !== "string") return undefined;
  return reason === "max_tokens" ? `${advice}\n(cut off: the advisor ran out of tokens)` : advice;
}

function foundTools({ tool_references: references }: JsonObject): string | undefined {
  if (!Array.isArray(references)) return undefined;
  const names = references.map(
    (reference: unknown) => asString(asObject(reference)?.["tool_name"]) ?? jsonText(reference),
  );
  return names.length === 0 ? "No tools found." : names.join(", ");
}

/** Returns content that a tool gives the model to cite. */
function searchText({ title, source, content }: JsonObject): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((piece: unknown) => asString(asObject(piece)?.["text"]) ?? jsonText(piece));
  const head = [title, source].filter(asString).join(" ");
  return [...(head === "" ? [] : [head]), ...texts].join("\n");
}

/** Returns a resource that an MCP server embedded in its answer. */
function resourceText({ resource }: JsonObject): string | undefined {
  const { uri, text: inside } = membersOf(resource);
  if (typeof inside !== "string") return undefined;
  return typeof uri === "string" ? `${uri}\n${inside}` : inside;
}

function fileText(value: unknown): string | undefined {
  const id = asObject(value)?.["file_id"];
  return typeof id === "string" ? `file: ${id}` : undefined;
}

function createdText({ is_file_update: update }: JsonObject): string | undefined {
  return typeof update === "boolean" ? (update ? "The file was updated." : "The file was created.") : undefined;
}

function replacedText(block: JsonObject): string | undefined {
  const { lines, old_start: oldStart, old_lines: oldLines, new_start: newStart, new_lines: newLines } = block;
  if (lines === null || lines === undefined) return "The file was changed.";
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === "string")) return undefined;
  const numbers = [oldStart, oldLines, newStart, newLines];
  if (!numbers.every((number) => typeof number === "number")) return lines.join("\n");
  const head = `@@ -${numbers[0]},${numbers[1]} +${numbers[2]},${numbers[3]} @@`;
  return [head, ...lines].join("\n");
}

/** Converts an image of MCP (`data` and `mimeType`) to the form of the API (both in `source`). */
function inApiShape(block: JsonObject): JsonObject {
  const { data, mimeType, source } = block;
  if (typeof data !== "string" || source !== undefined) return block;
  const { data: _data, mimeType: _type, ...rest } = block;
  return { ...rest, source: { type: "base64", data, ...(typeof mimeType === "string" && { media_type: mimeType }) } };
}
