import type {
  ContentBlock,
  PromptCapabilities,
  PromptResponse,
  SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import type { Resumable } from "../../view/resume.ts";

/** Answers prompts; the server handles sessions and the protocol. Not used before the first prompt. */
export interface Prompter {
  /** Kinds of blocks that a prompt may have besides text and links. */
  readonly capabilities: PromptCapabilities;
  /** Sends updates, then resolves with the reason to stop, which is ignored if `signal` is aborted. */
  prompt(turn: Turn): Promise<PromptResponse>;
}

export interface Turn {
  readonly sessionId: string;
  /** Absolute; as the client opened the session. */
  readonly cwd: string;
  /** How to resume the session; undefined if it is in memory only. */
  readonly stored: Resumable | undefined;
  readonly prompt: readonly ContentBlock[];
  readonly signal: AbortSignal;
  /** Resolves when there is room for more output. */
  send(update: SessionUpdate): Promise<void>;
}
