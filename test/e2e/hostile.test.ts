/** Hundreds of sessions with one spoilt row each, over ACP and on the command line: nothing else suffers from it. */
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type RawClient, type Reply } from "../support/acp-client.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { binary } from "../support/binary.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { HOSTILE_VALUES, type HostileSession, writeHostileSessions } from "../support/hostile.ts";
import { runs, SEED } from "../support/runs.ts";

const COUNT = runs(500);
/** Of these every one is shown, forked, renamed and archived; of the others, it would take too long. */
const SOME = 9;
/** What a client may be told of what it, or a file, did: never that it is our fault. */
const CODES = new Set([-32600, -32601, -32602, -32002, -32800]);
/** All control characters but line ends and tabs, in text that was valid UTF-8. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

let dir: string;
let sessions: HostileSession[];
const some = () => sessions.filter((_, i) => i % SOME === 0);

beforeAll(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-")));
  sessions = writeHostileSessions(dir, COUNT, SEED);
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const open = (sessionId: string) => ({ sessionId, cwd: "/w", mcpServers: [] });

/** Texts that should be among the updates that came since the last call, and are not. */
function lost(client: RawClient, texts: readonly string[]): string[] {
  const shown = JSON.stringify(client.updates.splice(0).map(({ update }) => update));
  return texts.filter((text) => !shown.includes(text));
}

describe("over ACP", () => {
  test("every session is listed, and loads with all that its other rows say", async () => {
    const client = await connect({ args: ["--config-dir", dir] });
    const listed = await client.call("session/list", { _meta: { "claude-transcripts": { limit: 500 } } });
    const { sessions: rows } = listed.result as { sessions: { sessionId: string }[] };
    const ids = new Set(rows.map(({ sessionId }) => sessionId));
    const missing = sessions.filter(({ id }) => !ids.has(id));
    // What says of itself that it belongs to another session is none of its own.
    expect(missing.filter(({ spoilt }) => !spoilt.endsWith("row 1"))).toEqual([]);

    const wrong: unknown[] = [];
    for (const { id, spoilt, texts } of sessions) {
      const { error } = await client.call("session/load", open(id));
      const gone = lost(client, texts);
      if (error !== undefined || gone.length > 0) wrong.push({ id, spoilt, error, gone });
    }
    expect(wrong).toEqual([]);
    await ends(client);
  });

  test("forks say the same; titles, archiving and deletion work", async () => {
    const client = await connect({ args: ["--config-dir", dir] });
    const wrong: unknown[] = [];
    for (const { id, spoilt, texts } of some()) {
      const fork = await client.call("session/fork", open(id));
      const forked = String(fork.result?.["sessionId"]);
      const load = await client.call("session/load", open(forked));
      const gone = lost(client, texts);
      const named = await client.call("session/set_title", {
        sessionId: forked,
        title: "\u001b]0;a\u0007 name\u009b1m",
      });
      const told = String(named.result?.["title"]);
      const others = await inTurn(
        client,
        ["session/archive", "session/status", "session/unarchive", "session/delete"],
        forked,
      );
      const errors = [fork, load, named, ...others].flatMap(({ error }) => error ?? []);
      if (errors.length > 0 || gone.length > 0 || CONTROL.test(told)) wrong.push({ id, spoilt, errors, gone, told });
      client.updates.splice(0);
    }
    expect(wrong).toEqual([]);
    await ends(client);
  });

  test("requests with wrong values are the client's fault, and the server lives on", async () => {
    const client = await connect({ args: ["--config-dir", dir] });
    const id = sessions[5]?.id ?? "";
    const right: Record<string, object> = {
      "session/list": {
        cwd: "/w1",
        cursor: undefined,
        archived: "include",
        _meta: { "claude-transcripts": { limit: 5 } },
      },
      "session/load": { ...open(id), additionalDirectories: [], _meta: { "claude-transcripts": { last: 3 } } },
      "session/resume": open(id),
      "session/fork": { ...open(id), _meta: { "claude-transcripts": { messageId: "x" } } },
      "session/set_title": { sessionId: id, title: "Title" },
      "session/archive": { sessionId: id },
      "session/unarchive": { sessionId: id },
      "session/status": { sessionId: id },
      "session/close": { sessionId: id },
      "session/new": { cwd: "/w", mcpServers: [] },
      "session/prompt": { sessionId: id, prompt: [{ type: "text", text: "hello" }] },
      "session/set_mode": { sessionId: id, modeId: "x" },
    };
    const replies = Object.entries(right).flatMap(([method, params]) => {
      const single = HOSTILE_VALUES.map((value) => send(client, method, value));
      const fields = Object.keys(params).flatMap((key) =>
        HOSTILE_VALUES.map((value) => send(client, method, { ...params, [key]: value })),
      );
      const meta = HOSTILE_VALUES.map((value) =>
        send(client, method, {
          ...params,
          _meta: { "claude-transcripts": { limit: value, last: value, before: value, messageId: value } },
        }),
      );
      return [...single, ...fields, ...meta];
    });
    const codes = new Set((await Promise.all(replies)).flatMap(({ error }) => error?.code ?? []));
    expect([...codes].filter((code) => !CODES.has(code))).toEqual([]);
    expect((await client.call("session/status", { sessionId: id })).result).toBeDefined();
    await ends(client);
  });
});

describe("on the command line", () => {
  test("list and doctor name them all, and nothing that a terminal would obey", async () => {
    const list = await run("list", "--all");
    expect(list.problems).toEqual([]);
    expect(list.stdout.split("\n").length).toBeGreaterThan(COUNT - SOME);
    const json = await run("list", "--all", "--json");
    expect(json.problems).toEqual([]);
    expect(JSON.parse(json.stdout)).toHaveProperty("sessions");
    const doctor = await run("doctor", "--all");
    expect(doctor.problems).toEqual([]);
    const found = await run("doctor", "--all", "--json");
    expect(found.problems).toEqual([]);
    expect(JSON.parse(found.stdout)).toHaveProperty("configDirs");
  });

  test("show says what the other rows say, and nothing that a terminal would obey", async () => {
    const wrong: unknown[] = [];
    for (const [i, { id, spoilt, texts }] of some().entries()) {
      const format = ["text", "markdown", "json"][i % 3] ?? "text";
      const terminal = new FakeTerminal();
      await show(invocation(terminal, dir, [id], { full: true, thinking: true, format }));
      let printed = { stdout: terminal.out, problems: problemsOf({ out: Buffer.from(terminal.out + terminal.err) }) };
      // The program itself prints the same, of a few: a process for each would take most of the time.
      if (i % 7 === 0) {
        printed = await run("show", id, "--full", "--thinking", "--format", format);
        if (printed.stdout !== terminal.out) printed.problems.push("it prints something else than here");
      }
      const gone = texts.filter((text) => !printed.stdout.includes(text));
      if (printed.problems.length > 0 || gone.length > 0)
        wrong.push({ id, spoilt, format, problems: printed.problems, gone });
    }
    expect(wrong).toEqual([]);
  });
});

const send = (client: RawClient, method: string, params: unknown): Promise<Reply> => {
  nextId++;
  return client.send({ jsonrpc: "2.0", id: `hostile-${nextId}`, method, params });
};
let nextId = 0;

async function inTurn(client: RawClient, methods: readonly string[], sessionId: string): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const method of methods) replies.push(await client.call(method, { sessionId }));
  return replies;
}

/** It ends as it should, and has said nothing but messages that fit the schema. */
async function ends(client: RawClient): Promise<void> {
  expect(client.wrong).toEqual([]);
  expect(client.stray).toEqual([]);
  expect(client.stderr).not.toMatch(CONTROL);
  expect(await client.end()).toMatchObject({ code: 0 });
}

/** Runs a command to its end. `problems`: how it ended, and what it printed, where either is not right. */
function run(...args: string[]): Promise<{ stdout: string; problems: string[] }> {
  return new Promise((resolve) => {
    const all = [binary(), ...args, "--config-dir", dir];
    const options = { encoding: "buffer", maxBuffer: 2 ** 28 } as const;
    execFile(process.execPath, all, options, (error, out, err) => {
      const problems = error === null ? [] : [error.message];
      resolve({ stdout: out.toString(), problems: [...problems, ...problemsOf({ out, err })] });
    });
  });
}

/** What is not right in what was printed. */
function problemsOf(printed: Readonly<Record<string, Buffer>>): string[] {
  return Object.entries(printed).flatMap(([name, bytes]) => {
    const text = bytes.toString();
    const control = CONTROL.exec(text);
    return [
      ...(Buffer.from(text).equals(bytes) ? [] : [`${name} is no UTF-8`]),
      ...(control === null ? [] : [`${name}: ${JSON.stringify(text.slice(control.index - 40, control.index + 9))}`]),
    ];
  });
}
