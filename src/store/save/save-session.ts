import { isDeepStrictEqual } from "node:util";
import type { SavedMessage } from "../../transcript/saved/saved-row.ts";
import { renameSession } from "../annotate/annotate.ts";
import { describeSession, editSessionTags, requireDescription, requireTags } from "../annotate/session-annotation.ts";
import { cleanStaleTemps } from "../disk/atomic-write.ts";
import { nodeCrypto } from "../disk/builtins.ts";
import { isAbsolutePath } from "../disk/platform.ts";
import { deletedConcurrently, InvalidArgumentError } from "../errors.ts";
import { readFoundAnnotation } from "../facts/metadata.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { sidecarPath } from "../layout/paths.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { findFacts } from "../list/session-info.ts";
import { findCopies, findSession } from "../projects/find-copies.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import { plainMessages } from "./plain-messages.ts";
import type { SaveSessionOptions, SaveSessionResult } from "./save-options.ts";
import { SessionWriter } from "./session-writer.ts";

/**
 * Saves the messages of a program, as the Agent SDK streams them, as a session that Claude Code lists and resumes. Messages of
 * all types are kept, and `loadSession` returns them. A session that exists must begin with the same messages: those after them
 * are appended. `id`: a UUID; undefined for a new one. Of a stream all messages are saved when it has ended.
 *
 * A new session appears whole or not at all, mode 0600. If an append is cut short, the next call writes the rest.
 *
 * Throws `InvalidSessionIdError`, `InvalidArgumentError`, `SessionExists` if the session has other messages, `SessionInUseError`
 * without `force`, `SessionBusyError` if another process is changing the session, file-system errors, and `signal.reason`.
 */
export async function saveSession(
  id: string | undefined,
  messages: Iterable<SavedMessage> | AsyncIterable<SavedMessage>,
  options?: SaveSessionOptions | null,
): Promise<SaveSessionResult> {
  const sessionId = id === undefined ? nodeCrypto().randomUUID() : requireSessionId(id);
  const { cwd, tags, description, title, signal } = options ?? {};
  if (cwd !== undefined && !isAbsolutePath(cwd))
    throw new InvalidArgumentError("cwd", `cwd must be an absolute path, got "${cwd}"`);
  if (tags !== undefined) requireTags(tags);
  if (description !== undefined) requireDescription(description);
  if (title !== undefined && title.trim() === "") throw new InvalidArgumentError("title", "title must be non-empty");
  const [first, ...others] = resolveConfigDirs(options);
  if (first === undefined) throw new InvalidArgumentError("configDirs", "configDirs must name a directory to save to");
  const plain = await plainMessages(messages, signal);

  const found = new Set(findCopies(sessionId, options).map(({ project }) => project.configDir));
  const configDirs: [string, ...string[]] = [first, ...others.filter((dir) => found.has(dir))];
  const writer = new SessionWriter(sessionId, plain, configDirs, options ?? {});
  const result = await withSessionLock(configDirs, sessionId, "save", () => writer.save());
  await annotate(result.sessionId, options ?? {});
  return result;
}

/** Sets what is not set yet, so that a program that saves after each turn does not append the same rows each time. */
async function annotate(sessionId: string, options: SaveSessionOptions): Promise<void> {
  const { tags, description, title } = options;
  const copy = findSession(sessionId, options);
  if (copy === undefined) throw deletedConcurrently(sessionId);
  // What a run that was killed here has left.
  cleanStaleTemps(sidecarPath(copy.project, sessionId));
  const now = readFoundAnnotation(copy);
  if (tags !== undefined && !isDeepStrictEqual(requireTags(tags), now.tags))
    await editSessionTags(sessionId, { set: tags }, options);
  if (description !== undefined && (description ?? undefined) !== now.description)
    await describeSession(sessionId, description, options);
  if (title !== undefined && (await findFacts(sessionId, options))?.facts.customTitle !== title.trim())
    await renameSession(sessionId, title, options);
}
