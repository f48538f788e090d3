import { startDailyCleanup } from "../servers/daily-cleanup.ts";
import { reserveStdout } from "../servers/server-console.ts";
import { serveStdio } from "./wire/serve-stdio.ts";
import type { Service } from "./core/service.ts";
import { serverDefinition } from "./definition.ts";
import { openStore } from "../open/open-store.ts";

export interface ServeOptions {
  /** Default: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
  /** Offers no tool that changes anything. */
  readonly readOnly: boolean;
  /** Whether lists include sessions that programs started, unless a call says otherwise. */
  readonly includeProgrammatic: boolean;
  /** The directory for exports. Default: none are offered. */
  readonly exportDir?: string | undefined;
  /** Names of the tools to offer. Default: all. */
  readonly tools?: readonly string[] | undefined;
  /** Serves over HTTP on this port; 0 takes any free one. Default: serves on stdin and stdout. */
  readonly http?: { readonly port: number } | undefined;
  /** Moves sessions that were last active so many days ago to the trash, once a day. Default: never. */
  readonly cleanupAfterDays?: number | undefined;
}

/** Serves MCP on stdin and stdout, and ends the process when the client is gone. Over HTTP, only signals end it. */
export async function serveMcp(options: ServeOptions): Promise<never> {
  const { configDirs, readOnly, includeProgrammatic, tools, http, cleanupAfterDays, exportDir } = options;
  reserveStdout();
  const { env } = process;
  const service: Service = {
    store: openStore(configDirs),
    options: {
      projectDir: env["CLAUDE_PROJECT_DIR"] || undefined,
      cwd: process.cwd(),
      startedByClient: http === undefined,
      sessionId: http === undefined ? env["CLAUDE_CODE_SESSION_ID"] || undefined : undefined,
      includeProgrammatic,
      exportDir,
    },
  };
  const cleanup = startDailyCleanup({ configDirs, maxAgeDays: cleanupAfterDays, log: (line) => console.error(line) });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void cleanup.stop().finally(() => process.exit(0)));
  const definition = serverDefinition({ readOnly, tools, exports: exportDir !== undefined });
  if (http !== undefined) {
    const { startHttp } = await import("./wire/http-start.ts");
    await startHttp(definition, service, { ...http, configDirs });
    return new Promise(() => undefined);
  }
  await serveStdio(definition, service, process.stdin, process.stdout);
  await cleanup.stop();
  process.exit(0);
}
