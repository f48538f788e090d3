import { costOf } from "../reading/format.ts";
import { type HitRow, hitLines } from "./hit-row.ts";

/**
 * Fits hits into a number of tokens. First the last matches of sessions with several go, which are counted in `more`; then
 * the last sessions, except the first.
 */
export function fitHits(hits: readonly HitRow[], budget: number): readonly HitRow[] {
  const rows = hits.map((row) => ({ row, cost: costOfHit(row) }));
  let cost = rows.reduce((sum, one) => sum + one.cost, 0);
  while (cost > budget) {
    const most = Math.max(...rows.map(({ row }) => row.matches.length));
    const longest = most > 1 ? rows.findLast(({ row }) => row.matches.length === most) : undefined;
    if (longest === undefined) break;
    cost -= longest.cost;
    longest.row = withoutLast(longest.row);
    longest.cost = costOfHit(longest.row);
    cost += longest.cost;
  }
  while (cost > budget && rows.length > 1) cost -= rows.pop()?.cost ?? 0;
  return rows.map(({ row }) => row);
}

const withoutLast = (row: HitRow): HitRow => ({
  ...row,
  matches: row.matches.slice(0, -1),
  more: (row.more ?? 0) + 1,
});

/** Clients show models the text or the data: the longer one counts. */
const costOfHit = (row: HitRow): number => Math.max(costOf(hitLines(row)), costOf(JSON.stringify(row))) + 1;
