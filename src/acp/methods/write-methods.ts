import {
  methods,
  RequestError,
  type AgentContext,
  type ForkSessionResponse,
  type SessionUpdate,
  type SetSessionTitleResponse,
} from "@agentclientprotocol/sdk/unstable";
import { DESCRIPTION_UNITS } from "../../transcript/rows/limits.ts";
import type { Unread } from "../../store/read/unread.ts";
import { TranscriptError } from "../../store/errors.ts";
import { invalidParams } from "../rim/to-acp-error.ts";
import { ANNOTATE_METHOD, annotateParams, forkParams, META, sessionParams, titleParams } from "../rim/from-acp.ts";
import { sender, type Server } from "./server.ts";
import { printable } from "../../view/sanitise.ts";
import { givenTitle } from "../sessions/session-to-acp.ts";

/** Adds the methods that change what is stored. A read-only server refuses them and says why. */
export function addWriteMethods(server: Server): void {
  const { fork, delete: remove, archive, unarchive, setTitle } = methods.agent.session;
  if (server.options.readOnly) {
    for (const method of [fork, remove, archive, unarchive, setTitle, ANNOTATE_METHOD])
      server.on(method, unchecked, refuse);
    return;
  }
  const { store, open, memorySessions } = server;
  server.on(
    fork,
    forkParams,
    async ({ params: { sessionId, cwd, messageId }, signal }): Promise<ForkSessionResponse> => {
      const source = memorySessions.get(sessionId);
      let unread: Unread | undefined;
      const onUnread = (parts: Unread): void => void (unread = parts);
      const copy = source
        ? memorySessions.fork(source, cwd, messageId)
        : await store.fork(sessionId, { cwd, upToMessageId: messageId, signal, onUnread });
      open.open(copy.sessionId, cwd);
      return { sessionId: copy.sessionId, ...(unread !== undefined && { _meta: { [META]: { unread } } }) };
    },
  );
  server.on(remove, sessionParams, async ({ params: { sessionId } }) => {
    open.close(sessionId);
    if (!memorySessions.remove(sessionId)) await store.remove(sessionId).catch(ignoreUnknownSession);
    return {};
  });
  server.on(archive, sessionParams, async ({ params: { sessionId }, client }) => {
    await server.require(sessionId);
    open.close(sessionId);
    await setArchived(server, client, sessionId, true);
    return {};
  });
  server.on(unarchive, sessionParams, async ({ params: { sessionId }, client }) => {
    await setArchived(server, client, sessionId, false);
    return {};
  });
  server.on(
    setTitle,
    titleParams,
    async ({ params: { sessionId, title: requested }, client }): Promise<SetSessionTitleResponse> => {
      const title = givenTitle(requested);
      if (title === "") throw invalidParams("title", "must contain visible characters");
      const isInMemory = memorySessions.get(sessionId) !== undefined;
      if (isInMemory) memorySessions.change(sessionId, { title });
      const warning = isInMemory ? undefined : await store.rename(sessionId, title);
      await sendInfo(client, sessionId, { title });
      return warning === undefined ? { title } : { title, _meta: { [META]: { warning, live: true } } };
    },
  );
  server.on(ANNOTATE_METHOD, annotateParams, async ({ params: { sessionId, ...asked }, client }) => {
    const [set, add, remove] = [asked.setTags, asked.addTags, asked.removeTags].map((tags) => tags?.map(oneLine));
    const description = asked.description === undefined ? undefined : printable(asked.description);
    if ((description?.length ?? 0) > DESCRIPTION_UNITS)
      throw invalidParams("description", `must have at most ${DESCRIPTION_UNITS} characters`);
    const isEdit = [set, add, remove].some((tags) => tags !== undefined);
    if (!isEdit && description === undefined)
      throw invalidParams("setTags", "must be given, or addTags, removeTags or description");
    const { tags, warning } = isEdit ? await store.editTags(sessionId, { set, add, remove }) : {};
    if (description !== undefined) await store.describe(sessionId, description === "" ? null : description);
    const now = { ...(tags !== undefined && { tags }), ...(description !== undefined && { description }) };
    await sendInfo(client, sessionId, { _meta: { [META]: now } });
    return warning === undefined ? now : { ...now, _meta: { [META]: { warning, live: true } } };
  });
}

const oneLine = (text: string): string => printable(text);

async function setArchived(server: Server, client: AgentContext, sessionId: string, archived: boolean): Promise<void> {
  if (server.memorySessions.get(sessionId) !== undefined) server.memorySessions.change(sessionId, { archived });
  else await server.store.archive(sessionId, archived);
  await sendInfo(client, sessionId, { _meta: { [META]: { archived } } });
}

type InfoChange = Omit<Extract<SessionUpdate, { sessionUpdate: "session_info_update" }>, "sessionUpdate">;

/** Sends the change before the response, so that a client that waits for it has seen it (acp-coverage.md X8). */
const sendInfo = (client: AgentContext, sessionId: string, change: InfoChange): Promise<void> =>
  sender(client, sessionId)({ sessionUpdate: "session_info_update", ...change });

/** Ignores an unknown session (acp-coverage.md D4), unless it may be in a directory that cannot be read. */
function ignoreUnknownSession(error: unknown): void {
  if (!(error instanceof TranscriptError) || error.data["unreadable"] !== undefined) throw error;
  if (error.code !== "SessionNotFound" && error.code !== "InvalidSessionId") throw error;
}

const unchecked = (params: unknown): unknown => params;

function refuse({ method }: { method: string }): never {
  const message = `"Method not found": ${method}: the server runs with --read-only`;
  throw new RequestError(-32601, message, { method, readOnly: true });
}
