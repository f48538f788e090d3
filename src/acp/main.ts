import { createAgent, type AgentOptions } from "./methods/agent.ts";
import { type LogLevel, openLog } from "./rim/log.ts";
import { LineOutput } from "./wire/line-writer.ts";
import { serve } from "./wire/stdio.ts";
import { openStore } from "../store/open/open-store.ts";
import { updateLines } from "./wire/update-writer.ts";
import { serverConsole } from "../servers/server-console.ts";
import { VERSION } from "../version.ts";
import { printable } from "../view/sanitise.ts";

export interface ServeOptions extends AgentOptions {
  /** Absent: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
  readonly logLevel: LogLevel;
}

/** Serves ACP on this process's stdin and stdout, and ends the process when the client is gone. */
export async function serveAcp({ configDirs, logLevel, ...options }: ServeOptions): Promise<never> {
  keepForProtocol(logLevel);
  const log = openLog(logLevel, (line) => process.stderr.write(`${printable(line)}\n`));
  const { readOnly, pageSize, includeWorktrees, includeProgrammatic, replayLast } = options;
  const settings = JSON.stringify({
    configDirs,
    readOnly,
    pageSize,
    includeWorktrees,
    includeProgrammatic,
    replayLast,
  });
  log.info(`claude-transcripts ${VERSION} under Node ${process.version}: ${settings}`);
  const out = new LineOutput(process.stdout);
  const agent = createAgent(openStore(configDirs), { ...options, log, updates: updateLines(out) });
  await serve(agent, process.stdin, out);
  log.info("the client is gone");
  // Not by running dry: a load that nobody reads may still hold the process.
  process.exit(0);
}

/** stdout carries the protocol only: whatever else is printed, by whomever, goes to stderr, or nowhere. */
function keepForProtocol(logLevel: LogLevel): void {
  globalThis.console = serverConsole();
  if (logLevel === "silent") for (const method of ["error", "warn", "log", "info", "debug"] as const) mute(method);
  process.on("uncaughtException", (error) => console.error(error));
  process.on("unhandledRejection", (reason) => console.error(reason));
  // The client has gone away: there is nobody left to tell.
  process.stdout.on("error", () => process.exit(0));
  process.stderr.on("error", () => undefined);
}

function mute(method: "error" | "warn" | "log" | "info" | "debug"): void {
  globalThis.console[method] = () => undefined;
}
