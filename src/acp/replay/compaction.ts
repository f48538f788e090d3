import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { META } from "../rim/from-acp.ts";

/** Beginnings of the CLI's sentences for the model, before and after a summary. */
const BEFORE = "This session is being continued from a previous conversation";
const AFTER = [
  "\nIf you need specific details from before compaction",
  "\nPlease continue the conversation from where",
  "\nContinue the conversation from where",
];

/** Removes the sentences for the model from a compaction's summary. */
export function summaryText(raw: string): string {
  let text = raw;
  if (text.trimStart().startsWith(BEFORE)) {
    const line = text.indexOf("\n", text.indexOf(BEFORE));
    if (line >= 0) text = text.slice(line + 1).trimStart();
    if (text.startsWith("Summary:")) text = text.slice("Summary:".length).trimStart();
    for (const words of AFTER) {
      const at = text.lastIndexOf(words);
      if (at >= 0) text = text.slice(0, at).trimEnd();
    }
  }
  return text.trim() === "" ? raw : text;
}

/** Marks the place of a compaction: with a `compaction_update` if the client knows it, otherwise with a message. */
export function boundaryUpdate(entry: JsonObject, messageId: string, asCompaction: boolean): SessionUpdate {
  const facts = compactionFacts(entry);
  const _meta = { [META]: { compaction: facts } };
  if (asCompaction) return { sessionUpdate: "compaction_update", compactionId: messageId, status: "completed", _meta };
  const { trigger, preTokens } = facts;
  const about = [trigger, preTokens === undefined ? undefined : `${preTokens.toLocaleString("en")} tokens before`];
  const said = about.filter((part) => part !== undefined).join(", ");
  const text = `*Conversation compacted${said === "" ? "" : ` (${said})`}*`;
  return { sessionUpdate: "agent_message_chunk", messageId, content: { type: "text", text }, _meta };
}

function compactionFacts(entry: JsonObject) {
  const { trigger, preTokens, postTokens } = membersOf(entry["compactMetadata"]);
  return {
    ...((trigger === "manual" || trigger === "auto") && { trigger }),
    ...(isCount(preTokens) && { preTokens }),
    ...(isCount(postTokens) && { postTokens }),
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
