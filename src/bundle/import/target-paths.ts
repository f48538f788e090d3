import { join } from "node:path";
import { OLD_SUBAGENT, ownerOf } from "../../store/layout/belongs.ts";
import type { Skipped } from "../../store/types.ts";
import { reasonToLeave } from "../entry-path.ts";
import type { SourceFile, SourceSession } from "../source/source.ts";

/** What a session is here. */
export interface TargetIdentity {
  readonly configDir: string;
  /** Key of its project dir here. */
  readonly projectKey: string;
  /** Its id here. */
  readonly sessionId: string;
}

/** A file of a session, and where it goes. */
export interface TargetFile {
  readonly file: SourceFile;
  /** Its path below the config dir here, with `/` between names. */
  readonly path: string;
  readonly to: string;
  readonly role: FileRole;
}

type FileRole =
  /** The session's transcript. */
  | "transcript"
  /** Rows too: a subagent, or an older copy of the transcript in another project. */
  | "rows"
  /** Our note of where a row of the transcript is. */
  | "place"
  | "other";

/** Returns where the files of a session go, in the order in which they appear: its transcript last. `skipped` gets the others. */
export function targetFiles(session: SourceSession, to: TargetIdentity, skipped: Skipped[]): TargetFile[] {
  const found: TargetFile[] = [];
  for (const file of session.files(skipped)) {
    const path = targetPath(file.path, session, to);
    if ("reason" in path) skipped.push({ path: file.path, reason: path.reason });
    else
      found.push({
        file,
        path: path.path,
        to: join(to.configDir, ...path.path.split("/")),
        role: roleOf(file.path, session),
      });
  }
  const rank = ({ role, path }: TargetFile): number =>
    role === "transcript" ? 2 : path.split("/").length === 3 ? 1 : 0;
  return found.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

function targetPath(
  path: string,
  { sessionId, projectKey }: SourceSession,
  to: TargetIdentity,
): { readonly path: string } | { readonly reason: string } {
  const reason = reasonToLeave(path);
  if (reason !== undefined) return { reason };
  const isRenamed = to.sessionId !== sessionId;
  const names = path.split("/");
  if (names[0] === "projects") {
    const [, key = "", name = ""] = names;
    // The same directory on both machines has the same projects around it.
    if (key !== projectKey && to.projectKey !== projectKey)
      return { reason: "is of another project, in which the session was before" };
    if (key === projectKey) names[1] = to.projectKey;
    if (isRenamed && OLD_SUBAGENT.test(name))
      return { reason: "has no name of the session's in it, so it would be in the way of the old one" };
  }
  if (isRenamed) {
    const at = names.findIndex((_, depth) => ownerOf(path.split("/").slice(0, depth + 1)) === sessionId);
    names[at] = (names[at] ?? "").replaceAll(sessionId, to.sessionId);
  }
  return { path: names.join("/") };
}

function roleOf(path: string, { sessionId, projectKey }: SourceSession): FileRole {
  const [top, key, name, dir, ...below] = path.split("/");
  if (top !== "projects" || name === undefined) return "other";
  if (dir === undefined) {
    if (!name.endsWith(".jsonl")) return "other";
    return key === projectKey && name.length === sessionId.length + ".jsonl".length && !OLD_SUBAGENT.test(name)
      ? "transcript"
      : "rows";
  }
  if (name !== sessionId) return "other";
  if (dir === "subagents") return path.endsWith(".jsonl") ? "rows" : "other";
  return dir === "claude-transcripts.json" && below.length === 0 ? "place" : "other";
}
