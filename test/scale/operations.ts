/**
 * What is counted: each surface's way to a session, from the request to the last byte of the answer. Bundled, and run by
 * count.mjs in a process of its own.
 */
import fs from "node:fs";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { createAgent } from "../../src/acp/methods/agent.ts";
import { LineWriter } from "../../src/acp/wire/line-writer.ts";
import { serve } from "../../src/acp/wire/stdio.ts";
import { openStore } from "../../src/open/open-store.ts";
import { updateWriter } from "../../src/acp/wire/update-writer.ts";
import type { Invocation, Terminal } from "../../src/cli/terminal/command.ts";
import { doctor } from "../../src/cli/doctor/doctor-run.ts";
import { listSessions } from "../../src/cli/list/list-run.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { forkSession } from "../../src/index.ts";
import { serveStdio } from "../../src/mcp/wire/serve-stdio.ts";
import { serverDefinition } from "../../src/mcp/definition.ts";

/** Small, so that there are pages of the small shapes too. */
const PAGE_TOKENS = 1000;
const PAGES = 4;

interface Operand {
  readonly configDir: string;
  readonly session: string;
  /** The shape has a subagent of this id. */
  readonly agent?: string | undefined;
  /** A fork ends here. */
  readonly upTo?: string | undefined;
}

/** Each fails where there is no answer: what was not done would cost nothing. */
export const operations: Readonly<Record<string, (operand: Operand) => Promise<void>>> = {
  list: (operand) => command(listSessions, operand, [], { all: true }),
  async show(operand) {
    const { session, agent } = operand;
    await command(show, operand, [session]);
    await command(show, operand, [session], { full: true, format: "markdown" });
    if (agent !== undefined) await command(show, operand, [session], { subagent: agent });
  },
  load: ({ configDir, session }) => load(configDir, session),
  async read_session({ configDir, session, agent }) {
    await read(configDir, { session });
    await read(configDir, { session, from: "end" });
    if (agent !== undefined) await read(configDir, { session, agentId: agent });
  },
  async fork({ configDir, session, upTo }) {
    await fork(configDir, session);
    if (upTo !== undefined) await fork(configDir, session, upTo);
  },
  doctor: (operand) => command(doctor, operand, []),
};

async function command(
  run: (invocation: Invocation) => Promise<number>,
  { configDir }: Operand,
  positionals: readonly string[],
  values: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  let printed = 0;
  const count = (data: string | Uint8Array): Promise<void> => {
    printed += data.length;
    return Promise.resolve();
  };
  const terminal: Terminal = {
    columns: 100,
    errorColumns: undefined,
    isTty: false,
    colors: false,
    write: count,
    writeBytes: count,
    goOnWithoutReader: () => undefined,
    warn: (text) => void (printed += text.length),
  };
  const status = await run({ configDirs: [configDir], json: false, values, positionals, terminal });
  if (status !== 0 || printed === 0) throw new Error(`${run.name} ended with ${status}, and printed ${printed}`);
}

const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;

/** What a server printed last, as far as it is kept. */
class LastLine extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const text = this.text + chunk.toString();
    this.text = text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
    done();
  }
}

async function load(configDir: string, sessionId: string): Promise<void> {
  const input = new PassThrough();
  const output = new LastLine();
  const out = new LineWriter(output);
  input.write(line({ id: 1, method: "initialize", params: { protocolVersion: 1, clientCapabilities: {} } }));
  input.end(line({ id: 2, method: "session/load", params: { sessionId, cwd: "/w", mcpServers: [] } }));
  await serve(createAgent(openStore([configDir]), { updates: updateWriter(out) }), input, out);
  const { id, result } = JSON.parse(output.text) as { id?: unknown; result?: unknown };
  if (id !== 2 || result === undefined) throw new Error(output.text);
}

/** Reads some pages from this one on, in a server of its own. */
async function read(configDir: string, first: object): Promise<void> {
  const server = startServer(configDir);
  let page: object | undefined = first;
  for (let i = 0; i < PAGES && page !== undefined; i++) {
    const text: string = await server.call("read_session", { ...page, maxTokens: PAGE_TOKENS });
    const [, next] = /^Next page: read_session (.*)$/m.exec(text) ?? [];
    page = next === undefined ? undefined : (JSON.parse(next) as object);
  }
  await server.stop();
}

function startServer(configDir: string): {
  call(name: string, args: object): Promise<string>;
  stop(): Promise<void>;
} {
  const input = new PassThrough();
  let answered: (text: string) => void = () => undefined;
  let rest = "";
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      rest += chunk.toString();
      if (chunk.at(-1) === 10) {
        answered(rest);
        rest = "";
      }
      done();
    },
  });
  const options = {
    projectDir: undefined,
    cwd: "/nowhere",
    sessionId: undefined,
    readOnly: true,
    includeProgrammatic: true,
    startedByClient: true,
  };
  const service = { store: openStore([configDir]), options };
  const ended = serveStdio(serverDefinition({ readOnly: true, tools: undefined }), service, input, output);
  const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "scale", version: "1" } };
  const answer = (request: string): Promise<string> => {
    const text = new Promise<string>((resolve) => (answered = resolve));
    input.write(request);
    return text;
  };
  const begun = answer(line({ id: 0, method: "initialize", params: initialize }));
  return {
    async call(name, args) {
      await begun;
      const text = await answer(line({ id: 1, method: "tools/call", params: { name, arguments: args } }));
      const { result } = JSON.parse(text) as { result?: { isError?: boolean; content: { text?: string }[] } };
      if (result === undefined || result.isError === true) throw new Error(text);
      return result.content.map((block) => block.text ?? "").join("\n");
    },
    async stop() {
      input.end();
      await ended;
    },
  };
}

async function fork(configDir: string, sessionId: string, upToMessageId?: string): Promise<void> {
  const forked = await forkSession(sessionId, {
    configDirs: [configDir],
    ...(upToMessageId !== undefined && { upToMessageId }),
  });
  const project = path.join(configDir, "projects", "-w");
  for (const name of fs.readdirSync(project)) {
    if (name.startsWith(forked.sessionId)) fs.rmSync(path.join(project, name), { recursive: true });
  }
}
