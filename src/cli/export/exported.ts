import { resolve } from "node:path";
import type { Masked } from "../../bundle/export/plan-bundle.ts";

/** What was exported, for the report. */
export interface Exported {
  /** The file or the directory; undefined for stdout. */
  readonly path: string | undefined;
  /** Undefined in a dry run. */
  readonly bytes: number | undefined;
  readonly results: readonly object[];
  readonly masked: Masked | undefined;
  /** Lines for stderr. */
  readonly notes: readonly string[];
  /** What the filter said, masked if that was asked for. */
  readonly texts: readonly string[];
  /** More members for the JSON. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Returns a place for output: `out`, or something with a name in it if that is a directory. */
export const placeOf = (out = ".", name: string, isDirectory: boolean): string =>
  isDirectory ? resolve(out, name) : resolve(out);
