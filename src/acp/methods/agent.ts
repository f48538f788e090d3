import {
  methods,
  type AgentApp,
  type ListSessionsResponse,
  type LoadSessionResponse,
  type SessionStatusResponse,
} from "@agentclientprotocol/sdk/unstable";
import { PAGE_SESSIONS } from "../../transcript/rows/limits.ts";
import { archiveMode } from "../sessions/archive-mode.ts";
import { initializeResponse } from "./capabilities.ts";
import { addWriteMethods } from "./write-methods.ts";
import { invalidParams } from "../rim/to-acp-error.ts";
import {
  authenticateParams,
  initializeParams,
  listParams,
  loadParams,
  META,
  openParams,
  SEARCH_METHOD,
  searchParams,
  sessionParams,
} from "../rim/from-acp.ts";
import { lastUsage } from "../replay/last-usage.ts";
import { PARALLEL_LOADS } from "../rim/message-limits.ts";
import { openLog } from "../rim/log.ts";
import { mergedPage } from "../sessions/merged-page.ts";
import { matchingPage, search } from "../sessions/search.ts";
import { sender, Server, type ServerOptions } from "./server.ts";
import { toMemorySessionRow, toSessionRow } from "../sessions/session-to-acp.ts";
import type { Store } from "../../open/open-store.ts";
import { addTurnMethods } from "./turn-methods.ts";
import { semaphore } from "../rim/semaphore.ts";

export type AgentOptions = Partial<ServerOptions>;

/** Creates the ACP agent of a store: its capabilities, and a handler for each method. */
export function createAgent(store: Store, options: AgentOptions = {}): AgentApp {
  const server = new Server(store, {
    prompter: archiveMode,
    includeWorktrees: true,
    includeProgrammatic: true,
    pageSize: PAGE_SESSIONS,
    readOnly: false,
    log: openLog("silent", () => undefined),
    ...options,
  });
  const { initialize, authenticate } = methods.agent;
  server.app.onRequest(initialize, initializeParams, ({ params: { compactions } }) => {
    server.compactions = compactions;
    return initializeResponse(server.options);
  });
  server.on(authenticate, authenticateParams, ({ params: { methodId } }) => {
    throw invalidParams("methodId", `unknown method "${methodId}": this agent needs no authentication`);
  });
  addReadingMethods(server);
  addTurnMethods(server);
  addWriteMethods(server);
  return server.app;
}

/** Adds the methods that list, load, open and close sessions. None of them changes anything on the disk. */
function addReadingMethods(server: Server): void {
  const { session } = methods.agent;
  const { store, open, memorySessions } = server;
  const limitLoads = semaphore(PARALLEL_LOADS);
  server.on(session.list, listParams, async ({ params, signal }): Promise<ListSessionsResponse> => {
    const { cwd, query, ...request } = params;
    const { includeWorktrees, includeProgrammatic, pageSize, readOnly } = server.options;
    const filters = {
      ...request,
      dir: cwd,
      limit: request.limit ?? pageSize,
      includeWorktrees: request.includeWorktrees ?? includeWorktrees,
      includeProgrammatic: request.includeProgrammatic ?? includeProgrammatic,
      // Read-only servers do not offer archiving, so their clients could not find archived sessions.
      archived: request.archived ?? (readOnly ? "include" : "exclude"),
      signal,
    };
    if (query !== undefined) return matchingPage(store, query, filters);
    const page = await mergedPage(store, memorySessions.all, filters);
    const isLive = await store.live();
    return {
      sessions: page.sessions.map((it) => ("session" in it ? toMemorySessionRow(it) : toSessionRow(it, isLive(it)))),
      ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      _meta: {
        [META]: {
          total: page.total,
          ...(page.programmaticLeftOut > 0 && { programmaticLeftOut: page.programmaticLeftOut }),
          skipped: page.skipped,
        },
      },
    };
  });
  server.on(SEARCH_METHOD, searchParams, async ({ params: { cwd, ...request }, signal }) => {
    const { includeWorktrees, includeProgrammatic } = server.options;
    return search(store, {
      ...request,
      dir: cwd,
      includeWorktrees: request.includeWorktrees ?? includeWorktrees,
      includeProgrammatic: request.includeProgrammatic ?? includeProgrammatic,
      signal,
    });
  });
  server.on(session.load, loadParams, async ({ params, client, signal }): Promise<LoadSessionResponse> => {
    const { sessionId, cwd, ...request } = params;
    const send = server.options.updates?.(sessionId) ?? sender(client, sessionId);
    const facts = await open.run("load", sessionId, signal, (stop) =>
      limitLoads(stop, async () => {
        const inMemory = memorySessions.get(sessionId);
        if (inMemory === undefined) {
          // Loading this code at start would double the time until the first answer.
          const { replay } = await import("../replay/load.ts");
          return replay(store, sessionId, send, stop, {
            ...request,
            replayLast: server.options.replayLast,
            compactions: server.compactions,
          });
        }
        for (const update of inMemory.updates) {
          stop.throwIfAborted();
          await send(update);
        }
        return undefined;
      }),
    );
    open.open(sessionId, cwd);
    return facts === undefined ? {} : { _meta: { [META]: facts } };
  });
  server.on(session.resume, openParams, async ({ params: { sessionId, cwd }, client, signal }) => {
    await server.require(sessionId);
    if (memorySessions.get(sessionId) === undefined) {
      await open.run("load", sessionId, signal, (stop) =>
        limitLoads(stop, async () => {
          const usage = await lastUsage(store, sessionId, stop);
          stop.throwIfAborted();
          if (usage !== undefined) await sender(client, sessionId)(usage);
        }),
      );
    }
    open.open(sessionId, cwd);
    return {};
  });
  server.on(session.status, sessionParams, async ({ params: { sessionId } }): Promise<SessionStatusResponse> => {
    await server.require(sessionId);
    const use = await store.use(sessionId);
    return {
      status: open.cwdOf(sessionId) === undefined ? "saved" : "open",
      ...(use?.by === "process" && { _meta: { [META]: { live: true, pid: use.pid } } }),
    };
  });
  server.on(session.close, sessionParams, ({ params: { sessionId } }) => {
    open.close(sessionId);
    return {};
  });
}
