import { createAgent, type AgentOptions } from "./methods/agent.ts";
import { type LogLevel, openLog } from "./rim/log.ts";
import { LineWriter } from "./wire/line-writer.ts";
import { serve } from "./wire/stdio.ts";
import { openStore } from "../open/open-store.ts";
import { updateWriter } from "./wire/update-writer.ts";
import { startDailyCleanup } from "../servers/daily-cleanup.ts";
import { reserveStdout } from "../servers/server-console.ts";
import { VERSION } from "../version.ts";
import { printable } from "../view/sanitise.ts";

export interface ServeOptions extends AgentOptions {
  /** Absent: the config dir that `CLAUDE_CONFIG_DIR` names, or `~/.claude`. */
  readonly configDirs?: readonly string[] | undefined;
  readonly logLevel: LogLevel;
  /** Moves sessions that were last active so many days ago to the trash, once a day. Default: never. */
  readonly cleanupAfterDays?: number | undefined;
}

/** Serves ACP on stdin and stdout, and exits when the client has disconnected. */
export async function serveAcp({ configDirs, logLevel, cleanupAfterDays, ...options }: ServeOptions): Promise<never> {
  reserveStdout();
  if (logLevel === "silent") {
    for (const method of ["error", "warn", "log", "info", "debug"] as const) console[method] = () => undefined;
  }
  const log = openLog(logLevel, (line) => process.stderr.write(`${printable(line)}\n`));
  const { readOnly, pageSize, includeWorktrees, includeProgrammatic, replayLast } = options;
  const limits = { pageSize, replayLast, cleanupAfterDays };
  const settings = { configDirs, readOnly, includeWorktrees, includeProgrammatic, ...limits };
  log.info(`claude-transcripts ${VERSION} under Node ${process.version}: ${JSON.stringify(settings)}`);
  const out = new LineWriter(process.stdout);
  const agent = createAgent(openStore(configDirs), { ...options, log, updates: updateWriter(out) });
  const cleanup = startDailyCleanup({ configDirs, maxAgeDays: cleanupAfterDays, log: (line) => console.error(line) });
  await serve(agent, process.stdin, out);
  log.info("the client has disconnected");
  await cleanup.stop();
  // A load that nobody reads could keep the process alive.
  process.exit(0);
}
