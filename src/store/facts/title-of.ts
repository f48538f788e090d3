import { activityOf } from "./activity-of-file.ts";
import { attempt } from "../errors.ts";
import { windowFacts } from "./metadata.ts";
import { candidateOf } from "./stat-transcripts.ts";
import type { TranscriptCopy } from "../types.ts";

/** Returns the title of the session in lists, from the head and tail of its transcript. Undefined if none; never throws. */
export function titleOf(copy: TranscriptCopy): string | undefined {
  const candidate = candidateOf(copy);
  return attempt(() => candidate && windowFacts(candidate)?.title) || undefined;
}

/** Returns the title that somebody gave the session, in full, else that in lists. Undefined if none; never throws. */
export function wholeTitleOf(copy: TranscriptCopy): string | undefined {
  const candidate = candidateOf(copy);
  const facts = attempt(() => candidate && windowFacts(candidate));
  return facts?.customTitle || facts?.title || undefined;
}

/** Returns the title, and the time of the last activity, epoch ms. Never throws. */
export function titleAndActivityOf(copy: TranscriptCopy): {
  readonly title: string | undefined;
  readonly activity: number;
} {
  const candidate = candidateOf(copy);
  return { title: titleOf(copy), activity: attempt(() => candidate && activityOf(candidate)) ?? copy.mtimeMs };
}
