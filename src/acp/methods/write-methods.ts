import {
  methods,
  RequestError,
  type AgentApp,
  type AgentContext,
  type ForkSessionResponse,
  type SessionUpdate,
  type SetSessionTitleResponse,
} from "@agentclientprotocol/sdk/unstable";
import type { Unread } from "../../store/read/unread.ts";
import { TranscriptError } from "../../store/errors.ts";
import { invalidParams } from "../rim/to-acp-error.ts";
import { forkParams, META, sessionParams, titleParams, toForkRequest } from "../rim/from-acp.ts";
import { sender, type Server } from "./server.ts";
import { givenTitle } from "../sessions/session-to-acp.ts";

/** The methods that change what is stored. A read-only server has none of them, and says why. */
export function addChangingMethods(app: AgentApp, server: Server): AgentApp {
  const { fork, delete: remove, archive, unarchive, setTitle } = methods.agent.session;
  if (server.options.readOnly) {
    const all = [fork, remove, archive, unarchive, setTitle];
    return all.reduce<AgentApp>((it, method) => it.onRequest(method, anything, server.answer(refuse)), app);
  }
  const { store, open, begun } = server;
  return app
    .onRequest(
      fork,
      forkParams,
      server.answer(async ({ params, signal }): Promise<ForkSessionResponse> => {
        const { sessionId, cwd, messageId } = toForkRequest(params);
        const source = begun.get(sessionId);
        let unread: Unread | undefined;
        const onUnread = (what: Unread): void => void (unread = what);
        const copy = source
          ? begun.fork(source, cwd, messageId)
          : await store.fork(sessionId, { cwd, upToMessageId: messageId, signal, onUnread });
        open.open(copy.sessionId, cwd);
        return { sessionId: copy.sessionId, ...(unread !== undefined && { _meta: { [META]: { unread } } }) };
      }),
    )
    .onRequest(
      remove,
      sessionParams,
      server.answer(async ({ params: { sessionId } }) => {
        open.close(sessionId);
        if (!begun.remove(sessionId)) await store.remove(sessionId).catch(ignoreUnknownSession);
        return {};
      }),
    )
    .onRequest(
      archive,
      sessionParams,
      server.answer(async ({ params: { sessionId }, client }) => {
        await server.require(sessionId);
        open.close(sessionId);
        await setArchived(server, client, sessionId, true);
        return {};
      }),
    )
    .onRequest(
      unarchive,
      sessionParams,
      server.answer(async ({ params: { sessionId }, client }) => {
        await setArchived(server, client, sessionId, false);
        return {};
      }),
    )
    .onRequest(
      setTitle,
      titleParams,
      server.answer(async ({ params: { sessionId, title: wanted }, client }): Promise<SetSessionTitleResponse> => {
        const title = givenTitle(wanted);
        if (title === "") throw invalidParams("title", "must contain visible characters");
        const isBegun = begun.get(sessionId) !== undefined;
        if (isBegun) begun.change(sessionId, { title });
        const warning = isBegun ? undefined : await store.rename(sessionId, title);
        await tell(client, sessionId, { title });
        return warning === undefined ? { title } : { title, _meta: { [META]: { warning, live: true } } };
      }),
    );
}

async function setArchived(server: Server, client: AgentContext, sessionId: string, archived: boolean): Promise<void> {
  if (server.begun.get(sessionId) !== undefined) server.begun.change(sessionId, { archived });
  else await server.store.archive(sessionId, archived);
  await tell(client, sessionId, { _meta: { [META]: { archived } } });
}

type InfoChange = Omit<Extract<SessionUpdate, { sessionUpdate: "session_info_update" }>, "sessionUpdate">;

/** Before the response, so that a client that waits for it has seen the change (acp-coverage.md X8). */
const tell = (client: AgentContext, sessionId: string, change: InfoChange): Promise<void> =>
  sender(client, sessionId)({ sessionUpdate: "session_info_update", ...change });

/**
 * Deleting what is not there leaves what was asked for (acp-coverage.md D4); an id of any form may be asked for. What may stand in a
 * directory that cannot be read is not known to be gone.
 */
function ignoreUnknownSession(error: unknown): void {
  if (!(error instanceof TranscriptError) || error.data["unreadable"] !== undefined) throw error;
  if (error.code !== "SessionNotFound" && error.code !== "InvalidSessionId") throw error;
}

const anything = (params: unknown): unknown => params;

function refuse({ method }: { method: string }): never {
  const why = "the server runs with --read-only, and changes nothing";
  throw new RequestError(-32601, `"Method not found": ${method}: ${why}`, { method, readOnly: true });
}
