import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import split from "split2";
import { onTestFinished } from "vitest";
import { messageProblems } from "./acp-schema.ts";
import { binary } from "./binary.ts";
import { tempConfigDir } from "./config-dir.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly result?: Json;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Json };
}
export interface Update extends Json {
  readonly sessionUpdate: string;
  readonly content?: unknown;
}

export interface ClientOptions {
  readonly node?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A client that knows nothing of the SDK: it writes and reads lines, and holds every message of both sides against the
 * schema. `wrong` lists what does not fit; `replies` without an id that was asked for stand in `stray`.
 */
export class RawClient {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly wrong: string[] = [];
  readonly stray: Reply[] = [];
  /** Notifications in the order they came, with those of the loads before. */
  readonly updates: { readonly sessionId: string; readonly update: Update }[] = [];
  stderr = "";

  readonly #methods = new Map<unknown, string>();
  readonly #waiting = new Map<unknown, (reply: Reply) => void>();
  #nextId = 1;

  constructor({ node = process.execPath, args = [], env = {} }: ClientOptions = {}) {
    this.child = spawn(node, [binary(), "acp", ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, XDG_CACHE_HOME: tempConfigDir(), ...env },
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child.stdout.pipe(split()).on("data", (line: string) => this.#receive(line));
    this.child.stdin.on("error", () => undefined);
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** Sends a request that must fit the schema; use `send` for one that must not. */
  call(method: string, params: unknown): Promise<Reply> {
    const id = this.#nextId++;
    this.#check({ jsonrpc: "2.0", id, method, params });
    return this.send({ jsonrpc: "2.0", id, method, params });
  }

  /** Sends anything; resolves when its id is answered. `line`: the message as it goes out, where it cannot be made of it. */
  send(message: Json, line = JSON.stringify(message)): Promise<Reply> {
    const { id, method } = message;
    if (typeof method === "string") this.#methods.set(id, method);
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.write(`${line}\n`);
    return reply;
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  initialize(): Promise<Reply> {
    return this.call("initialize", { protocolVersion: 1, clientCapabilities: {} });
  }

  /** Ends stdin; gives the exit code and how long the process took to go, ms. */
  async end(): Promise<{ code: number | null; ms: number }> {
    const start = performance.now();
    const closed = once(this.child, "exit");
    this.child.stdin.end();
    const [code] = (await closed) as [number | null];
    return { code, ms: performance.now() - start };
  }

  #receive(line: string): void {
    let message: Json;
    try {
      message = JSON.parse(line) as Json;
    } catch {
      this.wrong.push(`no JSON on stdout: ${line.slice(0, 200)}`);
      return;
    }
    this.#check(message);
    if (message["method"] === "session/update") {
      this.updates.push(message["params"] as (typeof this.updates)[number]);
      return;
    }
    const waiting = this.#waiting.get(message["id"]);
    if (waiting === undefined) this.stray.push(message);
    else {
      this.#waiting.delete(message["id"]);
      waiting(message);
    }
  }

  #check(message: Json): void {
    this.wrong.push(...messageProblems(message, (id) => this.#methods.get(id)));
  }
}

/** A client that has been through `initialize`. */
export async function connect(options?: ClientOptions): Promise<RawClient> {
  const client = new RawClient(options);
  await client.initialize();
  return client;
}

/** The text of a session's updates of one kind, in order, without the blank lines that part messages. */
export function texts(updates: readonly { readonly update: Update }[], ...kinds: readonly string[]): string[] {
  return updates.flatMap(({ update: { sessionUpdate, content, _meta } }) => {
    const { type, text } = (content ?? {}) as { type?: string; text?: string };
    const ours = (_meta as { "claude-transcripts"?: { separator?: true } } | undefined)?.["claude-transcripts"];
    if (ours?.separator === true) return [];
    return kinds.includes(sessionUpdate) && type === "text" ? [text ?? ""] : [];
  });
}
