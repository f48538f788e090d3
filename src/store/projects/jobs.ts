/** Background sessions: `jobs/<first characters of the id>/`, whose `state.json` names the session. */
import { join } from "node:path";
import { asObject } from "../../transcript/rows/json-values.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { attempt } from "../errors.ts";
import { isSessionId } from "../layout/session-id.ts";

/** Maximum size of a state file, as in the CLI. */
const STATE_BYTES = 8 * 1024 * 1024;

/** Returns the session that the state of a job directory names, if any. Opens only a regular file. Never throws. */
export function sessionOfJob(jobDir: string): string | undefined {
  const state = readPlain(join(jobDir, "state.json"), STATE_BYTES);
  if (state === undefined || "reason" in state) return undefined;
  const id = attempt(() => asObject(JSON.parse(state.text))?.["sessionId"]);
  return isSessionId(id) ? id : undefined;
}
