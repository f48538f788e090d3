import {
  agent,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type AgentApp,
  type AgentRequestContext,
  type AgentRequestHandler,
  type ForkSessionResponse,
  type InitializeResponse,
  type ListSessionsResponse,
  type SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import { PAGE_SESSIONS_MAX } from "../transcript/limits.ts";
import { TranscriptError } from "../store/errors.ts";
import { VERSION } from "../version.ts";
import { toRequestError } from "./errors.ts";
import { listParams, META, openParams, sessionParams, toListRequest } from "./from-acp.ts";
import { PARALLEL_LOADS } from "./limits.ts";
import { replay } from "./load.ts";
import { toSessionRow } from "./session-row.ts";
import type { Store } from "./store.ts";
import { turns } from "./turns.ts";

export interface AgentOptions {
  /** Whether a list for a directory also shows the sessions of its git worktrees, where the request does not say. */
  readonly includeWorktrees?: boolean;
}

/**
 * The ACP agent over a store of transcripts: capabilities, and one handler per method. It keeps nothing between
 * requests but the loads that are running, so that close and delete can end them.
 */
export function createAgent(store: Store, { includeWorktrees = true }: AgentOptions = {}): AgentApp {
  const { session, initialize } = methods.agent;
  const loads = runningLoads();
  const turn = turns(PARALLEL_LOADS);

  return agent({ name: "claude-transcripts" })
    .onRequest(initialize, () => INITIALIZE)
    .onRequest(
      session.list,
      listParams,
      answer(async ({ params, signal }): Promise<ListSessionsResponse> => {
        const { cwd, ...request } = toListRequest(params);
        const page = await store.page({
          ...request,
          dir: cwd,
          includeWorktrees: request.includeWorktrees ?? includeWorktrees,
          // A client that was not told of archiving would never find what is hidden here.
          archived: request.archived ?? "include",
          signal,
        });
        return {
          sessions: page.sessions.map(toSessionRow),
          ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
          _meta: { [META]: { total: page.total, skipped: page.skipped } },
        };
      }),
    )
    .onRequest(
      session.load,
      openParams,
      answer(async ({ params: { sessionId }, client, signal }) => {
        const send = (update: SessionUpdate): Promise<void> =>
          client.notify(methods.client.session.update, { sessionId, update });
        await loads.run(sessionId, signal, (stop) => turn(stop, () => replay(store, sessionId, send, stop)));
        return {};
      }),
    )
    .onRequest(
      session.resume,
      openParams,
      answer(async ({ params: { sessionId } }) => {
        if (!(await store.has(sessionId))) throw RequestError.sessionNotFound(sessionId);
        return {};
      }),
    )
    .onRequest(
      session.fork,
      openParams,
      answer(async ({ params: { sessionId, cwd } }): Promise<ForkSessionResponse> => store.fork(sessionId, { cwd })),
    )
    .onRequest(
      session.close,
      sessionParams,
      answer(({ params: { sessionId } }) => {
        loads.stop(sessionId);
        return {};
      }),
    )
    .onRequest(
      session.delete,
      sessionParams,
      answer(async ({ params: { sessionId } }) => {
        loads.stop(sessionId);
        await store.remove(sessionId).catch(ignoreUnknownSession);
        return {};
      }),
    )
    .onRequest(session.new, anything, answer(refuseTurns))
    .onRequest(session.prompt, anything, answer(refuseTurns));
}

const INITIALIZE: InitializeResponse = {
  // The only version spoken here, whatever was asked for: a client that cannot speak it hangs up (acp.md B1).
  protocolVersion: PROTOCOL_VERSION,
  agentInfo: { name: "claude-transcripts", title: "Claude transcripts", version: VERSION },
  agentCapabilities: {
    loadSession: true,
    sessionCapabilities: { list: {}, resume: {}, close: {}, fork: {}, delete: {} },
    _meta: { [META]: { list: { limit: PAGE_SESSIONS_MAX, includeWorktrees: true } } },
  },
  authMethods: [],
};

/** Turns whatever goes wrong into the error that the client should see. */
function answer<Params, Result>(
  work: (context: AgentRequestContext<Params>) => Result | Promise<Result>,
): AgentRequestHandler<Params, Result> {
  return async (context) => {
    try {
      return await work(context);
    } catch (error) {
      // The error of a cancelled request says only how far it had come.
      throw context.signal.aborted ? RequestError.requestCancelled() : toRequestError(error);
    }
  };
}

/** The loads under way, by session. */
function runningLoads() {
  const running = new Map<AbortController, string>();
  return {
    async run(sessionId: string, signal: AbortSignal, work: (stop: AbortSignal) => Promise<void>): Promise<void> {
      const controller = new AbortController();
      running.set(controller, sessionId);
      try {
        await work(AbortSignal.any([signal, controller.signal]));
      } finally {
        running.delete(controller);
      }
    },
    stop(sessionId: string): void {
      for (const [controller, id] of running) {
        if (id === sessionId) controller.abort(RequestError.requestCancelled({ sessionId }));
      }
    },
  };
}

/** Deleting what is not there leaves what was asked for (acp.md D4); an id of any form may be asked for. */
function ignoreUnknownSession(error: unknown): void {
  if (error instanceof TranscriptError && (error.code === "SessionNotFound" || error.code === "InvalidSessionId"))
    return;
  throw error;
}

const anything = (params: unknown): unknown => params;

function refuseTurns({ method }: { method: string }): never {
  const why =
    "this server serves stored sessions: they can be listed, loaded, resumed, forked and deleted, not prompted";
  throw new RequestError(-32601, `"Method not found": ${method}: ${why}`, { method });
}
