import {
  agent,
  methods,
  RequestError,
  type AgentApp,
  type AgentContext,
  type AgentRequestContext,
  type AgentRequestHandler,
  type ForkSessionResponse,
  type ListSessionsResponse,
  type NewSessionResponse,
  type PromptResponse,
  type SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import { TranscriptError } from "../store/errors.ts";
import { archiveMode } from "./archive-mode.ts";
import { initializeResponse } from "./capabilities.ts";
import { invalidParams, toRequestError } from "./errors.ts";
import {
  authenticateParams,
  cancelParams,
  configOptionParams,
  listParams,
  META,
  modeParams,
  newParams,
  openParams,
  promptParams,
  sessionParams,
  toListRequest,
} from "./from-acp.ts";
import { PARALLEL_LOADS } from "./limits.ts";
import { replay } from "./load.ts";
import { NewSessions } from "./new-sessions.ts";
import { OpenSessions } from "./open-sessions.ts";
import { mixedPage } from "./pages.ts";
import type { Prompter } from "./prompter.ts";
import { toListRow } from "./session-row.ts";
import type { Store } from "./store.ts";
import { turns } from "./turns.ts";

export interface AgentOptions {
  /** Whether a list for a directory also shows the sessions of its git worktrees, where the request does not say. */
  readonly includeWorktrees?: boolean;
  /** What answers prompts. Absent: nobody, and they are told so. */
  readonly prompter?: Prompter;
}

/**
 * The ACP agent over a store of transcripts: capabilities, and one handler per method. Between requests it keeps which
 * sessions are open, the work under way in them, and the sessions that began here.
 */
export function createAgent(
  store: Store,
  { includeWorktrees = true, prompter = archiveMode }: AgentOptions = {},
): AgentApp {
  const { session, initialize, authenticate } = methods.agent;
  const open = new OpenSessions();
  const begun = new NewSessions();
  const turn = turns(PARALLEL_LOADS);

  const has = async (sessionId: string): Promise<boolean> =>
    begun.get(sessionId) !== undefined || (await store.has(sessionId));
  const require = async (sessionId: string): Promise<void> => {
    if (!(await has(sessionId))) throw RequestError.sessionNotFound(sessionId);
  };
  const sender =
    (client: AgentContext, sessionId: string) =>
    (update: SessionUpdate): Promise<void> =>
      client.notify(methods.client.session.update, { sessionId, update });

  return agent({ name: "claude-transcripts" })
    .onRequest(initialize, () => initializeResponse(prompter))
    .onRequest(
      authenticate,
      authenticateParams,
      answer(({ params: { methodId } }) => {
        throw invalidParams("methodId", `there is no method ${methodId}: nothing here asks for a login`);
      }),
    )
    .onRequest(
      session.new,
      newParams,
      answer(({ params: { cwd } }): NewSessionResponse => {
        const { sessionId } = begun.begin(cwd);
        open.open(sessionId, cwd);
        return { sessionId };
      }),
    )
    .onRequest(
      session.list,
      listParams,
      answer(async ({ params, signal }): Promise<ListSessionsResponse> => {
        const { cwd, ...request } = toListRequest(params);
        const page = await mixedPage(store, begun.all, {
          ...request,
          dir: cwd,
          includeWorktrees: request.includeWorktrees ?? includeWorktrees,
          // A client that was not told of archiving would never find what is hidden here.
          archived: request.archived ?? "include",
          signal,
        });
        return {
          sessions: page.sessions.map(toListRow),
          ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
          _meta: { [META]: { total: page.total, skipped: page.skipped } },
        };
      }),
    )
    .onRequest(
      session.load,
      openParams,
      answer(async ({ params: { sessionId, cwd }, client, signal }) => {
        const send = sender(client, sessionId);
        await open.run("load", sessionId, signal, (stop) =>
          turn(stop, async () => {
            const here = begun.get(sessionId);
            if (here === undefined) return replay(store, sessionId, send, stop);
            for (const update of here.updates) {
              stop.throwIfAborted();
              await send(update);
            }
          }),
        );
        open.open(sessionId, cwd);
        return {};
      }),
    )
    .onRequest(
      session.resume,
      openParams,
      answer(async ({ params: { sessionId, cwd } }) => {
        await require(sessionId);
        open.open(sessionId, cwd);
        return {};
      }),
    )
    .onRequest(
      session.fork,
      openParams,
      answer(async ({ params: { sessionId, cwd } }): Promise<ForkSessionResponse> => {
        const source = begun.get(sessionId);
        const fork = source ? begun.fork(source, cwd, undefined) : await store.fork(sessionId, { cwd });
        open.open(fork.sessionId, cwd);
        return { sessionId: fork.sessionId };
      }),
    )
    .onRequest(
      session.prompt,
      promptParams,
      answer(async ({ params: { sessionId, prompt }, client, signal }): Promise<PromptResponse> => {
        const cwd = open.cwdOf(sessionId);
        if (cwd === undefined) throw notOpen(sessionId);
        begun.prompted(sessionId, prompt);
        const notify = sender(client, sessionId);
        return open.runTurn(sessionId, signal, (stop) => {
          const send = async (update: SessionUpdate): Promise<void> => {
            stop.throwIfAborted();
            begun.answered(sessionId, update);
            await notify(update);
          };
          const stored = begun.get(sessionId) === undefined;
          return prompter.prompt({ sessionId, cwd, stored, prompt, send, signal: stop });
        });
      }),
    )
    .onNotification(session.cancel, cancelParams, ({ params: { sessionId } }) => {
      if (sessionId !== undefined) open.cancel(sessionId);
    })
    .onRequest(
      session.setMode,
      modeParams,
      answer(async ({ params: { sessionId, modeId } }) => {
        await require(sessionId);
        throw invalidParams("modeId", `there is no mode ${modeId}: sessions have none here`);
      }),
    )
    .onRequest(
      session.setConfigOption,
      configOptionParams,
      answer(async ({ params: { sessionId, configId } }) => {
        await require(sessionId);
        throw invalidParams("configId", `there is no option ${configId}: sessions have none here`);
      }),
    )
    .onRequest(
      session.close,
      sessionParams,
      answer(({ params: { sessionId } }) => {
        open.close(sessionId);
        return {};
      }),
    )
    .onRequest(
      session.delete,
      sessionParams,
      answer(async ({ params: { sessionId } }) => {
        open.close(sessionId);
        if (!begun.remove(sessionId)) await store.remove(sessionId).catch(ignoreUnknownSession);
        return {};
      }),
    );
}

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

/** The code is the SDK's for a session that is "not active on this connection". */
function notOpen(sessionId: string): RequestError {
  const hint = "Call session/load or session/resume first.";
  return new RequestError(-32002, `Session ${sessionId} is not open. ${hint}`, { sessionId, hint });
}

/** Deleting what is not there leaves what was asked for (acp.md D4); an id of any form may be asked for. */
function ignoreUnknownSession(error: unknown): void {
  if (error instanceof TranscriptError && (error.code === "SessionNotFound" || error.code === "InvalidSessionId"))
    return;
  throw error;
}
