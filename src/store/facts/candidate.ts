import type { TranscriptCopy } from "../types.ts";

/** A transcript as it was when it was looked at. */
export interface Candidate extends TranscriptCopy {
  readonly dev: number;
  readonly ino: number;
  /** Epoch ms, with fractions. */
  readonly ctimeMs: number;
  /** mtime as the official helpers round it, epoch ms. */
  readonly lastModified: number;
  /** Something stands beside the transcript under the session's id. */
  readonly hasSidecars: boolean;
  /** When the session was active, epoch ms, as far as that was asked (activity.ts); NaN before. */
  activity: number;
  /** The directory that its project dir was found for. */
  readonly through: string | undefined;
}
