import { normalizeTag } from "../store/annotate/normalize-tag.ts";
import { titleOf } from "../store/facts/title-of.ts";
import { isDirectory, resolveConfigDirs } from "../store/layout/config-dir.ts";
import { canonicalPath } from "../store/layout/project-key.ts";
import { isSessionId } from "../store/layout/session-id.ts";
import type { ListFilters } from "../store/list/filters.ts";
import { listProjects, type ProjectList } from "../store/list/list-projects.ts";
import { listSessionPage, type ListSessionPageOptions, type SessionPage } from "../store/list/list-session-page.ts";
import { type SessionStream, streamSessions } from "../store/list/stream-sessions.ts";
import { type AskingOptions, askingSession } from "../store/live/calling-session.ts";
import { sessionsInProcesses, type SessionUse, useOfSession } from "../store/live/session-in-use.ts";
import { type StoreNews, type StoreWatch, watchSessions } from "../store/live/watch.ts";
import { findSession } from "../store/projects/find-copies.ts";
import { listProjectDirs } from "../store/projects/project-dirs.ts";
import { resumable } from "../store/projects/resumable.ts";
import { listWorktrees } from "../store/projects/worktrees.ts";
import { allSessionIds, resolveSession } from "../store/resolve/by-prefix.ts";
import { shortIds } from "../store/resolve/short-ids.ts";
import type { ListedSession, TranscriptCopy } from "../store/types.ts";

/** Verbs that list and find sessions, and report what happens to them. */
export interface SessionVerbs {
  /** Normalises `tag` as stored tags are. */
  page(query: Omit<ListSessionPageOptions, "configDirs">): Promise<SessionPage>;
  /** Like `page`, without pages. */
  stream(filters: Omit<ListFilters, "configDirs">): Promise<SessionStream>;
  projects(signal: AbortSignal, progress?: (looked: number, total: number) => void): Promise<ProjectList>;
  /** Returns the project dirs with that key. */
  projectDirs(key: string): readonly string[];
  isDirectory(path: string): boolean;
  /** Returns where a list of `dir` has sessions of `cwd`: `{}` in `dir` itself, or a worktree; undefined if nowhere. */
  placeOf(
    cwd: string,
    dir: string,
    options: { readonly includeWorktrees: boolean },
  ): { readonly worktree?: string } | undefined;
  /** Returns the ids of all sessions, each once. */
  ids(): ReadonlySet<string>;
  /** Reports whether the session exists; `sessionId` may be any text. */
  has(sessionId: string): boolean;
  /** Returns the session whose id begins with `prefix`. Throws `SessionNotFound`, or `InvalidSessionId` if several match. */
  find(prefix: string): TranscriptCopy;
  /** Returns the title that a list shows. */
  title(copy: TranscriptCopy): string | undefined;
  /** Returns a function that shortens an id to a unique prefix. */
  shortIds(): (sessionId: string) => string;
  /** Returns the session that a request comes from. */
  asking(options: Omit<AskingOptions, "configDirs">): Promise<string | undefined>;
  /** Returns how a session is in use; undefined if it is not, or does not exist. */
  use(sessionId: string): SessionUse | undefined;
  /** Returns a test of whether a running process is known to have a session open. Reads each config dir once. */
  live(): (session: Pick<ListedSession, "sessionId" | "configDir">) => boolean;
  /** Reports changes to files and lists until it is closed. */
  watch(news: StoreNews): StoreWatch;
  /** Returns where Claude Code resumes a session; undefined if it does not exist. */
  resumable(sessionId: string): ReturnType<typeof resumable> | undefined;
}

export function sessionVerbs(configDirs: readonly string[] | undefined): SessionVerbs {
  const where = { configDirs };
  return {
    page: ({ tag, ...query }) => listSessionPage({ ...query, ...where, tag: tag && normalizeTag(tag) }),
    stream: (filters) => streamSessions({ ...filters, ...where }),
    projects: (signal, progress) => listProjects({ ...where, signal, progress }),
    projectDirs(key) {
      const all = resolveConfigDirs(where).flatMap((configDir) => listProjectDirs(configDir).dirs);
      return all.filter((project) => project.key === key).map(({ path }) => path);
    },
    isDirectory,
    placeOf(cwd, dir, { includeWorktrees }) {
      const [real, wanted] = [canonicalPath(cwd), canonicalPath(dir)];
      if (real === wanted) return {};
      return includeWorktrees && listWorktrees(wanted).includes(real) ? { worktree: real } : undefined;
    },
    ids: () => allSessionIds(configDirs),
    has: (sessionId) => isSessionId(sessionId) && findSession(sessionId, where) !== undefined,
    find: (prefix) => resolveSession(prefix, configDirs),
    title: titleOf,
    shortIds: () => shortIds(configDirs),
    asking: (options) => askingSession({ ...options, ...where }),
    use: (sessionId) => useOfSession(sessionId, where),
    live() {
      const running = new Map<string, ReadonlySet<string>>();
      return ({ sessionId, configDir }) => {
        let open = running.get(configDir);
        if (open === undefined) running.set(configDir, (open = sessionsInProcesses(configDir)));
        return open.has(sessionId);
      };
    },
    watch: (news) => watchSessions(news, where),
    resumable(sessionId) {
      const copy = findSession(sessionId, where);
      return copy && resumable(copy);
    },
  };
}
