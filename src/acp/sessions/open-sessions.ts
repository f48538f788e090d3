import { RequestError, type PromptResponse } from "@agentclientprotocol/sdk/unstable";

/** Tracks which sessions the client has open, and the work under way, so that cancel, close and delete can end it. */
export class OpenSessions {
  readonly #cwds = new Map<string, string>();
  readonly #work = new Map<AbortController, { readonly sessionId: string; readonly kind: Work }>();

  open(sessionId: string, cwd: string): void {
    this.#cwds.set(sessionId, cwd);
  }

  /** Returns the directory in which a session is open; undefined if it is not. */
  cwdOf(sessionId: string): string | undefined {
    return this.#cwds.get(sessionId);
  }

  /** Runs work until its request is cancelled, its session is closed, or, for a turn, the turn is cancelled. */
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

  /** Runs a turn. If it was cancelled or closed, its result is always `cancelled` (acp-coverage.md C2). */
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

  /** Ends the current turn. A load continues, since cancelling applies to the agent's work only. */
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
