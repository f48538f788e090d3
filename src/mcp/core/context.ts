/** What a request brings along, whatever SDK carried it. */
export interface Context {
  readonly signal: AbortSignal;
  /** Tells how far a long call has come, where the client wants to know. May be called as often as one likes. */
  readonly progress: (done: number, total?: number, message?: string) => void;
  /** Asks the person in front of the client; undefined where the client cannot. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<"accept" | "decline" | "cancel">) | undefined;
  /** The directories that the client works in, as absolute paths; none where it does not say. */
  roots(): Promise<readonly string[]>;
  /** Id of the model's tool call, as Claude Code tells it. */
  readonly toolUseId: string | undefined;
}
