import {
  methods,
  RequestError,
  type AgentContext,
  type AgentRequestContext,
  type AgentRequestHandler,
  type SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import { toRequestError } from "../rim/to-acp-error.ts";
import type { Log } from "../rim/log.ts";
import { NewSessions } from "../sessions/memory-sessions.ts";
import { OpenSessions } from "../sessions/open-sessions.ts";
import type { Prompter } from "../sessions/prompter.ts";
import type { Store } from "../../store/open/open-store.ts";
import type { SendUpdate } from "../wire/update-writer.ts";

export interface ServerOptions {
  readonly prompter: Prompter;
  /** Whether a list for a directory also shows the sessions of its git worktrees, where the request does not say. */
  readonly includeWorktrees: boolean;
  /** Whether a list also shows the sessions that programs started, where the request does not say. */
  readonly includeProgrammatic: boolean;
  /** Messages that a load replays at most, where the request does not say; absent: all. */
  readonly replayLast?: number | undefined;
  /** Sessions on a page, where the request does not say. */
  readonly pageSize: number;
  /** No method that changes anything on the disk. */
  readonly readOnly: boolean;
  readonly log: Log;
  /** Sends updates of a session past the SDK, where a replay has thousands of them. */
  readonly updates?: ((sessionId: string) => SendUpdate) | undefined;
}

/** What the methods share: the store, what is in memory, and how answers are given. */
export class Server {
  readonly store: Store;
  readonly options: ServerOptions;
  readonly open = new OpenSessions();
  readonly begun = new NewSessions();
  /** Whether the client knows `compaction_update`, as it said when it initialized. */
  compactions = false;

  constructor(store: Store, options: ServerOptions) {
    this.store = store;
    this.options = options;
  }

  /** @throws RequestError -32002 when there is no such session, stored or begun here */
  async require(sessionId: string): Promise<void> {
    if (this.begun.get(sessionId) === undefined && !(await this.store.has(sessionId))) {
      throw RequestError.sessionNotFound(sessionId);
    }
  }

  /** Makes a handler: whatever goes wrong becomes the error that the client should see. */
  answer<Params, Result>(
    work: (context: AgentRequestContext<Params>) => Result | Promise<Result>,
  ): AgentRequestHandler<Params, Result> {
    return async (context) => {
      const began = performance.now();
      const tell = (outcome: string): void =>
        this.options.log.debug(`${context.method} ${outcome} after ${(performance.now() - began).toFixed(1)} ms`);
      try {
        const result = await work(context);
        tell("answered");
        return result;
      } catch (error) {
        // The error of a cancelled request says only how far it had come.
        const told = context.signal.aborted ? RequestError.requestCancelled() : toRequestError(error);
        tell(`refused (${told.code})`);
        throw told;
      }
    };
  }
}

/** Sends updates of one session; each resolves when there is room for more. */
export const sender =
  (client: AgentContext, sessionId: string) =>
  (update: SessionUpdate): Promise<void> =>
    client.notify(methods.client.session.update, { sessionId, update });
