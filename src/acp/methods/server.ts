import {
  agent,
  methods,
  RequestError,
  type AgentContext,
  type AgentRequestContext,
  type SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import { toRequestError } from "../rim/to-acp-error.ts";
import type { Log } from "../rim/log.ts";
import { MemorySessions } from "../sessions/memory-sessions.ts";
import { OpenSessions } from "../sessions/open-sessions.ts";
import type { Prompter } from "../sessions/prompter.ts";
import type { Store } from "../../open/open-store.ts";
import type { SendUpdate } from "../wire/update-writer.ts";

export interface ServerOptions {
  readonly prompter: Prompter;
  /** Whether a list for a directory also shows the sessions of its git worktrees, unless the request says otherwise. */
  readonly includeWorktrees: boolean;
  /** Whether a list also shows the sessions that programs started, unless the request says otherwise. */
  readonly includeProgrammatic: boolean;
  /** Maximum number of messages that a load replays, unless the request says otherwise; absent: all. */
  readonly replayLast?: number | undefined;
  /** Sessions on a page, unless the request says otherwise. */
  readonly pageSize: number;
  /** Leaves out all methods that change anything on the disk. */
  readonly readOnly: boolean;
  readonly log: Log;
  /** Sends updates of a session without the SDK, since a replay has thousands of them. */
  readonly updates?: ((sessionId: string) => SendUpdate) | undefined;
}

/** State that the methods share. */
export class Server {
  readonly app = agent({ name: "claude-transcripts" });
  readonly store: Store;
  readonly options: ServerOptions;
  readonly open = new OpenSessions();
  readonly memorySessions = new MemorySessions();
  /** Whether the client knows `compaction_update`, according to its `initialize` request. */
  compactions = false;

  constructor(store: Store, options: ServerOptions) {
    this.store = store;
    this.options = options;
  }

  /** @throws RequestError -32002 if there is no such session, stored or in memory */
  async require(sessionId: string): Promise<void> {
    if (this.memorySessions.get(sessionId) === undefined && !(await this.store.has(sessionId))) {
      throw RequestError.sessionNotFound(sessionId);
    }
  }

  /** Adds a method. Logs its requests, and converts errors for the client. */
  on<Params, Result>(
    method: string,
    parse: (params: unknown) => Params,
    work: (context: AgentRequestContext<Params>) => Result | Promise<Result>,
  ): void {
    this.app.onRequest(method, parse, async (context): Promise<Result> => {
      const began = performance.now();
      const logOutcome = (outcome: string): void =>
        this.options.log.debug(`${context.method} ${outcome} after ${(performance.now() - began).toFixed(1)} ms`);
      try {
        const result = await work(context);
        logOutcome("answered");
        return result;
      } catch (error) {
        // A cancelled request may fail with any error.
        const failure = context.signal.aborted ? RequestError.requestCancelled() : toRequestError(error);
        logOutcome(`refused (${failure.code})`);
        throw failure;
      }
    });
  }
}

/** Returns a function that sends updates of a session. Its promise resolves when there is room for more. */
export const sender =
  (client: AgentContext, sessionId: string) =>
  (update: SessionUpdate): Promise<void> =>
    client.notify(methods.client.session.update, { sessionId, update });
