import { asObject, asString, type JsonObject, membersOf, objectsIn } from "../rows/json-values.ts";
import { parsed } from "../rows/long-row.ts";
import { completed } from "./cut-row.ts";
import { keepNumbers } from "./kept-numbers.ts";

/** A message that was read from the beginning of a row that was cut. */
export interface Salvage {
  /** The members that the row still has; its message ends in `LOST` if that is where it was cut. */
  readonly row: JsonObject;
  /** Whether everything that can be read of the bytes is in it. */
  readonly isAll: boolean;
  /** Makes numbers again of those that are kept as strings in the row, in JSON that was made of it. */
  readonly restore: (json: string) => string;
}

/** Members that a salvaged row takes from the row before it if it has lost them. */
const SHARED = ["isSidechain", "timestamp", "sessionId", "cwd", "version", "gitBranch", "userType", "entrypoint"];
/** Members of a subagent's rows. */
const AGENT = ["agentId", "slug"];

/** What a salvaged row or a row that is added needs and has not: members of another row, and its own ids. */
export type Filling = Readonly<Record<string, unknown>>;

export function fillingFrom(row: JsonObject): Filling {
  const entries = [...SHARED, ...AGENT].flatMap((key) => (key in row ? [[key, row[key]]] : []));
  return Object.fromEntries(entries) as Filling;
}

/** Returns the whole row. The order of the first members is Claude Code's. */
export function filledRow({ row }: Pick<Salvage, "row">, filling: Filling): JsonObject {
  const { parentUuid = null, isSidechain = false, ...rest } = { ...filling, ...row };
  return { parentUuid, isSidechain, ...rest };
}

/** Ends a text whose rest is lost. */
const LOST = "… [the rest was lost]";

/**
 * Reads a message of the user or of the assistant from the bytes of a row that was cut, if anything of it can be shown:
 * words, a tool call or its result, an image. Blocks that cannot be used without their rest are left out.
 */
export function salvage(bytes: Buffer, start: number, end: number): Salvage | undefined {
  // The last character may have been cut too.
  const beginning = completed(bytes.toString("utf8", start, end).replace(/\ufffd$/, ""));
  if (beginning === undefined) return undefined;
  const { json, restore } = keepNumbers(beginning.json);
  let row: JsonObject | undefined;
  try {
    row = asObject(parsed(json));
  } catch {
    return undefined;
  }
  const message = asObject(row?.["message"]);
  const type = row?.["type"] ?? message?.["role"];
  if (row === undefined || message === undefined || (type !== "user" && type !== "assistant")) return undefined;
  const isCut = lastKey(row) === "message" && lastKey(message) === "content";
  const { content } = message;
  let left: unknown;
  let isAll = beginning.isAll;
  if (typeof content === "string") left = content.trim() === "" ? undefined : content + (isCut ? LOST : "");
  else {
    const blocks = objectsIn(content);
    const last = isCut ? blocks.at(-1) : undefined;
    const cut = last && cutBlock(last);
    const hasOthers = !Array.isArray(content) || content.length > blocks.length;
    if (hasOthers || (last !== undefined && cut === undefined)) isAll = false;
    const usable = last === undefined ? blocks : [...blocks.slice(0, -1), ...(cut === undefined ? [] : [cut])];
    left = usable.some(isShown) ? usable : undefined;
  }
  if (left === undefined) return undefined;
  return { row: { ...row, type, message: { ...message, role: type, content: left } }, isAll, restore };
}

const lastKey = (object: JsonObject): string | undefined => Object.keys(object).at(-1);

/** Returns a block that was cut as far as it can be used. */
function cutBlock(block: JsonObject): JsonObject | undefined {
  switch (block["type"]) {
    case "text":
      return isBlank(block["text"]) ? undefined : { ...block, text: `${String(block["text"])}${LOST}` };
    case "tool_use":
      if (isBlank(block["id"]) || isBlank(block["name"])) return undefined;
      if (block["input"] === undefined) return { ...block, input: {} };
      return asObject(block["input"]) === undefined ? undefined : block;
    case "tool_result":
      return isBlank(block["tool_use_id"]) ? undefined : { ...block, content: cutResult(block["content"]) };
    case "image":
    case "document":
      return asString(membersOf(block["source"])["data"]) === undefined ? undefined : block;
    default:
      return undefined;
  }
}

/** Returns the content of a result up to where it was cut; what is no block that can be used is quoted. */
function cutResult(content: unknown): unknown {
  if (content === undefined || typeof content === "string") return (content ?? "") + LOST;
  const items: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (items.length === 0) return LOST;
  const last = items.at(-1);
  const cut = cutBlock(membersOf(last)) ?? { type: "text", text: `${JSON.stringify(last)}${LOST}` };
  return [...items.slice(0, -1), cut];
}

const isBlank = (value: unknown): boolean => typeof value !== "string" || value.trim() === "";

const isShown = ({ type, text }: JsonObject): boolean =>
  type === "text"
    ? !isBlank(text)
    : type === "tool_use" || type === "tool_result" || type === "image" || type === "document";
