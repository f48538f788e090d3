import { readTime, TIMES_UNDERSTOOD } from "../../view/when.ts";
import { echoed } from "../core/quote.ts";
import { ToolFailure } from "../core/tool.ts";

/** A time range, and how a list that goes on keeps it. */
export interface Period {
  /** Epoch ms. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** The store's cursor, without what `mark` has added. */
  readonly cursor: string | undefined;
  /** The cursor that a client gets. */
  mark(cursor: string): string;
}

/**
 * Reads `since` and `until`. A span counts from now, which is another time on every page: so the cursor holds the times that
 * were meant on the first one. Throws `ToolFailure` for what is no time.
 */
export function readPeriod(
  {
    since,
    until,
    cursor,
  }: { readonly since?: string | undefined; readonly until?: string | undefined; readonly cursor?: string | undefined },
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
    mark: (next) =>
      since === undefined && until === undefined ? next : `${next}.${written(times.since)}.${written(times.until)}`,
  };
}

/** Of the times in a cursor: it is short, as it stands in every answer. */
const RADIX = 36;
const written = (time: number | undefined): string => time?.toString(RADIX) ?? "";

function timeOf(name: "since" | "until", text: string, now: number): number {
  const time = readTime(text, { now, edge: name === "since" ? "start" : "end" });
  if (time !== undefined) return time;
  throw new ToolFailure(`${name}: ${echoed(text)} is no time. Give ${TIMES_UNDERSTOOD}.`);
}
