/** Types of a loaded session, apart from the code. */
import type { Unread } from "../../store/read/unread.ts";
import type { SessionOptions } from "../../store/types.ts";
import type { LoadedMessage } from "../../transcript/saved/saved-row.ts";

export interface LoadSessionOptions extends SessionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time with the bytes read so far and in all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Called with the parts of the transcript that cannot be read and are skipped, if any. */
  readonly onUnread?: ((unread: Unread) => void) | undefined;
}

export interface LoadedSession {
  readonly sessionId: string;
  /** Messages that `saveSession` saved, as they were; those that Claude Code wrote, as `getSessionMessages` returns them. */
  readonly messages: LoadedMessage[];
  readonly metadata: SessionMetadata;
}

export interface SessionMetadata {
  /** Time of the first row, epoch ms. */
  readonly createdAt: number | undefined;
  /** When the transcript was last written to, epoch ms. */
  readonly updatedAt: number;
  readonly messageCount: number;
  /** Micro-dollars: millionths of a dollar. Claude Code's own figure, if it is higher than that of the requests. */
  readonly totalCost: number;
  /** Tokens of models without a known price, which are not in `totalCost`. */
  readonly unpricedTokens: number;
  readonly title: string | undefined;
  readonly tags: readonly string[];
  readonly description: string | undefined;
  /** Model of the last answer. */
  readonly model: string | undefined;
  readonly cwd: string | undefined;
}
