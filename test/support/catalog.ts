import fs from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type OpenCatalog, openCatalog } from "../../src/catalog/schema/open-catalog.ts";
import { tempConfigDir } from "./config-dir.ts";

/** A catalog whose file is in a directory of its own, that goes when the test has ended. */
export async function tempCatalog(configDir: string): Promise<OpenCatalog> {
  const cache = fs.mkdtempSync(path.join(tempConfigDir(), "cache-"));
  const catalog = await openCatalog(configDir, { env: { ...process.env, XDG_CACHE_HOME: cache } });
  if (catalog === undefined) throw new Error("there is no engine");
  onTestFinished(() => catalog.close());
  return catalog;
}

type Rows = readonly Record<string, unknown>[];

/**
 * What a catalog says, without the numbers of its rows: equal for a catalog that was built at once and one that grew. Of the
 * words, which session has them.
 */
export function contentsOf({ database }: OpenCatalog): Record<string, Rows> {
  const all = (sql: string): Rows =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'words', 'instance')");
  const name = (column: string): string => `(SELECT text FROM name WHERE id = ${column}) AS ${column}`;
  const session = "(SELECT uuid FROM session WHERE id = f.session) AS uuid";
  return {
    files: all(
      `SELECT path, ${session}, agent, kind, size, mtime, ino, "offset", fingerprint FROM file f ORDER BY path`,
    ),
    sessions:
      all(`SELECT uuid, path, project, cwd, branch, title, tags, model, created, active, archived, programmatic, forked,
      cost_state, stamp FROM session ORDER BY uuid`),
    words: all(`SELECT DISTINCT f.path, term, col FROM temp.terms JOIN file f ON f.id = doc >> 20
      WHERE term <> char(57344) ORDER BY 1, 2, 3`),
    charges:
      all(`SELECT key, f.path, ts, ${name("model")}, ${name("variant")}, ${name("branch")}, input, output, w5, w1h,
      read, web, lower FROM charge c JOIN file f ON f.id = c.file ORDER BY key, f.path`),
    spend:
      all(`SELECT (SELECT uuid FROM session WHERE id = session) AS uuid, slot, ${name("model")}, ${name("variant")}, long,
      ${name("branch")}, requests, input, output, w5, w1h, read, web, lower FROM spend ORDER BY 1, 2, 3, 4, 5, 6`),
    tallies: all(`SELECT f.path, slot, prompts, turns, messages, calls, active, added, removed
      FROM tally t JOIN file f ON f.id = t.file ORDER BY 1, 2`),
    tools: all(`SELECT f.path, slot, ${name("tool")}, n FROM tool_use t JOIN file f ON f.id = t.file ORDER BY 1, 2, 3`),
    cut: all(`SELECT f.path, c."offset", c.bytes FROM cut c JOIN file f ON f.id = c.file ORDER BY 1, 2`),
    touched:
      all(`SELECT f.path AS file_path, ${name("t.path").replace("t.path)", "t.path)").replace(" AS t.path", " AS touched")},
      changed FROM touched t JOIN file f ON f.id = t.file ORDER BY 1, 2`),
  };
}

/** Returns the ids of the sessions whose index has a phrase. */
export const sessionsWith = ({ database }: OpenCatalog, phrase: string): unknown[] =>
  database
    .prepare(
      `SELECT DISTINCT s.uuid AS uuid FROM words w JOIN file f ON f.id = w.rowid >> 20 JOIN session s ON s.id = f.session
        WHERE words MATCH ? ORDER BY 1`,
    )
    .all(`"${phrase}"`)
    .map(({ uuid }) => uuid);
