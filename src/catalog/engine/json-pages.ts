import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { Database } from "./sqlite.ts";

/** Rows of one statement: some 2 ms. */
const PAGE_ROWS = 500;

/**
 * Yields rows some at a time, so that others get their turn. As JSON texts: three times as fast as objects from the engine.
 * `columns`: those of `select`, a number first that it goes up by, from above its first parameter to as many rows as its
 * second.
 */
export async function* jsonPages<Row extends readonly [key: number, ...unknown[]]>(
  database: Database,
  columns: string,
  select: string,
): AsyncGenerator<Row[]> {
  const page = database.prepare(`SELECT json_group_array(json_array(${columns})) AS json FROM (${select})`);
  for (let last = 0; ;) {
    const rows = JSON.parse(page.get(last, PAGE_ROWS)?.["json"] as string) as Row[];
    yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE_ROWS) return;
    [last] = end;
    if (isTurnOver(1)) await yieldToEventLoop();
  }
}
