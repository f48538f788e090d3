/** The options of `acp`, as arguments and as variables, and what it says to a person. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../support/acp-client.ts";
import { open, ours } from "../support/acp-requests.ts";
import { turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { assistant, user } from "../support/rows.ts";

interface Meta {
  readonly _meta: { readonly "claude-transcripts": { readonly programmaticLeftOut?: number } };
}
const countOf = (result: Readonly<Record<string, unknown>> | undefined): number =>
  (result as { sessions: unknown[] }).sessions.length;

describe.each(ownNode())("Node $version", ({ path: node }) => {
  /** Runs `acp` without a client; the environment is this one's and `env`. */
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawnSync(node, [binary(), "acp", ...args], { encoding: "utf8", input: "", env: { ...process.env, ...env } });

  test("L9: a page has as many sessions as the server is told, unless the request says otherwise", async () => {
    const dir = tempConfigDir();
    writeSessions(dir, 5);
    for (const [args, env, size] of [
      [["--page-size", "2"], {}, 2],
      [[], { CLAUDE_TRANSCRIPTS_PAGE_SIZE: "3" }, 3],
      [["--page-size", "4"], { CLAUDE_TRANSCRIPTS_PAGE_SIZE: "3" }, 4],
      [[], { CLAUDE_TRANSCRIPTS_PAGE_SIZE: "" }, 5],
    ] as const) {
      const client = await connect({ node, args: ["--config-dir", dir, ...args], env });
      expect(countOf((await client.call("session/list", {})).result)).toBe(size);
      const { result } = await client.call("session/list", { _meta: { "claude-transcripts": { limit: 1 } } });
      expect(countOf(result)).toBe(1);
      expect(client.wrong).toEqual([]);
      await client.end();
    }
  });

  test("sessions that programs started are left out where the server is told, unless the request asks for them", async () => {
    const dir = tempConfigDir();
    writeSessions(dir, 2);
    const started = turnRows("started by a program", 9).map((row) => ({ ...row, entrypoint: "sdk-cli" }));
    writeSession(dir, "-w", sessionId(9), started);
    const ask = (includeProgrammatic: boolean | null) => ours({ includeProgrammatic });
    for (const [args, env, counts] of [
      [[], {}, [3, 3, 2]],
      [["--no-programmatic"], {}, [2, 3, 2]],
      [[], { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "1" }, [2, 3, 2]],
      [[], { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "0" }, [3, 3, 2]],
    ] as const) {
      const client = await connect({ node, args: ["--config-dir", dir, ...args], env });
      const found = [];
      for (const params of [{}, ask(true), ask(false)]) {
        const { result } = await client.call("session/list", params);
        found.push(countOf(result));
        // What is left out is counted.
        const { programmaticLeftOut = 0 } = (result as unknown as Meta)._meta["claude-transcripts"];
        expect(countOf(result) + programmaticLeftOut).toBe(3);
      }
      expect(found).toEqual(counts);
      // A cursor belongs to the list it came from.
      const { result } = await client.call("session/list", ours({ limit: 1, includeProgrammatic: true }));
      const { error } = await client.call("session/list", {
        ...ours({ includeProgrammatic: false }),
        cursor: result?.["nextCursor"],
      });
      expect(error).toMatchObject({ code: -32602, data: { field: "cursor" } });
      expect(client.wrong).toEqual([]);
      await client.end();
    }
  });

  test("a load replays the last messages where the server is told, and says what came before", async () => {
    const dir = tempConfigDir();
    const rows = [1, 2, 3, 4, 5, 6].map((n) => (n % 2 ? user(n, n - 1 || null) : assistant(n, n - 1)));
    writeSession(dir, "-w", sessionId(1), rows);
    for (const [args, env, request, said] of [
      [["--replay-last", "2"], {}, {}, ["4 earlier messages are not shown", "u5", "a6"]],
      [[], { CLAUDE_TRANSCRIPTS_REPLAY_LAST: "1" }, {}, ["5 earlier messages are not shown", "a6"]],
      [["--replay-last", "5"], {}, {}, ["1 earlier message is not shown", "a2", "u3", "a4", "u5", "a6"]],
      [["--replay-last", "6"], {}, {}, ["u1", "a2", "u3", "a4", "u5", "a6"]],
      [["--replay-last", "2"], {}, { limit: 3 }, ["a4", "u5", "a6"]],
      [["--replay-last", "2"], {}, { limit: 99 }, ["u1", "a2", "u3", "a4", "u5", "a6"]],
    ] as const) {
      const client = await connect({ node, args: ["--config-dir", dir, ...args], env });
      const { result } = await client.call("session/load", { ...open(sessionId(1)), ...ours(request) });
      const texts = client.updates.map(({ update }) => String((update["content"] as { text?: string }).text));
      const shown = texts.filter((text) => text.trim() !== "");
      expect(shown.map((text, at) => text.slice(0, said[at]?.length))).toEqual(said);
      const [first] = client.updates;
      const earlier = /^\d+/.exec(said[0])?.[0];
      expect(result?.["_meta"]).toMatchObject({
        "claude-transcripts": earlier === undefined ? {} : { earlier: Number(earlier) },
      });
      expect(first?.update.sessionUpdate === "agent_message_chunk").toBe(earlier !== undefined || said[0] === "a4");
      expect(texts[0]?.includes(`claude-transcripts show ${sessionId(1)}`)).toBe(earlier !== undefined);
      expect(client.wrong).toEqual([]);
      await client.end();
    }
  });

  test("config dirs come from the environment, too; arguments go before them", async () => {
    const [one, two] = [tempConfigDir(), tempConfigDir()];
    writeSessions(one, 1);
    writeSessions(two, 3);
    const env = { CLAUDE_TRANSCRIPTS_CONFIG_DIR: [one, two].join(path.delimiter), CLAUDE_CONFIG_DIR: tempConfigDir() };
    for (const [args, count] of [
      [[], 3],
      [["--config-dir", one], 1],
      [["--config-dir", one, "--config-dir", two], 3],
    ] as const) {
      const client = await connect({ node, args, env });
      expect(countOf((await client.call("session/list", {})).result)).toBe(count);
      await client.end();
    }
  });

  test("STDERR-001: what is told on stderr, by level", async () => {
    const dir = tempConfigDir();
    // The server has begun when the console is another.
    const preload = `const before = console; const timer = setInterval(() => {
      if (globalThis.console === before) return;
      clearInterval(timer);
      Promise.reject(new Error("a fault of ours"));
    }, 5)`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(preload)}`;
    for (const [level, told, untold] of [
      ["silent", [], [/./]],
      ["error", [/a fault of ours/], [/includeWorktrees/, /session\/list/]],
      ["info", [/a fault of ours/, /"includeWorktrees":false/, /the client has disconnected/], [/session\/list/]],
      ["debug", [/"readOnly":true/, /session\/list answered after/, /session\/load refused \(-32002\)/], [/no uuid/]],
    ] as const) {
      const env = { NODE_OPTIONS, CLAUDE_TRANSCRIPTS_NO_WORKTREES: "1", CLAUDE_TRANSCRIPTS_READ_ONLY: "true" };
      const client = await connect({ node, args: ["--config-dir", dir, "--log-level", level], env });
      expect((await client.call("session/list", {})).result).toBeDefined();
      await client.call("session/load", { sessionId: "no uuid", cwd: "/w", mcpServers: [] });
      if (level === "silent") await new Promise((resolve) => setTimeout(resolve, 50));
      else while (!client.stderr.includes("a fault of ours")) await once(client.child.stderr, "data");
      expect(await client.end()).toMatchObject({ code: 0 });
      for (const text of told) expect(client.stderr).toMatch(text);
      for (const text of untold) expect(client.stderr).not.toMatch(text);
      expect(client.wrong).toEqual([]);
    }
  });

  test("a value that is none ends it with 2, and the message names the option or the variable", () => {
    for (const [args, env, message] of [
      [["--page-size", "0"], {}, /--page-size must be .* 1 to 500, got "0"/],
      [["--page-size", "501"], {}, /--page-size/],
      [["--page-size", "1e2"], {}, /--page-size/],
      [["--replay-last", "0"], {}, /--replay-last must be a positive integer, got "0"/],
      [["--replay-last", "many"], {}, /--replay-last must be/],
      [["--log-level", "loud"], {}, /--log-level must be silent, error, info or debug, got "loud"/],
      [["--read-only=yes"], {}, /read-only/],
      [["--quiet"], {}, /--quiet/],
      [["sessions"], {}, /unexpected argument "sessions"/],
      [["--config-dir", "/not/there"], {}, /--config-dir must be an existing directory, got "\/not\/there"/],
      [[], { CLAUDE_TRANSCRIPTS_CONFIG_DIR: "/not/there" }, /CLAUDE_TRANSCRIPTS_CONFIG_DIR must be .*"\/not\/there"/],
      [[], { CLAUDE_TRANSCRIPTS_PAGE_SIZE: "many" }, /CLAUDE_TRANSCRIPTS_PAGE_SIZE must be/],
      [[], { CLAUDE_TRANSCRIPTS_REPLAY_LAST: "-1" }, /CLAUDE_TRANSCRIPTS_REPLAY_LAST must be/],
      [[], { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "no" }, /CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC must be 1 or 0/],
      [[], { CLAUDE_TRANSCRIPTS_LOG_LEVEL: "1" }, /CLAUDE_TRANSCRIPTS_LOG_LEVEL must be/],
      [[], { CLAUDE_TRANSCRIPTS_READ_ONLY: "perhaps" }, /CLAUDE_TRANSCRIPTS_READ_ONLY must be 1 or 0/],
      [[], { CLAUDE_TRANSCRIPTS_NO_WORKTREES: "no" }, /CLAUDE_TRANSCRIPTS_NO_WORKTREES must be 1 or 0/],
    ] as const) {
      const { status, stdout, stderr } = run(args, env);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });

  test.runIf(process.platform === "linux")("on a terminal it says that an editor is expected", async () => {
    const command = [node, binary(), "acp", "--config-dir", tempConfigDir()].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qfec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let shown = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      shown += chunk.toString();
      if (shown.includes("claude-transcripts list")) break;
    }
    expect(shown).toMatch(/expected an editor on stdin[^]*Ctrl-D/);
    expect(run(["--config-dir", tempConfigDir()])).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
});
