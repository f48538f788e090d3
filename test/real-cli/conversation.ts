import { type Block, type ModelRequest } from "./cli.ts";

/** Texts that the CLI adds by itself, from the directory it runs in. */
const REMINDER = "<system-reminder>";

/**
 * What the model was told of the conversation: the text, tool call and tool result blocks of both sides, in order, as
 * `role: block`. Left out are the CLI's own texts (reminders, the description of the surroundings), which depend on the
 * directory, and marks for the cache. How blocks are grouped into messages is kept.
 */
export function conversationOf(request: ModelRequest): string[][] {
  return request.messages
    .filter(({ role }) => role !== "system")
    .map(({ role, content }) =>
      blocksOf(content)
        .filter((block) => block.text?.startsWith(REMINDER) !== true)
        .map((block) => told(role, block)),
    )
    .filter((blocks) => blocks.length > 0);
}

/** Marks for the cache move from request to request. */
function told(role: string, block: Block): string {
  return `${role}: ${JSON.stringify({ ...block, cache_control: undefined })}`;
}

function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** Every block that the model was told, the CLI's own texts included; only marks for the cache are left out. */
export function everythingOf(request: ModelRequest): string[] {
  return request.messages.flatMap(({ role, content }) => blocksOf(content).map((block) => told(role, block)));
}

/** The text blocks of a message, without space around them. */
export function textsOf(message: unknown): string[] {
  if (typeof message !== "object" || message === null || !("content" in message)) return [];
  const content = message.content as string | readonly Block[];
  return blocksOf(content)
    .map(({ text }) => text?.trim() ?? "")
    .filter(Boolean);
}

/**
 * What was said and done, one line for each text, call and result, in order: the same of what the CLI sends and of the
 * messages that a transcript holds. Left out are the CLI's own reminders.
 */
export function saidIn(messages: readonly unknown[]): string[] {
  return messages.flatMap((message) => {
    if (typeof message !== "object" || message === null || !("role" in message) || !("content" in message)) return [];
    const { role, content } = message as ModelRequest["messages"][number];
    if (role === "system") return [];
    return blocksOf(content)
      .filter((block) => block.text?.startsWith(REMINDER) !== true)
      .map((block) => {
        if (block.type === "text") return `${role}: ${block.text?.trim()}`;
        if (block.type === "tool_use") return `call ${String(block["id"])}: ${JSON.stringify(block["input"])}`;
        if (block.type === "tool_result")
          return `result ${String(block["tool_use_id"])}: ${JSON.stringify(block["content"])}`;
        return `${role}: ${block.type}`;
      });
  });
}

/** What the tools that a model called have answered it. */
export interface Answers {
  /** The answer to the only call of a tool. */
  of(tool: string): { readonly text: string; readonly isError: boolean; readonly blocks: number };
}

/** The tool results that a model received, by the names of the tools. The CLI may ask for other things beside the conversation. */
export function answersOf(requests: readonly ModelRequest[]): Answers {
  const [longest] = requests.toSorted((a, b) => b.messages.length - a.messages.length);
  const blocks = longest?.messages.flatMap(({ content }) => blocksOf(content)) ?? [];
  return {
    of(tool) {
      const calls = blocks.filter(({ type, name }) => type === "tool_use" && name === tool);
      const results = blocks.filter(({ type, tool_use_id: id }) => type === "tool_result" && calls[0]?.["id"] === id);
      const [result] = results;
      if (calls.length !== 1 || results.length !== 1 || result === undefined)
        throw new Error(`${tool}: ${calls.length} calls, ${results.length} results`);
      const content = blocksOf(result["content"] as string | readonly Block[]);
      return {
        text: content.map(({ text }) => text ?? "").join("\n"),
        isError: result["is_error"] === true,
        blocks: content.length,
      };
    },
  };
}
