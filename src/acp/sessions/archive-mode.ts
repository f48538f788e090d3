import { resumeCommand, startCommand } from "../../view/resume.ts";
import { fence } from "../../view/plain-text.ts";
import type { Prompter, Turn } from "./prompter.ts";

/** Answers every prompt with how to get an answer. Not an error (acp.md, "Sessions that begin here"). */
export const archiveMode: Prompter = {
  capabilities: {},
  async prompt(turn) {
    await turn.send({
      sessionUpdate: "agent_message_chunk",
      messageId: crypto.randomUUID(),
      content: { type: "text", text: answerTo(turn) },
    });
    return { stopReason: "end_turn" };
  },
};

const answerTo = ({ cwd, stored }: Turn): string =>
  [
    "This server only shows the history of Claude Code sessions. No model has read your message," +
      " and nothing was saved.",
    stored === undefined
      ? "To begin a conversation, run this in a terminal:"
      : "To continue this conversation, run this in a terminal:",
    fence(stored === undefined ? startCommand(cwd) : resumeCommand(stored), "sh"),
    "To talk to a live agent in this editor, add one next to this server, for example" +
      ` \`npx @agentclientprotocol/claude-agent-acp\`, and ${stored === undefined ? "begin a session" : "resume the session"} there.`,
  ].join("\n\n");
