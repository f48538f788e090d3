/** The built server over HTTP: who and what is let in, and that clients are kept apart. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { type HttpProcess, startHttpProcess } from "../support/mcp-http.ts";

const MIB = 1024 * 1024;
const PING = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request that is right but for what is given. */
function send({ url, token }: HttpProcess, { method = "POST", path, headers, body = PING }: Call = {}): Promise<Reply> {
  const to = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: to.hostname,
      port: to.port,
      path: path ?? to.pathname,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.end(method === "POST" ? body : undefined);
  });
}

/** The result of a request, as the one message of its stream has it. */
async function call(server: HttpProcess, id: number, method: string, params: object): Promise<unknown> {
  const { status, body } = await send(server, { body: JSON.stringify({ jsonrpc: "2.0", id, method, params }) });
  const message = JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? "null") as { id?: number; result?: unknown } | null;
  if (status !== 200 || message?.id !== id) throw new Error(`${method}: ${status} ${body}`);
  return message.result;
}

describe("what is let in", () => {
  test("hosts, origins, tokens, methods, bodies", async () => {
    const server = await startHttpProcess(tempConfigDir());
    const { port } = new URL(server.url);
    const padded = (bytes: number): string => PING + " ".repeat(bytes - PING.length);
    const cases: readonly (readonly [string, number, Call])[] = [
      ["a right request", 200, {}],
      ["Host without a port", 200, { headers: { host: "localhost" } }],
      ["Host of the other family", 200, { headers: { host: `[::1]:${port}` } }],
      ["a foreign Host", 403, { headers: { host: `evil.example:${port}` } }],
      ["an Origin of this machine", 200, { headers: { origin: `http://localhost:${port}` } }],
      ["the same without a port", 200, { headers: { origin: "http://localhost" } }],
      ["a foreign Origin", 403, { headers: { origin: "http://evil.example" } }],
      ["Origin null", 403, { headers: { origin: "null" } }],
      ["a wrong token", 401, { headers: { authorization: "Bearer wrong" } }],
      ["no token", 401, { headers: { authorization: "" } }],
      ["a token in the query only", 401, { path: `/mcp?token=${server.token}`, headers: { authorization: "" } }],
      ["a query", 404, { path: "/mcp?x=1" }],
      ["GET", 405, { method: "GET", headers: { accept: "text/event-stream" } }],
      ["DELETE", 405, { method: "DELETE" }],
      ["a body of 1 MiB", 200, { body: padded(MIB) }],
      ["a byte more", 413, { body: padded(MIB + 1) }],
      ["the same in chunks", 413, { body: padded(MIB + 1), headers: { "transfer-encoding": "chunked" } }],
      ["15 MiB more", 413, { body: padded(16 * MIB) }],
      ["a batch", 400, { body: `[${PING}]` }],
      ["an empty batch", 400, { body: "[]" }],
      ["no JSON", 400, { body: "{" }],
      ["no message", 400, { body: "{}" }],
      ["no body", 400, { body: "" }],
      ["a notification", 202, { body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }) }],
      ["an unknown revision", 400, { headers: { "mcp-protocol-version": "1999-01-01" } }],
      ["a client that takes no streams", 406, { headers: { accept: "application/json" } }],
      ["another media type", 415, { headers: { "content-type": "text/plain" } }],
    ];
    const wrong: unknown[] = [];
    for (const [name, expected, call] of cases) {
      const { status, headers, body } = await send(server, call);
      const challenged = status === 401 ? headers["www-authenticate"]?.startsWith("Bearer ") === true : true;
      if (status !== expected || !challenged || body.includes(server.token)) wrong.push({ name, status, body });
    }
    expect(wrong).toEqual([]);
    expect((await send(server)).status).toBe(200);
  });
});

describe("a connection", () => {
  /** What a socket is sent back until the server closes it; that may be nothing, where it does so before all was sent. */
  const exchange = ({ url }: HttpProcess, text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = net.connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
      let answer = "";
      socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
      socket.on("error", () => undefined);
      socket.once("close", () => resolve(answer));
    });
  const head = (server: HttpProcess, version: string, more = ""): string =>
    [
      `POST /mcp HTTP/${version}`,
      "Host: localhost",
      `Authorization: Bearer ${server.token}`,
      "Content-Type: application/json",
      "Accept: application/json, text/event-stream",
      `Content-Length: ${PING.length}`,
      `${more}\r\n\r\n`,
    ].join("\r\n");

  test.for([
    ["1.1", "Connection: close"],
    ["1.0", "X-Nothing: of note"],
  ] as const)("is closed behind the answer where the client wants it so (HTTP/%s, %s)", async ([version, more]) => {
    const server = await startHttpProcess(tempConfigDir());
    const answer = await exchange(server, `${head(server, version, more)}${PING}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"result":{}');
  });

  test("that says two lengths, or is no HTTP, is closed, and the next one is served", async () => {
    const server = await startHttpProcess(tempConfigDir());
    for (const wrong of [
      `${head(server, "1.1", "Content-Length: 5")}${PING}`,
      `${head(server, "1.1", "Transfer-Encoding: chunked")}${PING}`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\u0000\u0016\u0003 hello\r\n\r\n",
      `${head(server, "1.1", `X-Long: ${"x".repeat(100_000)}`)}${PING}`,
    ]) {
      expect(await exchange(server, wrong)).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    }
    expect((await send(server)).status).toBe(200);
  });

  test("that never ends its request holds up nobody", async () => {
    const server = await startHttpProcess(tempConfigDir());
    const halves = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
        socket.on("error", () => undefined);
        await once(socket, "connect");
        socket.write(i % 2 === 0 ? "POST /mcp HTTP/1.1\r\nHost: localhost\r\n" : `${head(server, "1.1", "X: y")}{"js`);
        return socket;
      }),
    );
    expect((await send(server)).status).toBe(200);
    for (const socket of halves) socket.destroy();
    expect((await send(server)).status).toBe(200);
  });
});

describe("strangers who open connections and send no token", () => {
  const HELD = 400;
  const ALL = 3000;

  /** Opens connections and keeps so many open: those that are closed are followed by others. `end` gives how many there were. */
  function besiege({ url }: HttpProcess): { readonly full: Promise<void>; readonly end: () => number } {
    const sockets = new Set<net.Socket>();
    let opened = 0;
    let ended = false;
    let tell: () => void;
    const full = new Promise<void>((resolve) => (tell = resolve));
    const open = (): void => {
      if (ended || opened >= ALL) return;
      const kind = opened++ % 3;
      if (opened === HELD) tell();
      const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
      sockets.add(socket);
      let drip: NodeJS.Timeout | undefined;
      socket.on("error", () => undefined);
      socket.once("connect", () => {
        if (kind === 1) socket.write("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
        if (kind === 2) {
          socket.write("POST /mcp HTTP/1.1\r\n");
          drip = setInterval(() => socket.write("X-Slow: yes\r\n"), 50);
        }
      });
      socket.once("close", () => {
        clearInterval(drip);
        sockets.delete(socket);
        setImmediate(open);
      });
    };
    for (let n = 0; n < HELD; n++) open();
    return {
      full,
      end: () => {
        ended = true;
        for (const socket of sockets) socket.destroy();
        return opened;
      },
    };
  }

  test.skipIf(process.platform === "win32")(
    "keep nobody out who has it, even where few files can be open",
    async () => {
      const dir = tempConfigDir();
      put(dir, `projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "question", "answer"));
      const server = await startHttpProcess(dir, { files: 64 });
      const { full, end } = besiege(server);
      await full;
      const params = [
        { name: "list_sessions", arguments: { scope: "all" } },
        { name: "read_session", arguments: { session: sessionId(1) } },
      ];
      for (let n = 0; n < 10; n++) {
        const asked = (): Promise<unknown> => call(server, n, "tools/call", params[n % 2] ?? {});
        // Whose connection is closed in the crowd before the request was read tries again, as clients do.
        const result = await asked().catch(() => asked());
        expect(JSON.stringify(result)).toContain("question");
      }
      expect(end()).toBeGreaterThan(HELD);
      expect((await send(server)).status).toBe(200);
      expect(server.stderr().split("\n")).toHaveLength(3);
    },
  );
});

describe("clients side by side", () => {
  test("200 of them are each given their own answer", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 10; n++) {
      const rows = conversation(sessionId(n), `question ${n}`).replaceAll('"cwd"', `"gitBranch":"branch-${n}","cwd"`);
      put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows);
    }
    const server = await startHttpProcess(dir);
    const clientInfo = { name: "test", version: "1" };
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        await call(server, i, "initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
        const args = { scope: "all", branch: `branch-${i % 10}` };
        // All use the same id: only the connection tells whose answer it is.
        const result = await call(server, 1, "tools/call", { name: "list_sessions", arguments: args });
        const { sessions } = (result as { structuredContent: { sessions: { branch: string }[] } }).structuredContent;
        return sessions.map(({ branch }) => branch);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => [`branch-${i % 10}`]));
  });

  test("each that reads a session is given that one, whoever hangs up or cancels beside it", async () => {
    const COUNT = 60;
    const dir = tempConfigDir();
    for (let n = 0; n < COUNT; n++) {
      const text = `what was said in ${sessionId(n)} `.repeat(200);
      put(dir, `projects/-w/${sessionId(n)}.jsonl`, conversation(sessionId(n), text, text));
    }
    const server = await startHttpProcess(dir);
    const wrong: unknown[] = [];
    await Promise.all(
      Array.from({ length: COUNT }, async (_, n) => {
        const params = { name: "read_session", arguments: { session: sessionId(n) }, _meta: { progressToken: 1 } };
        if (n % 3 === 0) return hangUp(server, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
        const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
        const [text] = await Promise.all([
          call(server, 1, "tools/call", params).then((result) => JSON.stringify(result)),
          send(server, { body: JSON.stringify(cancel) }),
        ]);
        const said = new Set(Array.from(text.matchAll(/said in ([-0-9a-f]+)/g), ([, id]) => id));
        if (said.size !== 1 || !said.has(sessionId(n))) wrong.push({ n, said });
      }),
    );
    expect(wrong).toEqual([]);
    expect((await send(server)).status).toBe(200);
    expect(server.stderr().split("\n")).toHaveLength(3);
  });

  /** Sends a whole request, and does not wait for the answer. */
  const hangUp = ({ url, token }: HttpProcess, body: string): Promise<void> =>
    new Promise((resolve) => {
      const { hostname, port, pathname } = new URL(url);
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      };
      const request = http.request({ host: hostname, port, path: pathname, method: "POST", headers });
      request.on("error", () => undefined);
      request.once("close", resolve);
      request.end(body, () => request.destroy());
    });

  test("one that hangs up in the middle disturbs no other", async () => {
    const server = await startHttpProcess(tempConfigDir());
    const { hostname, port, pathname } = new URL(server.url);
    const headers = {
      authorization: `Bearer ${server.token}`,
      "content-type": "application/json",
      "content-length": 99,
    };
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const request = http.request({ host: hostname, port, path: pathname, method: "POST", headers });
        request.on("error", () => undefined);
        request.once("close", resolve);
        request.write(PING, () => request.destroy());
      });
    }
    expect((await send(server)).status).toBe(200);
    expect(server.stderr().split("\n")).toHaveLength(3);
  });
});

describe("the token", () => {
  const mode = (file: string): number => fs.statSync(file).mode & 0o777;

  test("is in a file for the owner alone, is told to nobody, and stays", async () => {
    const dir = tempConfigDir();
    const server = await startHttpProcess(dir);
    const { tokenFile, token } = server;
    expect(tokenFile).toBe(path.join(dir, "claude-transcripts", "http-token"));
    expect(mode(tokenFile ?? "")).toBe(0o600);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(server.stderr()).not.toContain(token);
    expect(await server.end("SIGTERM")).toBe(0);

    const again = await startHttpProcess(dir);
    expect(again.token).toBe(token);
    expect(await again.end("SIGINT")).toBe(0);
  });

  test("is another when others could have read it, or the file holds none", async () => {
    const dir = tempConfigDir();
    const known = "A".repeat(43);
    for (const [text, given] of [
      [known, 0o644],
      ["short", 0o600],
    ] as const) {
      put(dir, "claude-transcripts/http-token", text, { mode: given });
      const { token, tokenFile } = await startHttpProcess(dir);
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(token).not.toBe(known);
      expect(mode(tokenFile ?? "")).toBe(0o600);
    }
  });

  test("is that of the environment, and then there is no file", async () => {
    const dir = tempConfigDir();
    const token = "one-of-my-own-that-is-long";
    const server = await startHttpProcess(dir, { env: { CLAUDE_TRANSCRIPTS_TOKEN: token } });
    expect(fs.readdirSync(dir)).toEqual(["projects"]);
    expect(server.stderr()).not.toContain(token);
    expect((await send(server)).status).toBe(200);
    const stranger = await send(server, { headers: { authorization: "Bearer one-of-my-own-that-is-lonG" } });
    expect(stranger.status).toBe(401);
  });
});

describe("what cannot be started", () => {
  const run = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    new Promise<{ code: number | string; stdout: string; stderr: string }>((resolve) => {
      const options = { env: { ...process.env, ...env }, timeout: 60_000 };
      execFile(process.execPath, [binary(), "mcp", "--config-dir", dir, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  test("on a port that is taken", async () => {
    const dir = tempConfigDir();
    const { url } = await startHttpProcess(dir);
    const { code, stdout, stderr } = await run(dir, ["--http", "--port", new URL(url).port]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/Cannot listen on port \d+: .*EADDRINUSE[^]*--port/);
  });

  test("with a token that could be guessed", async () => {
    const { code, stderr } = await run(tempConfigDir(), ["--http"], { CLAUDE_TRANSCRIPTS_TOKEN: "short" });
    expect(code).toBe(1);
    expect(stderr).toContain("at least 16 characters");
  });

  test.for([
    ["--http", "--port", "x"],
    ["--http", "--port", "65536"],
    ["--port", "1"],
  ])("%j", async (args) => expect((await run(tempConfigDir(), args)).code).toBe(2));
});
