import { Console } from "node:console";
import { createAgent, type AgentOptions } from "./agent.ts";
import { serve } from "./stdio.ts";
import { openStore } from "./store.ts";

export interface ServeOptions extends AgentOptions {
  /** Absent: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
}

/** Serves ACP on this process's stdin and stdout, and ends the process when the client is gone. */
export async function serveAcp({ configDirs, ...options }: ServeOptions): Promise<never> {
  keepForProtocol();
  await serve(createAgent(openStore(configDirs), options), process.stdin, process.stdout);
  // Not by running dry: a load that nobody reads may still hold the process.
  process.exit(0);
}

/** stdout carries the protocol only: whatever else is printed, by whomever, goes to stderr. */
function keepForProtocol(): void {
  globalThis.console = new Console(process.stderr, process.stderr);
  process.on("uncaughtException", (error) => console.error(error));
  process.on("unhandledRejection", (reason) => console.error(reason));
  // The client has gone away: there is nobody left to tell.
  process.stdout.on("error", () => process.exit(0));
  process.stderr.on("error", () => undefined);
}
