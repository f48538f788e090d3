import { basename } from "node:path";
import { LIST_TITLE_UNITS } from "../../transcript/rows/limits.ts";
import { InvalidArgumentError } from "../../store/errors.ts";
import { OLD_SUBAGENT } from "../../store/layout/belongs.ts";
import { sessionCwd } from "../../store/projects/session-cwd.ts";
import { firstSessionId } from "../../store/projects/sidecars.ts";
import type { Skipped } from "../../store/types.ts";
import { cutText, isOwnPath, PathSet, pathProblem, shownPath } from "../entry-path.ts";
import type { BundledFile, BundledSession, BundleManifest } from "../manifest.ts";
import { isBelow } from "./foreign-path.ts";
import { type SourceFile, type SourceSession, transcriptPathIn } from "./source.ts";

/** Most files of a bundle. A manifest of the largest size has room for about as many. */
const MAX_FILES = 100_000;

/** Returns the error for a bundle of which nothing is imported. `why`: the end of a sentence about it. */
export const refusedBundle = (from: string, why: string, hint?: string): InvalidArgumentError =>
  new InvalidArgumentError("from", `${basename(from)} ${why}: nothing of it was imported`, hint);

/**
 * Checks what a manifest says before any file of the bundle is looked at: each path is a plain one, belongs to its session, and is
 * the only one of its name on any file system; each session has a transcript. Throws `InvalidArgumentError`.
 */
export function requireManifest(from: string, { sessions }: BundleManifest, maxBytes: number): void {
  const paths = new PathSet();
  let bytes = 0;
  let files = 0;
  for (const { sessionId, projectKey, files: named } of sessions) {
    const transcript = transcriptPathIn({ projectKey, sessionId });
    if (!named.some(({ path, bytes }) => path === transcript && bytes > 0))
      throw refusedBundle(from, `has no transcript of session ${sessionId}`);
    for (const file of named) {
      const shown = shownPath(file.path);
      const problem = pathProblem(file.path) ?? paths.add(file.path);
      if (problem !== undefined) throw refusedBundle(from, `has a path that ${problem}: ${shown}`);
      if (!isOwnPath(file.path, sessionId)) throw refusedBundle(from, `says that session ${sessionId} has ${shown}`);
      bytes += file.bytes;
      files++;
    }
  }
  if (files > MAX_FILES) throw refusedBundle(from, `has ${files} files, more than ${MAX_FILES}`);
  if (bytes > maxBytes)
    throw refusedBundle(
      from,
      `says that it has ${bytes} bytes in it, more than ${maxBytes}`,
      "Allow more with --max-bytes.",
    );
}

/**
 * Checks files whose rows say which session they belong to, which their names do not. `locate` returns the path of one. Throws
 * `InvalidArgumentError`.
 */
export function requireOwnRows(
  from: string,
  { sessions }: BundleManifest,
  locate: (file: BundledFile) => string | undefined,
): void {
  for (const { sessionId, files } of sessions) {
    for (const file of files) {
      if (!OLD_SUBAGENT.test(basename(file.path)) || file.path.split("/").length !== 3) continue;
      const path = locate(file);
      if (path !== undefined && firstSessionId(path) !== sessionId)
        throw refusedBundle(
          from,
          `says that session ${sessionId} has ${shownPath(file.path)}, whose rows do not say so`,
        );
    }
  }
}

type Located = Pick<SourceFile, "open" | "mtimeMs" | "unpackedAt"> & { readonly at: string };

/** Returns the sessions of a manifest that was checked. `locate` finds a file, which is at the path `at`. */
export function sessionsOfBundle(
  { sessions }: BundleManifest,
  locate: (file: BundledFile) => Located,
): SourceSession[] {
  return sessions.map((session) => {
    const { sessionId, projectKey, title, files, leftOut } = session;
    return {
      sessionId,
      projectKey,
      ...directoryOf(session, locate),
      isInUse: false,
      title: () => title?.slice(0, LIST_TITLE_UNITS),
      files(skipped: Skipped[]) {
        for (const { path, reason } of leftOut)
          skipped.push({ path: cutText(path), reason: `not in the bundle: ${cutText(reason)}` });
        return files.map((file): SourceFile => {
          const { open, mtimeMs, unpackedAt } = locate(file);
          return { ...file, open, mtimeMs, unpackedAt };
        });
      },
    };
  });
}

/** Returns where a session was: as the manifest says, unless its rows say otherwise, since those are what an import changes. */
function directoryOf(
  session: BundledSession,
  locate: (file: BundledFile) => Located,
): Pick<SourceSession, "cwd" | "repository" | "notes"> {
  const { cwd, repository, files } = session;
  const path = transcriptPathIn(session);
  const transcript = files.find((file) => file.path === path);
  const ofRows = transcript && sessionCwd(locate(transcript).at);
  if (ofRows === undefined || (cwd !== undefined && isBelow(ofRows, cwd))) return { cwd, repository, notes: [] };
  if (cwd === undefined) return { cwd: ofRows, repository: undefined, notes: [] };
  const note = `the manifest says that it was in ${cutText(cwd)}, but its rows say ${cutText(ofRows)}, which counts`;
  return { cwd: ofRows, repository: undefined, notes: [note] };
}
