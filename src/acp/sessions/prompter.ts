import type {
  ContentBlock,
  PromptCapabilities,
  PromptResponse,
  SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import type { Resumable } from "../../view/resume.ts";

/**
 * What answers prompts. The server knows the sessions and the protocol; who speaks in them is behind this interface, and
 * nothing of it is touched before the first prompt.
 */
export interface Prompter {
  /** Kinds of blocks a prompt may have beside text and links. */
  readonly capabilities: PromptCapabilities;
  /**
   * Answers one prompt: sends updates, then resolves with the reason to stop. When `signal` is aborted, the turn counts
   * as cancelled, whatever becomes of this.
   */
  prompt(turn: Turn): Promise<PromptResponse>;
}

export interface Turn {
  readonly sessionId: string;
  /** Absolute; as the client opened the session. */
  readonly cwd: string;
  /** Where the session belongs, if it has a transcript; one that began here and was never answered by anyone has none. */
  readonly stored: Resumable | undefined;
  readonly prompt: readonly ContentBlock[];
  readonly signal: AbortSignal;
  /** Resolves when there is room for more output. */
  send(update: SessionUpdate): Promise<void>;
}
