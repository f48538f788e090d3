import { dirname, isAbsolute } from "node:path";
import type { SessionInfo } from "@agentclientprotocol/sdk/unstable";
import type { ListedSession } from "../store/types.ts";
import { shorten } from "./content.ts";
import { META } from "./from-acp.ts";
import { TITLE_UNITS } from "./limits.ts";

/**
 * A session as `session/list` shows it (acp.md L6, §8). `cwd` must be absolute, and every session is listed: where the
 * rows have none, or one of another kind of system, the transcript's own directory stands there and `_meta` says so.
 * Facts that are not known are absent.
 */
export function toSessionRow(session: ListedSession): SessionInfo {
  const { sessionId, cwd, summary, activity, createdAt } = session;
  const known = cwd !== undefined && isAbsolute(cwd);
  const title = toTitle(summary);
  return {
    sessionId,
    cwd: known ? cwd : dirname(session.transcriptPath),
    ...(title !== "" && { title }),
    ...present({ updatedAt: toTime(activity) }),
    _meta: {
      [META]: present({
        gitBranch: session.gitBranch,
        tag: session.tag,
        archived: session.archived,
        entrypoint: session.entrypoint,
        programmatic: session.programmatic,
        model: session.model,
        createdAt: toTime(createdAt),
        fileSize: session.fileSize,
        worktree: session.worktree,
        forkedFrom: session.forkedFrom,
        cwdUnknown: known ? undefined : true,
        recordedCwd: known ? undefined : cwd,
      }),
    },
  };
}

/** One line of at most 256 units: line ends, tabs and other invisible characters become single spaces. */
export function toTitle(text: string): string {
  return shorten(text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim(), TITLE_UNITS);
}

/** Epoch ms → ISO 8601; undefined for what no date can hold. */
function toTime(ms: number | undefined): string | undefined {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

const present = (facts: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
