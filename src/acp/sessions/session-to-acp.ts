import { dirname, isAbsolute } from "node:path";
import type { SessionInfo } from "@agentclientprotocol/sdk/unstable";
import type { ListedSession } from "../../store/types.ts";
import { GIVEN_TITLE_UNITS } from "../../transcript/rows/limits.ts";
import { listTitle, promptTitle } from "../../transcript/summary/list-title.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { printable } from "../../view/sanitise.ts";
import { META } from "../rim/from-acp.ts";
import { STORED_TITLE_UNITS } from "../rim/message-limits.ts";
import type { MemorySession } from "./memory-sessions.ts";
import type { MemoryMatch } from "./merged-page.ts";
import { shorten } from "../../view/plain-text.ts";

/**
 * Returns a session as `session/list` shows it (acp-coverage.md L6; acp.md, "Choices"). `cwd` must be absolute: if the
 * rows have none, or one of another operating system, it is the transcript's directory and `_meta` says so. Unknown facts
 * are absent. `live`: a running process has it open.
 */
export function toSessionRow(session: ListedSession, live = false): SessionInfo {
  const { sessionId, cwd, summary, customTitle, activity, createdAt } = session;
  const title = printable(session.title);
  const known = cwd !== undefined && isAbsolute(cwd);
  return {
    sessionId,
    cwd: known ? cwd : dirname(session.transcriptPath),
    ...(title !== "" && { title }),
    ...present({ updatedAt: toTime(activity) }),
    archived: session.archived === true,
    _meta: {
      [META]: present({
        summary: summary === "" ? undefined : shorten(summary, STORED_TITLE_UNITS),
        customTitle: customTitle && shorten(customTitle, STORED_TITLE_UNITS),
        gitBranch: session.gitBranch,
        tag: session.tag,
        tags: session.tags.length === 0 ? undefined : session.tags,
        description: session.description,
        archived: session.archived,
        entrypoint: session.entrypoint,
        programmatic: session.programmatic,
        model: session.model,
        createdAt: toTime(createdAt),
        fileSize: session.fileSize,
        worktree: session.worktree,
        forkedFrom: session.forkedFrom,
        agentName: session.agentName,
        teamName: session.teamName,
        live: live ? true : undefined,
        cwdUnknown: known ? undefined : true,
        recordedCwd: known ? undefined : cwd,
      }),
    },
  };
}

/** Returns the list row of a session in memory. It always has a title: without one, a picker would show the id. */
export function toMemorySessionRow({ session, worktree }: MemoryMatch): SessionInfo {
  const { sessionId, cwd, activity, createdAt, archived, forkedFrom } = session;
  const given = session.title === undefined ? promptTitle(firstText(session)) : listTitle(session.title);
  return {
    sessionId,
    cwd,
    title: printable(given ?? "") || "New session",
    ...present({ updatedAt: toTime(activity) }),
    archived,
    _meta: { [META]: present({ inMemory: true, createdAt: toTime(createdAt), forkedFrom, worktree }) },
  };
}

function firstText({ updates }: MemorySession): string {
  for (const update of updates) {
    const text =
      update.sessionUpdate === "user_message_chunk" ? asString(membersOf(update.content)["text"]) : undefined;
    if (text !== undefined) return text;
  }
  return "";
}

/** Sanitises a title that a client sets: one line of at most `GIVEN_TITLE_UNITS`. */
export const givenTitle = (text: string): string => shorten(printable(text), GIVEN_TITLE_UNITS);

/** Formats epoch ms as ISO 8601; undefined if no date can hold it. */
function toTime(ms: number | undefined): string | undefined {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

const present = (facts: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
