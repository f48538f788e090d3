import { activityOf } from "./activity-of-file.ts";
import { windowFacts } from "./metadata.ts";
import { candidateOf } from "./stat-transcripts.ts";
import type { TranscriptCopy } from "../types.ts";

/** What a list shows of the session, as far as the ends of the transcript show it. Undefined for none; never throws. */
export function titleOf(copy: TranscriptCopy): string | undefined {
  try {
    const candidate = candidateOf(copy);
    return (candidate && windowFacts(candidate)?.title) || undefined;
  } catch {
    return undefined;
  }
}

/** The same, and when something was said in it last, epoch ms. Never throws. */
export function glanceAt(copy: TranscriptCopy): { readonly title: string | undefined; readonly activity: number } {
  const title = titleOf(copy);
  try {
    const candidate = candidateOf(copy);
    return { title, activity: candidate === undefined ? copy.mtimeMs : activityOf(candidate) };
  } catch {
    return { title, activity: copy.mtimeMs };
  }
}
