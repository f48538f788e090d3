import { serverConsole } from "../servers/server-console.ts";
import { serveStdio } from "./wire/serve-stdio.ts";
import type { Service } from "./core/service.ts";
import { shippedTables } from "./definition.ts";
import { openStore } from "../store/open/open-store.ts";

export interface ServeOptions {
  /** Absent: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
  /** No tool that changes anything. */
  readonly readOnly: boolean;
  /** Whether lists have the sessions that programs started, unless a call says otherwise. */
  readonly includeProgrammatic: boolean;
  /** The names of the tools to offer; absent: all. */
  readonly tools?: readonly string[] | undefined;
  /** Over HTTP on this port, 0 meaning any that is free; absent: on stdin and stdout. */
  readonly http?: { readonly port: number } | undefined;
}

/** Serves MCP on this process's stdin and stdout, and ends the process when the client is gone. Over HTTP, signals end it. */
export async function serveMcp({
  configDirs,
  readOnly,
  includeProgrammatic,
  tools,
  http,
}: ServeOptions): Promise<never> {
  keepForProtocol();
  const { env } = process;
  const service: Service = {
    store: openStore(configDirs),
    options: {
      projectDir: env["CLAUDE_PROJECT_DIR"] || undefined,
      cwd: process.cwd(),
      startedByClient: http === undefined,
      sessionId: http === undefined ? env["CLAUDE_CODE_SESSION_ID"] || undefined : undefined,
      readOnly,
      includeProgrammatic,
    },
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
  const tables = shippedTables({ readOnly, tools });
  if (http !== undefined) {
    const { startHttp } = await import("./wire/http-start.ts");
    await startHttp(tables, service, { ...http, configDirs });
    return new Promise(() => undefined);
  }
  await serveStdio(tables, service, process.stdin, process.stdout);
  process.exit(0);
}

/** stdout carries the protocol only: whatever else is printed, by whomever, goes to stderr. */
function keepForProtocol(): void {
  globalThis.console = serverConsole();
  process.on("uncaughtException", (error) => console.error(error));
  process.on("unhandledRejection", (reason) => console.error(reason));
  // The client has gone away: there is nobody left to tell.
  process.stdout.on("error", () => process.exit(0));
  process.stderr.on("error", () => undefined);
}
