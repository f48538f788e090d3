import type { Database, Statement } from "../engine/sqlite.ts";

/** Number of statements that are kept of a database. A search has some ten. */
const KEPT = 100;

const statements = new WeakMap<Database, Map<string, Statement>>();

/** Prepares a statement, or returns the one that was prepared from the same SQL: preparing takes longer than small queries. */
export function prepared(database: Database, sql: string): Statement {
  let kept = statements.get(database);
  if (kept === undefined || kept.size >= KEPT) statements.set(database, (kept = new Map()));
  let statement = kept.get(sql);
  if (statement === undefined) kept.set(sql, (statement = database.prepare(sql)));
  return statement;
}
