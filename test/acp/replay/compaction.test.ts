import { expect, test } from "vitest";
import { boundaryUpdate, summaryText } from "../../../src/acp/replay/compaction.ts";

const BEFORE =
  "This session is being continued from a previous conversation that ran out of context. The summary below covers the earlier portion of the conversation.";

test.for([
  ["a summary without words around it", "1. a\n2. b", "1. a\n2. b"],
  [
    "a summary as newer CLIs write it",
    `${BEFORE}\n\nSummary:\n1. a\n\nContinue the conversation from where it left off.`,
    "1. a",
  ],
  [
    "a summary as older CLIs write it",
    `${BEFORE}\n1. a\n\nPlease continue the conversation from where we left it off without asking the user any further questions.`,
    "1. a",
  ],
  [
    "one that points to the transcript",
    `${BEFORE}\nSummary:\n1. a\n\nIf you need specific details from before compaction, read /x.jsonl\nContinue the conversation from where it left off.`,
    "1. a",
  ],
  ["nothing but words for the model", `${BEFORE}\n\n`, `${BEFORE}\n\n`],
  [
    "words of that kind inside of it",
    "Say: Continue the conversation from where it left off.",
    "Say: Continue the conversation from where it left off.",
  ],
] as const)("%s", ([, raw, expected]) => {
  expect(summaryText(raw)).toBe(expected);
});

test.for<[string, Record<string, unknown>, string]>([
  ["what is known", { trigger: "manual", preTokens: 6542 }, "*Conversation compacted (manual, 6,542 tokens before)*"],
  ["some of it", { preTokens: 1000 }, "*Conversation compacted (1,000 tokens before)*"],
  ["nothing, or of other types", { trigger: "7", preTokens: -1 }, "*Conversation compacted*"],
])("the place of a compaction tells %s", ([, compactMetadata, text]) => {
  expect(boundaryUpdate({ compactMetadata }, "b", false)).toMatchObject({
    sessionUpdate: "agent_message_chunk",
    messageId: "b",
    content: { type: "text", text },
  });
});
