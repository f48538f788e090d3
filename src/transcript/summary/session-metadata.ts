import { tagsOf } from "./annotation.ts";
import { titleOf } from "./list-title.ts";
import type { SessionScan } from "./session-scan.ts";
import type { TailFacts } from "./tail-scan.ts";
import type { ArchivedMark } from "./sidecar-json.ts";

/** Metadata of a session from its transcript and the files next to it (official-helpers.md §4). */
export interface SessionFacts {
  /** Title given by a person, else the one given by a model. */
  readonly customTitle: string | undefined;
  /** Whether a person gave the title. */
  readonly isTitled: boolean;
  /** First prompt by the official rule, else the first that begins with a tag that the person typed. */
  readonly firstPrompt: string | undefined;
  /** The first of these that exists: title, last prompt, summary, first prompt, `Image` or `Document`. */
  readonly summary: string | undefined;
  /** Title in a list (list-title.ts); empty if there is none. */
  readonly title: string;
  readonly gitBranch: string | undefined;
  readonly cwd: string | undefined;
  /** Directory that decides whether the session belongs to the project it was found in (official-helpers.md §4.5). */
  readonly homeCwd: string | undefined;
  /** The official tag. */
  readonly tag: string | undefined;
  /** All tags, the official one first. */
  readonly tags: readonly string[];
  readonly description: string | undefined;
  /** Epoch ms. */
  readonly createdAt: number | undefined;
  /** False if it was unarchived, or a person has written in it since; undefined if it was never archived. */
  readonly archived: boolean | undefined;
  readonly entrypoint: string | undefined;
  readonly programmatic: boolean;
  /** Whether there is a user or assistant row of the main chain. */
  readonly conversation: boolean;
  /** Whether there are messages of a side conversation, and none of the main chain. */
  readonly sidechainOnly: boolean;
  /** Id of the session that continues this one, unless this one went on too. As stored: it need not be an id. */
  readonly continuedIn: string | undefined;
  readonly model: string | undefined;
  readonly forkedFrom: string | undefined;
  /** Teammate whose own session it is, and its team. */
  readonly agentName: string | undefined;
  readonly teamName: string | undefined;
}

/** Last titles, tag and annotation before the tail, as far as they were searched for. */
export type EarlierTitles = Partial<Pick<TailFacts, "customTitle" | "aiTitle" | "tag" | "annotation">>;

export interface SidecarFacts {
  readonly title: string | undefined;
  readonly mark: ArchivedMark | undefined;
}

/**
 * Combines the facts. Precedence is the official one except for titles: the last `custom-title` row of the file beats the
 * sidecar, and an empty one means that there is no title.
 */
export function sessionFacts(
  scan: SessionScan,
  tail: TailFacts,
  sidecar: SidecarFacts,
  earlier: EarlierTitles,
): SessionFacts {
  const { head } = scan;
  const given = tail.customTitle ?? earlier.customTitle ?? scan.headCustomTitle ?? sidecar.title;
  const customTitle = given || tail.aiTitle || earlier.aiTitle || scan.headAiTitle || undefined;
  const { fallback, media, titles: prompts } = head;
  const firstPrompt = head.officialPrompt;
  const entrypoint = head.entrypoint.value ?? tail.entrypoint ?? scan.cutEntrypoint;
  const tag = tail.tag ?? earlier.tag;
  const annotation = tail.annotation ?? earlier.annotation;
  const createdAt = Date.parse(head.timestamp.value ?? "");
  return {
    customTitle,
    isTitled: Boolean(given),
    firstPrompt: firstPrompt ?? prompts.typed,
    summary: customTitle || tail.lastPrompt || tail.summary || firstPrompt || media || prompts.typed,
    title: titleOf({
      customTitle,
      lastPrompt: tail.lastPrompt,
      summary: tail.summary,
      firstPrompt,
      fallback: fallback.command,
      media,
      prompts,
    }),
    gitBranch: (tail.gitBranch ?? scan.cutGitBranch) || head.gitBranch.value || undefined,
    cwd: tail.relocatedCwd || head.cwd || undefined,
    homeCwd: tail.relocatedCwd ?? head.rowCwd,
    tag: tag || undefined,
    tags: tagsOf(tag, annotation),
    description: annotation?.description,
    createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
    archived: sidecar.mark === undefined ? undefined : sidecar.mark.archived && !scan.promptedSinceArchived,
    entrypoint: entrypoint || undefined,
    programmatic: PROGRAMS.has(entrypoint) || DAEMONS.has(head.sessionKind),
    conversation: head.hasMain,
    sidechainOnly: head.hasSidechain && !head.hasMain,
    continuedIn: tail.continuedIn,
    model: tail.model,
    forkedFrom: head.forkedFrom,
    agentName: head.agentName,
    teamName: head.teamName,
  };
}

const PROGRAMS = new Set<string | undefined>(["sdk-cli", "sdk-ts", "sdk-py"]);
const DAEMONS = new Set<string | undefined>(["daemon", "daemon-worker"]);
