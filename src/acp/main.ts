import { createAgent, type AgentOptions } from "./methods/agent.ts";
import { type LogLevel, openLog } from "./rim/log.ts";
import { LineWriter } from "./wire/line-writer.ts";
import { serve } from "./wire/stdio.ts";
import { openStore } from "../store/open/open-store.ts";
import { updateWriter } from "./wire/update-writer.ts";
import { serverConsole } from "../servers/server-console.ts";
import { VERSION } from "../version.ts";
import { printable } from "../view/sanitise.ts";

export interface ServeOptions extends AgentOptions {
  /** Absent: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
  readonly logLevel: LogLevel;
}

/** Serves ACP on stdin and stdout, and exits when the client has disconnected. */
export async function serveAcp({ configDirs, logLevel, ...options }: ServeOptions): Promise<never> {
  keepForProtocol(logLevel);
  const log = openLog(logLevel, (line) => process.stderr.write(`${printable(line)}\n`));
  const { readOnly, pageSize, includeWorktrees, includeProgrammatic, replayLast } = options;
  const settings = { configDirs, readOnly, pageSize, includeWorktrees, includeProgrammatic, replayLast };
  log.info(`claude-transcripts ${VERSION} under Node ${process.version}: ${JSON.stringify(settings)}`);
  const out = new LineWriter(process.stdout);
  const agent = createAgent(openStore(configDirs), { ...options, log, updates: updateWriter(out) });
  await serve(agent, process.stdin, out);
  log.info("the client has disconnected");
  // A load that nobody reads could keep the process alive.
  process.exit(0);
}

/** Reserves stdout for the protocol: everything else that is printed goes to stderr, or is dropped if silent. */
function keepForProtocol(logLevel: LogLevel): void {
  globalThis.console = serverConsole();
  if (logLevel === "silent") {
    for (const method of ["error", "warn", "log", "info", "debug"] as const) console[method] = () => undefined;
  }
  process.on("uncaughtException", (error) => console.error(error));
  process.on("unhandledRejection", (reason) => console.error(reason));
  // The client has disconnected.
  process.stdout.on("error", () => process.exit(0));
  process.stderr.on("error", () => undefined);
}
