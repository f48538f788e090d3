import { readDate, readSpan } from "../view/when.ts";
import { echoed } from "./quote.ts";
import { ToolFailure } from "./tool.ts";

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
  const [from, to] = kept.map((time) => (/^\d{1,15}$/.test(time) ? Number(time) : undefined));
  const times = {
    since: since === undefined ? undefined : (from ?? timeOf("since", since, now)),
    until: until === undefined ? undefined : (to ?? timeOf("until", until, now)),
  };
  return {
    ...times,
    cursor: own,
    mark: (next) =>
      since === undefined && until === undefined ? next : `${next}.${times.since ?? ""}.${times.until ?? ""}`,
  };
}

function timeOf(name: "since" | "until", text: string, now: number): number {
  const span = readSpan(text);
  const time = span === undefined ? readDate(text.trim(), { end: name === "until" }) : Math.round(now - span);
  if (time !== undefined && Number.isSafeInteger(time)) return time;
  throw new ToolFailure(
    `${name}: ${echoed(text)} is no time. Give a date (2026-08-21), a date with a time (2026-08-21T14:30, local unless it ends in Z or +02:00), or a span before now (90min, 12h, 3d, 2w).`,
  );
}
