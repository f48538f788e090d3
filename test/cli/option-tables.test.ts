/** The tables of options in the docs. `UPDATE_DOCS=1 npx vitest run test/cli/option-tables.test.ts` writes them anew. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { COMMANDS, loadCommand } from "../../src/cli/commands.ts";
import { tablesIn, withOptionTables } from "../support/option-tables.ts";

const docs = path.resolve(import.meta.dirname, "../../docs");
const PAGES = ["cli.md", "acp.md", "mcp.md"];
const read = (page: string): string => fs.readFileSync(path.join(docs, page), "utf8");

test.for(PAGES)("%s has the options that the program has", async (page) => {
  const now = await withOptionTables(read(page));
  if (process.env["UPDATE_DOCS"] !== undefined) fs.writeFileSync(path.join(docs, page), now);
  expect(read(page), "UPDATE_DOCS=1 npx vitest run test/cli/option-tables.test.ts").toBe(now);
});

test("every command with options has a table, once", async () => {
  const tables = PAGES.flatMap((page) => tablesIn(read(page)));
  expect(tables).toEqual([...new Set(tables)]);
  const commands = await Promise.all(
    Object.keys(COMMANDS).map(async (name) => ({ name, ...(await loadCommand(name)) })),
  );
  const withOptions = commands.filter(({ options }) => Object.keys(options).length > 0).map(({ name }) => name);
  // `archive` has the table of both.
  expect(withOptions.filter((name) => !tables.includes(name))).toEqual(["unarchive"]);
});
