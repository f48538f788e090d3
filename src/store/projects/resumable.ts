import { resolveConfigDirs } from "../layout/config-dir.ts";
import { sessionCwd } from "./session-cwd.ts";
import type { TranscriptCopy } from "../types.ts";

/** Returns where Claude Code must be started to resume a session. */
export function resumable({ sessionId, path, project }: TranscriptCopy): {
  readonly sessionId: string;
  readonly cwd: string | undefined;
  /** Undefined for the default config dir. */
  readonly configDir: string | undefined;
} {
  const isDefault = resolveConfigDirs().includes(project.configDir);
  return { sessionId, cwd: sessionCwd(path), configDir: isDefault ? undefined : project.configDir };
}
