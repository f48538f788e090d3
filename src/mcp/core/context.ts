import type { Service } from "./service.ts";

/** Context of a request, independent of the SDK. */
export interface Context extends Service {
  readonly signal: AbortSignal;
  /** Reports progress if the client asked for it. Throttled, so it may be called any number of times. */
  readonly progress: (done: number, total?: number, message?: string) => void;
  /** Asks the user a question; undefined if the client cannot. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<"accept" | "decline" | "cancel">) | undefined;
  /** Returns the client's working directories as absolute paths; empty if the client names none. */
  roots(): Promise<readonly string[]>;
  /** Id of the model's tool call, if Claude Code sent it. */
  readonly toolUseId: string | undefined;
}

/** Returns the id of the session that the model's request comes from; undefined if unknown. */
export const askingSession = ({ store, options, toolUseId, signal }: Context): Promise<string | undefined> =>
  store.asking({ started: options.sessionId, isOurParent: options.startedByClient, toolUseId, signal });
