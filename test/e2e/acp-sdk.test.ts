/** The built server against the SDK's own client, over real pipes: what an editor does with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import {
  type AnyMessage,
  client,
  type ForkSessionRequest,
  type LoadSessionRequest,
  type PromptRequest,
  type ClientApp,
  methods,
  ndJsonStream,
  RequestError,
  type SessionNotification,
  type Stream,
} from "@agentclientprotocol/sdk/unstable";
import { describe, expect, test } from "vitest";
import { texts } from "../support/acp-client.ts";
import { messageProblems } from "../support/acp-schema.ts";
import { longRows, longTexts, turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { uuid } from "../support/rows.ts";

const { session, initialize } = methods.agent;
const META = "claude-transcripts";
const LONG = sessionId(1);
const OTHER = sessionId(2);

type Agent = Parameters<Parameters<ClientApp["connectWith"]>[1]>[0];

interface Editor {
  readonly agent: Agent;
  readonly updates: readonly SessionNotification[];
  /** The texts that were shown of a session, in order, since the last call. */
  readonly shown: (id: string) => string[];
  /** Id → whether it is archived, by the list of this filter. */
  readonly listed: (archived?: "include" | "only" | "exclude") => Promise<Record<string, unknown>>;
}

describe.each(ownNode())("Node $version", ({ path: node }) => {
  test("an editor lists, loads, resumes, forks, closes and deletes", () =>
    inEditor(node, async ({ agent, shown }) => {
      const { sessions } = await agent.request(session.list, {});
      expect(sessions.map((row) => row.sessionId)).toEqual([OTHER, LONG]);

      const at = open(LONG, sessions[1]?.cwd);
      await agent.request(session.load, at);
      expect(shown(LONG)).toEqual(expect.arrayContaining([longTexts[0], longTexts.at(-1)]));
      await agent.request(session.resume, at);
      expect(shown(LONG)).toEqual([]);

      const fork = await agent.request(session.fork, open(LONG, "/v"));
      await agent.request(session.load, open(fork.sessionId, "/v"));
      expect(shown(fork.sessionId)).toEqual(expect.arrayContaining([longTexts[0], longTexts.at(-1)]));
      const found = await agent.request(session.list, { cwd: "/v" });
      expect(found.sessions.map((row) => row.sessionId).sort()).toEqual([OTHER, fork.sessionId].sort());

      await agent.request(session.close, { sessionId: fork.sessionId });
      await agent.request(session.delete, { sessionId: fork.sessionId });
      await agent.request(session.delete, { sessionId: fork.sessionId });
      const gone = agent.request(session.load, open(fork.sessionId));
      await expect(gone).rejects.toEqual(RequestError.sessionNotFound(fork.sessionId));
    }));

  test("a fork ends at the message that is named, and knows it by the id it has in the source", () =>
    inEditor(node, async ({ agent, shown }) => {
      const request = { ...open(LONG), _meta: { [META]: { messageId: uuid(6) } } };
      const fork = await agent.request(session.fork, request);
      await agent.request(session.load, open(fork.sessionId));
      const said = shown(fork.sessionId);
      expect(said).toEqual(expect.arrayContaining(["second", "prompt"]));
      expect(said).not.toContain("second answer");

      const again = { ...open(fork.sessionId), _meta: { [META]: { messageId: uuid(1) } } };
      const second = await agent.request(session.fork, again);
      await agent.request(session.load, open(second.sessionId));
      expect(shown(second.sessionId)).toEqual(["first prompt"]);
    }));

  test("an editor archives a session, finds it by the filter, and takes it back", () =>
    inEditor(node, async ({ agent, updates, listed }) => {
      await agent.request(session.archive, { sessionId: LONG });
      await agent.request(session.archive, { sessionId: LONG });
      expect(updates.map(({ sessionId: id, update }) => [id, update.sessionUpdate])).toContainEqual([
        LONG,
        "session_info_update",
      ]);
      expect(await listed()).toEqual({ [OTHER]: false });
      expect(await listed("only")).toEqual({ [LONG]: true });
      expect(await listed("include")).toEqual({ [LONG]: true, [OTHER]: false });
      await agent.request(session.unarchive, { sessionId: LONG });
      expect(await listed("exclude")).toEqual({ [LONG]: false, [OTHER]: false });
      const unknown = agent.request(session.archive, { sessionId: sessionId(9) });
      await expect(unknown).rejects.toEqual(RequestError.sessionNotFound(sessionId(9)));
    }));

  test("an editor gives a session a title, which stays", () =>
    inEditor(node, async ({ agent }) => {
      const { title } = await agent.request(session.setTitle, { sessionId: LONG, title: "  A name\nof two lines " });
      expect(title).toBe("A name of two lines");
      const { sessions } = await agent.request(session.list, {});
      expect(sessions.find((row) => row.sessionId === LONG)?.title).toBe(title);
      const empty = agent.request(session.setTitle, { sessionId: LONG, title: " \n " });
      await expect(empty).rejects.toMatchObject({ code: -32602 });
    }));

  test("an editor asks for the status, begins a session, prompts it, and deletes it", () =>
    inEditor(node, async ({ agent, shown, listed }) => {
      const status = async (id: string) => (await agent.request(session.status, { sessionId: id })).status;
      expect(await status(LONG)).toBe("saved");
      await agent.request(session.resume, open(LONG));
      expect(await status(LONG)).toBe("open");

      const { sessionId: begun } = await agent.request(session.new, { cwd: "/w", mcpServers: [] });
      const hello: PromptRequest = { sessionId: begun, prompt: [{ type: "text", text: "hello" }] };
      const { stopReason } = await agent.request(session.prompt, hello);
      expect(stopReason).toBe("end_turn");
      expect(shown(begun)).not.toEqual([]);
      expect(await listed()).toHaveProperty([begun]);
      await agent.request(session.delete, { sessionId: begun });
      expect(await listed()).toEqual({ [LONG]: false, [OTHER]: false });
    }));
});

const open = (id: string, cwd = "/w"): LoadSessionRequest & ForkSessionRequest => ({
  sessionId: id,
  cwd,
  mcpServers: [],
});

/** A server over two sessions, and the SDK's client of it. Every message of both sides must fit the schema. */
async function inEditor(node: string, work: (editor: Editor) => Promise<void>): Promise<void> {
  const dir = tempConfigDir();
  writeSession(dir, "-w", LONG, longRows);
  writeSession(dir, "-v", OTHER, turnRows("elsewhere", 500_000), { cwd: "/v" });
  const child = spawn(node, [binary(), "acp", "--config-dir", dir], { stdio: ["pipe", "pipe", "inherit"] });
  const output = Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>;
  const { stream, wrong } = checked(ndJsonStream(Writable.toWeb(child.stdin), output));
  const updates: SessionNotification[] = [];

  const app = client({ name: "test" }).onNotification(
    methods.client.session.update,
    ({ params }) => void updates.push(params),
  );
  await app.connectWith(stream, async (agent) => {
    const { agentCapabilities } = await agent.request(initialize, { protocolVersion: 1, clientCapabilities: {} });
    expect(agentCapabilities?.sessionCapabilities).toMatchObject({ fork: {}, archive: {}, title: {}, status: {} });
    await work({
      agent,
      updates,
      shown: (id) =>
        texts(
          updates.splice(0).filter((update) => update.sessionId === id),
          "user_message_chunk",
          "agent_message_chunk",
        ),
      async listed(archived) {
        const { sessions } = await agent.request(session.list, archived === undefined ? {} : { archived });
        return Object.fromEntries(sessions.map((row) => [row.sessionId, row.archived]));
      },
    });
  });
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(wrong).toEqual([]);
}

/** The stream with every message held against the schema that the SDK ships. */
function checked({ readable, writable }: Stream): { stream: Stream; wrong: string[] } {
  const wrong: string[] = [];
  const asked = new Map<unknown, string>();
  const check = (message: AnyMessage): AnyMessage => {
    if ("method" in message && "id" in message) asked.set(message.id, message.method);
    wrong.push(...messageProblems(message, (id) => asked.get(id)));
    return message;
  };
  const sent = new TransformStream<AnyMessage, AnyMessage>({
    transform: (message, controller) => controller.enqueue(check(message)),
  });
  void sent.readable.pipeTo(writable).catch(() => undefined);
  const received = new TransformStream<AnyMessage, AnyMessage>({
    transform: (message, controller) => controller.enqueue(check(message)),
  });
  return { stream: { readable: readable.pipeThrough(received), writable: sent.writable }, wrong };
}
