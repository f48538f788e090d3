import type { ToolCallContent } from "@agentclientprotocol/sdk/unstable";

/** Wraps a text as content of a tool call. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });
