import { RequestError, type PromptResponse } from "@agentclientprotocol/sdk/unstable";

/**
 * The sessions that the client has opened (created, loaded, resumed, forked) and not closed, and the work under way in
 * sessions, so that cancel, close and delete can end it.
 */
export class OpenSessions {
  readonly #cwds = new Map<string, string>();
  readonly #work = new Map<AbortController, { readonly sessionId: string; readonly kind: Work }>();

  open(sessionId: string, cwd: string): void {
    this.#cwds.set(sessionId, cwd);
  }

  /** The directory in which a session is open; undefined when it is not. */
  cwdOf(sessionId: string): string | undefined {
    return this.#cwds.get(sessionId);
  }

  /** Runs a piece of work that ends when its request is cancelled, its session closed, or, for a turn, cancelled. */
  async run<T>(
    kind: Work,
    sessionId: string,
    signal: AbortSignal,
    work: (stop: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    this.#work.set(controller, { sessionId, kind });
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      this.#work.delete(controller);
    }
  }

  /** Runs a turn. One that was cancelled or closed ends as `cancelled`, whatever has become of it (acp-coverage.md C2). */
  async runTurn(
    sessionId: string,
    signal: AbortSignal,
    work: (stop: AbortSignal) => Promise<PromptResponse>,
  ): Promise<PromptResponse> {
    let stopped: AbortSignal | undefined;
    const cancelled = (): boolean => stopped?.aborted === true && !signal.aborted;
    try {
      const response = await this.run("turn", sessionId, signal, (stop) => work((stopped = stop)));
      return cancelled() ? { stopReason: "cancelled" } : response;
    } catch (error) {
      if (cancelled()) return { stopReason: "cancelled" };
      throw error;
    }
  }

  /** Ends the turn under way. A load goes on: what is cancelled is the agent's work, not the reader's. */
  cancel(sessionId: string): void {
    this.#stop(sessionId, ["turn"]);
  }

  close(sessionId: string): void {
    this.#stop(sessionId, ["turn", "load"]);
    this.#cwds.delete(sessionId);
  }

  #stop(sessionId: string, kinds: readonly Work[]): void {
    for (const [controller, work] of this.#work) {
      if (work.sessionId !== sessionId || !kinds.includes(work.kind)) continue;
      controller.abort(RequestError.requestCancelled({ sessionId }));
    }
  }
}

type Work = "load" | "turn";
