/** Sessions that run in the background: `jobs/<first characters of the id>/`, whose `state.json` names the session. */
import { join } from "node:path";
import { asObject } from "../../transcript/rows/json-values.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { isSessionId } from "../layout/session-id.ts";

/** Largest state that is read, as in the CLI. */
const STATE_BYTES = 8 * 1024 * 1024;

/**
 * The session whose job a directory is. Undefined where nothing, or something else than a session's id, is named; no
 * link is followed, and nothing but a file is opened. Never throws.
 */
export function sessionOfJob(jobDir: string): string | undefined {
  const state = readPlain(join(jobDir, "state.json"), STATE_BYTES);
  if (state === undefined || "reason" in state) return undefined;
  try {
    const id = asObject(JSON.parse(state.text))?.["sessionId"];
    return isSessionId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
