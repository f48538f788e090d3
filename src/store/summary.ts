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
