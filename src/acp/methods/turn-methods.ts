import {
  methods,
  RequestError,
  type NewSessionResponse,
  type PromptResponse,
  type SessionUpdate,
} from "@agentclientprotocol/sdk/unstable";
import { invalidParams } from "../rim/to-acp-error.ts";
import { cancelParams, configOptionParams, modeParams, newParams, promptParams } from "../rim/from-acp.ts";
import { sender, type Server } from "./server.ts";

/** Adds the methods that every agent must have (acp-coverage.md B2): to begin, prompt and cancel a session. */
export function addTurnMethods(server: Server): void {
  const { session } = methods.agent;
  const { open, memorySessions } = server;
  server.on(session.new, newParams, ({ params: { cwd } }): NewSessionResponse => {
    const { sessionId } = memorySessions.begin(cwd);
    open.open(sessionId, cwd);
    return { sessionId };
  });
  server.on(
    session.prompt,
    promptParams,
    async ({ params: { sessionId, prompt }, client, signal }): Promise<PromptResponse> => {
      const cwd = open.cwdOf(sessionId);
      if (cwd === undefined) throw notOpen(sessionId);
      memorySessions.prompted(sessionId, prompt);
      const notify = sender(client, sessionId);
      return open.runTurn(sessionId, signal, async (stop) => {
        const send = async (update: SessionUpdate): Promise<void> => {
          stop.throwIfAborted();
          memorySessions.answered(sessionId, update);
          await notify(update);
        };
        const stored =
          memorySessions.get(sessionId) === undefined ? await server.store.resumable(sessionId) : undefined;
        return server.options.prompter.prompt({ sessionId, cwd, stored, prompt, send, signal: stop });
      });
    },
  );
  server.app.onNotification(session.cancel, cancelParams, ({ params: { sessionId } }) => {
    if (sessionId !== undefined) open.cancel(sessionId);
  });
  server.on(session.setMode, modeParams, async ({ params: { sessionId, modeId } }) => {
    await server.require(sessionId);
    throw invalidParams("modeId", `unknown mode "${modeId}": sessions have no modes here`);
  });
  server.on(session.setConfigOption, configOptionParams, async ({ params: { sessionId, configId } }) => {
    await server.require(sessionId);
    throw invalidParams("configId", `unknown option "${configId}": sessions have no options here`);
  });
}

/** Returns the error with the SDK's code for a session that is "not active on this connection". */
function notOpen(sessionId: string): RequestError {
  const hint = "Call session/load or session/resume first.";
  return new RequestError(-32002, `Session ${sessionId} is not open. ${hint}`, { sessionId, hint });
}
