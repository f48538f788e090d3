/** The server over HTTP as a process of its own, and a way to it for clients that cannot send a token. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { binary } from "./binary.ts";

export interface HttpProcess {
  readonly url: string;
  /** The file that stderr names. */
  readonly tokenFile: string | undefined;
  readonly token: string;
  /** All that was told on stderr so far. */
  stderr(): string;
  /** Sends the signal; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface HttpProcessOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** How many files the process may have open; not for Windows. */
  readonly files?: number;
  /** The Node binary; default: this process's own. */
  readonly node?: string;
}

/** Starts `mcp --http --port 0` on a config dir; it ends with the test. */
export async function startHttpProcess(
  configDir: string,
  { args = [], env = {}, files, node = process.execPath }: HttpProcessOptions = {},
): Promise<HttpProcess> {
  const words = [binary(), "mcp", "--http", "--port", "0", "--config-dir", configDir, ...args];
  const options = {
    stdio: ["ignore" as const, "pipe" as const, "pipe" as const],
    env: { ...process.env, CLAUDE_TRANSCRIPTS_TOKEN: "", ...env },
  };
  const child =
    files === undefined
      ? spawn(node, words, options)
      : spawn("sh", ["-c", `ulimit -n ${files} && exec "$0" "$@"`, node, ...words], options);
  let stderr = "";
  const { stderr: told } = child;
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const url = await new Promise<string>((resolve, reject) => {
    told?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      const found = /serving on (\S+)\n[^\n]*\n/.exec(stderr)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  const tokenFile = /the token is in (.+)\.\n/.exec(stderr)?.[1];
  return {
    url,
    tokenFile,
    token:
      tokenFile === undefined ? (env["CLAUDE_TRANSCRIPTS_TOKEN"] ?? "") : fs.readFileSync(tokenFile, "utf8").trim(),
    stderr: () => stderr,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Passes every request on as it is, but for the token that it adds. Gives its URL; ends with the test. */
export async function withToken(url: string, token: string): Promise<string> {
  const to = new URL(url);
  const proxy = http.createServer((request, response) => {
    const { method, url: path, headers } = request;
    const onward = http.request(
      { host: to.hostname, port: to.port, method, path, headers: { ...headers, authorization: `Bearer ${token}` } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.once("error", () => response.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${to.pathname}`;
}
