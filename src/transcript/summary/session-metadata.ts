import { titleOf } from "./list-title.ts";
import type { SessionScan } from "./session-scan.ts";
import type { TailFacts } from "./tail-scan.ts";
import type { ArchivedMark } from "./sidecar-json.ts";

/** What a transcript and the files beside it say about a session (official-helpers.md §4), without where it was found. */
export interface SessionFacts {
  /** The title somebody gave it, else the one a model gave it. */
  readonly customTitle: string | undefined;
  /** Of a session that the official rule finds none in: the first that begins with an element of somebody's own. */
  readonly firstPrompt: string | undefined;
  /** Title, last prompt, summary, first prompt, or what kind of thing was sent: the first there is. */
  readonly summary: string | undefined;
  /** What a list shows (list-title.ts); empty if there is nothing to call it by. */
  readonly title: string;
  readonly gitBranch: string | undefined;
  readonly cwd: string | undefined;
  /** The directory it belongs to, where the place it was found in has to be judged (official-helpers.md §4.5). */
  readonly homeCwd: string | undefined;
  readonly tag: string | undefined;
  /** Epoch ms. */
  readonly createdAt: number | undefined;
  /** False when it was taken out of the archive, or a person wrote in it since; undefined when it never was in it. */
  readonly archived: boolean | undefined;
  readonly entrypoint: string | undefined;
  readonly programmatic: boolean;
  /** A user or assistant row of the main chain was seen. */
  readonly conversation: boolean;
  /** Rows of a side conversation were seen, and none of the main chain. */
  readonly sidechainOnly: boolean;
  /** The session (an id, if the file tells the truth) that this one was continued in, if it ended with that. */
  readonly continuedIn: string | undefined;
  readonly model: string | undefined;
  readonly forkedFrom: string | undefined;
  /** The teammate whose own session it is, and its team. */
  readonly agentName: string | undefined;
  readonly teamName: string | undefined;
}

/** What stands before the tail window, as far as it was searched for; the last of each. */
export interface EarlierTitles {
  readonly customTitle?: string | undefined;
  readonly aiTitle?: string | undefined;
  readonly tag?: string | undefined;
}

export interface SidecarFacts {
  readonly title: string | undefined;
  readonly mark: ArchivedMark | undefined;
}

/**
 * Puts the facts together. The order of precedence is the official one but for titles: the last `custom-title` row
 * wherever it stands is the title, also against the sidecar, and an empty one means that there is none.
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
  const createdAt = Date.parse(head.timestamp.value ?? "");
  return {
    customTitle,
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
    tag: (tail.tag ?? earlier.tag) || undefined,
    createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
    archived: sidecar.mark === undefined ? undefined : sidecar.mark.archived && !scan.promptedSinceArchived,
    entrypoint: entrypoint || undefined,
    programmatic: isProgrammatic(entrypoint, head.sessionKind),
    conversation: head.main,
    sidechainOnly: head.sidechain && !head.main,
    continuedIn: tail.continuedIn,
    model: tail.model,
    forkedFrom: head.forkedFrom,
    agentName: head.agentName,
    teamName: head.teamName,
  };
}

const PROGRAMS = new Set(["sdk-cli", "sdk-ts", "sdk-py"]);

function isProgrammatic(entrypoint: string | undefined, sessionKind: string | undefined): boolean {
  return PROGRAMS.has(entrypoint ?? "") || sessionKind === "daemon" || sessionKind === "daemon-worker";
}
