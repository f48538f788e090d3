import { activityOf } from "./activity.ts";
import { windowFacts } from "./facts.ts";
import { candidateOf } from "./candidates.ts";
import type { TranscriptCopy } from "./types.ts";

/** What a list shows of the session, as far as the ends of the transcript tell it. Never throws. */
export function summaryOf(copy: TranscriptCopy): string | undefined {
  try {
    const candidate = candidateOf(copy);
    return candidate && windowFacts(candidate)?.summary;
  } catch {
    return undefined;
  }
}

/** The same, and when something was said in it last, epoch ms. Never throws. */
export function glanceAt(copy: TranscriptCopy): { readonly summary: string | undefined; readonly activity: number } {
  const summary = summaryOf(copy);
  try {
    const candidate = candidateOf(copy);
    return { summary, activity: candidate === undefined ? copy.mtimeMs : activityOf(candidate) };
  } catch {
    return { summary, activity: copy.mtimeMs };
  }
}
