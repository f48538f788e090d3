import type { TranscriptCopy } from "../types.ts";

/** A transcript with its stats, which may be a session. */
export interface Candidate extends TranscriptCopy {
  readonly dev: number;
  readonly ino: number;
  /** Epoch ms, with fractions. */
  readonly ctimeMs: number;
  /** mtime as the official helpers round it, epoch ms. */
  readonly lastModified: number;
  /** The directory `<id>` exists next to the transcript. */
  readonly hasSidecars: boolean;
  /** Time of the last activity, epoch ms (activity-of-file.ts); NaN until it is known. */
  activity: number;
}
