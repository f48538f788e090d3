import type { SessionUsage } from "../../catalog/facts/session-facts.ts";
import { TranscriptError } from "../../store/errors.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { SeveralSubagents } from "../render/candidate-table.ts";
import { type Invocation, UsageError } from "../terminal/command.ts";
import type { ShowOptions } from "./show-options.ts";
import type { About, SubagentName } from "../render/message-view.ts";
import { asString, type JsonObject } from "../../transcript/rows/json-values.ts";

/** Open conversation, and facts about its session. Callers must close `open`. */
export interface Source {
  readonly open: OpenConversation;
  readonly about: Omit<About, "messages">;
  /** Command that continues the session; undefined for stdin, for subagents, and if stdout is not a terminal. */
  readonly resume: string | undefined;
}

/** Opens a session by a prefix of its id, one of its subagents, or stdin. */
export async function openSource(
  { positionals, configDirs, terminal }: Invocation,
  { subagent: asked, format, selection }: Pick<ShowOptions, "subagent" | "format" | "selection">,
): Promise<Source> {
  const isJson = format === "json";
  const { openConversation, openStream } = await import("../../store/read/open-conversation.ts");
  const [name = "-"] = positionals;
  if (name === "-") {
    if (asked !== undefined) throw new UsageError("--subagent needs the id of a session instead of '-'");
    if (process.stdin.isTTY) terminal.warn("Reading a transcript from the terminal. Press Ctrl-D to end it.");
    const open = await openStream(process.stdin);
    const about = { ...aboutOf(open), path: undefined, title: undefined, subagent: undefined, subagents: [] };
    return { open, about, resume: undefined };
  }
  const { resolveSession } = await import("../../store/resolve/by-prefix.ts");
  const copy = resolveSession(name, configDirs);
  const { findFacts } = await import("../../store/list/session-info.ts");
  const { titleOf } = await import("../../store/facts/title-of.ts");
  const { describeSubagents } = await import("../../store/read/subagents.ts");
  const subagents = await describeSubagents(copy.sessionId, { configDirs, includeLegacy: asked !== undefined });
  // A search also finds rows of subagents that are only in `progress` rows: the message next to one is in the main conversation.
  const isOnlyReported =
    asked !== undefined &&
    selection.around !== undefined &&
    !subagents.some((known) => known.agentId.startsWith(asked));
  const agentId = isOnlyReported ? undefined : asked;
  const open = await openConversation(copy, {
    agentId: agentId === undefined ? undefined : wholeId(agentId, subagents),
  });
  const info = (await findFacts(copy.sessionId, { configDirs }))?.facts;
  const { sessionId, path } = copy;
  // Read only if needed: the first row may be very long.
  const row = info?.cwd === undefined || info.gitBranch === undefined ? aboutOf(open) : undefined;
  const { customTitle, cwd = row?.cwd, gitBranch = row?.gitBranch, tags = [], description } = info ?? {};
  // `titleOf` shortens titles; here one that the user gave is shown in full.
  const title = customTitle ?? titleOf(copy);
  const noted = agentId === undefined ? { ...(tags.length > 0 && { tags }), description } : {};
  const about = { sessionId, title, ...noted, cwd, gitBranch, path, subagent: open.subagent && nameOf(open.subagent) };
  const resume = agentId === undefined && terminal.isTty ? await resumeWords(copy) : undefined;
  const usage = agentId === undefined && (terminal.isTty || isJson) ? await usageOf(copy) : undefined;
  const known = { ...about, ...(usage && { usage }), subagents: agentId === undefined ? subagents.map(nameOf) : [] };
  return { open, about: known, resume };
}

/**
 * Loads the code of the index only if there is one. Opening it takes 40 to 70 ms, a third of a short conversation, so that text
 * for programs goes without.
 */
async function usageOf(copy: TranscriptCopy): Promise<SessionUsage | undefined> {
  const { hasCatalog } = await import("../../catalog/facts/has-catalog.ts");
  if (!hasCatalog(copy.project.configDir)) return undefined;
  const { knownUsage } = await import("../../catalog/facts/known-usage.ts");
  return knownUsage(copy);
}

/** Looks for the session's directory, which may take a search through the transcript. */
async function resumeWords(copy: TranscriptCopy): Promise<string> {
  const { resumable } = await import("../../store/projects/resumable.ts");
  const { resumeCommand } = await import("../../view/resume.ts");
  const { configDirOf } = await import("../../store/snapshot/snapshot-dir.ts");
  const { configDir } = copy.project;
  const original = configDirOf(configDir);
  if (original === undefined) return resumeCommand(resumable(copy));
  // A session that went on in the snapshot would be lost to it.
  const { restoreWords } = await import("../changes/restore-words.ts");
  const restored = { ...copy, project: { ...copy.project, configDir: original } };
  return `${restoreWords(copy.sessionId, configDir) ?? ""} && ${resumeCommand(resumable(restored))}`;
}

/** Reads the facts about the session from the first row. */
function aboutOf(open: OpenConversation): Pick<About, "sessionId" | "cwd" | "gitBranch"> {
  const { sessionId, cwd, gitBranch }: JsonObject = open.length === 0 ? {} : open.entry(0).entry;
  return { sessionId: asString(sessionId), cwd: asString(cwd), gitBranch: asString(gitBranch) };
}

const nameOf = ({ agentId, agentType, description }: SubagentName): SubagentName => ({
  agentId,
  agentType,
  description,
});

/** Completes the id of a subagent. Throws `SeveralSubagents`, or `TranscriptError` if there is none. */
function wholeId(agentId: string, subagents: readonly SubagentName[]): string {
  const byId = new Map(subagents.map((subagent) => [subagent.agentId, subagent]));
  if (byId.has(agentId)) return agentId;
  const all = [...byId.values()].map(({ agentId: id, agentType, description }) => ({
    id,
    time: undefined,
    title: description ?? agentType,
  }));
  const fitting = all.filter(({ id }) => id.startsWith(agentId));
  if (fitting.length > 1) throw new SeveralSubagents(agentId, fitting);
  const [only] = fitting;
  if (only !== undefined) return only.id;
  const hint =
    all.length === 0
      ? "The session has no subagents."
      : "'claude-transcripts show ID' lists the session's subagents at the end.";
  throw new TranscriptError("InvalidArgument", `No subagent id begins with "${agentId}"`, { hint });
}
