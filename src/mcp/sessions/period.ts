import { readTime, TIMES_UNDERSTOOD } from "../../transcript/text/when.ts";
import { echoed } from "../core/quote.ts";
import { ToolFailure } from "../core/tool.ts";

/** Time range of a list, which its cursors carry. */
export interface Period {
  /** Epoch ms. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Cursor of the store, without the times. */
  readonly cursor: string | undefined;
  /** Makes the cursor that a client gets: the store's and the times. */
  withTimes(cursor: string): string;
}

/**
 * Reads `since` and `until`. A duration counts from now, which differs on every page, so the cursor keeps the times of the
 * first page. Throws `ToolFailure` for anything that is not a time.
 */
export function readPeriod(
  { since, until, cursor }: Partial<Readonly<Record<"since" | "until" | "cursor", string | undefined>>>,
  now: number = Date.now(),
): Period {
  const [own, ...kept] = cursor?.split(".") ?? [];
  const [from, to] = kept.map((time) => (/^-?[0-9a-z]{1,11}$/.test(time) ? Number.parseInt(time, RADIX) : undefined));
  const times = {
    since: since === undefined ? undefined : (from ?? timeOf("since", since, now)),
    until: until === undefined ? undefined : (to ?? timeOf("until", until, now)),
  };
  return {
    ...times,
    cursor: own,
    withTimes: (next) =>
      since === undefined && until === undefined ? next : `${next}.${encoded(times.since)}.${encoded(times.until)}`,
  };
}

/** Radix of times in a cursor, which is short because every answer contains one. */
const RADIX = 36;
const encoded = (time: number | undefined): string => time?.toString(RADIX) ?? "";

/** Reads a time. Throws `ToolFailure` that names the argument. */
export function timeOf(name: "since" | "until" | "before", text: string, now: number): number {
  const time = readTime(text, { now, edge: name === "until" ? "end" : "start" });
  if (time !== undefined) return time;
  throw new ToolFailure(`${name}: ${echoed(text)} is not a time. Give ${TIMES_UNDERSTOOD}.`);
}
