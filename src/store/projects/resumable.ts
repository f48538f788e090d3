import { resolveConfigDirs } from "../layout/config-dir.ts";
import { sessionCwd } from "./session-cwd.ts";
import type { TranscriptCopy } from "../types.ts";

/** Where Claude Code has to be started to go on with a session. */
export function resumable({ sessionId, path, project }: TranscriptCopy): {
  readonly sessionId: string;
  readonly cwd: string | undefined;
  /** Undefined for the config dir that Claude Code uses by itself. */
  readonly configDir: string | undefined;
} {
  const isDefault = resolveConfigDirs().includes(project.configDir);
  return { sessionId, cwd: sessionCwd(path), configDir: isDefault ? undefined : project.configDir };
}
