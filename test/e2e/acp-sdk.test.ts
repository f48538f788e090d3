/** The built server against the SDK's own client, over real pipes: what an editor does with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import {
  client,
  methods,
  ndJsonStream,
  RequestError,
  type SessionNotification,
} from "@agentclientprotocol/sdk/unstable";
import { describe, expect, test } from "vitest";
import { texts } from "../support/acp-client.ts";
import { longRows, longTexts, turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { nodes } from "../support/nodes.ts";

describe.each(nodes())("Node $version", ({ path: node }) => {
  test("an editor lists, loads, resumes, forks, closes and deletes", async () => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", sessionId(1), longRows);
    writeSession(dir, "-v", sessionId(2), turnRows("elsewhere", 500_000), { cwd: "/v" });
    const child = spawn(node, [binary(), "acp", "--config-dir", dir], { stdio: ["pipe", "pipe", "inherit"] });
    const stream = ndJsonStream(
      Writable.toWeb(child.stdin),
      Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
    );
    const updates: SessionNotification[] = [];
    const shown = (id: string) =>
      texts(
        updates.filter((update) => update.sessionId === id),
        "user_message_chunk",
        "agent_message_chunk",
      );
    const { session, initialize } = methods.agent;

    const editor = client({ name: "test" }).onNotification(
      methods.client.session.update,
      ({ params }) => void updates.push(params),
    );
    await editor.connectWith(stream, async (agent) => {
      const { agentCapabilities } = await agent.request(initialize, { protocolVersion: 1, clientCapabilities: {} });
      expect(agentCapabilities?.sessionCapabilities?.fork).toEqual({});

      const { sessions } = await agent.request(session.list, {});
      expect(sessions.map((row) => row.sessionId)).toEqual([sessionId(2), sessionId(1)]);

      const [, chosen] = sessions;
      const at = { sessionId: chosen?.sessionId ?? "", cwd: chosen?.cwd ?? "", mcpServers: [] };
      expect(await agent.request(session.load, at)).toEqual({});
      expect(shown(at.sessionId)).toEqual(longTexts);
      expect(await agent.request(session.resume, at)).toEqual({});

      const fork = await agent.request(session.fork, { ...at, cwd: "/v" });
      await agent.request(session.load, { ...at, sessionId: fork.sessionId });
      expect(shown(fork.sessionId)).toEqual(longTexts);

      const found = await agent.request(session.list, { cwd: "/v" });
      expect(found.sessions.map((row) => row.sessionId).sort()).toEqual([sessionId(2), fork.sessionId].sort());

      await agent.request(session.close, { sessionId: fork.sessionId });
      await agent.request(session.delete, { sessionId: fork.sessionId });
      await agent.request(session.delete, { sessionId: fork.sessionId });
      const gone = agent.request(session.load, { ...at, sessionId: fork.sessionId });
      await expect(gone).rejects.toEqual(RequestError.sessionNotFound(fork.sessionId));

      await agent.buildSession("/w").withSession(async (begun) => {
        const [text] = await Promise.all([begun.readText(), begun.prompt("hello")]);
        expect(text).toContain("history");
      });
    });
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
