/**
 * An esbuild plugin that keeps of the price list what Claude Code's requests need: the provider whose prices we ask for. The
 * other providers are 98 % of the package's 830 kB. The build fails if the file has not the known form.
 */
import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";

/** As in src/catalog/stats/prices.ts. */
const PROVIDER = "anthropic";

/** The list of providers is the file's first statement: an array of plain data, written over many lines. */
const PROVIDERS = /^const (\w+) = (\[\n[^]*?\n\])(?=[,;])/;

/**
 * Returns the code of the package with one provider, without the rules by which it reads answers of the provider.
 *
 * @throws Error if the code has not the known form
 */
export function withOneProvider(code) {
  const [statement, name, list] = PROVIDERS.exec(code) ?? [];
  if (statement === undefined) throw new Error("the list of providers is not where it was");
  const providers = runInNewContext(list);
  const { extractors: _, ...provider } = providers.find(({ id }) => id === PROVIDER) ?? {};
  if (!provider.models?.some(({ id }) => id.includes("claude")))
    throw new Error("there are no prices of Claude models");
  return `const ${name} = ${JSON.stringify([provider])}${code.slice(statement.length)}`;
}

export const claudePrices = {
  name: "claude-prices",
  setup(build) {
    build.onLoad({ filter: /@pydantic[\\/]genai-prices[\\/]dist[\\/]index\.js$/ }, async ({ path }) => ({
      contents: withOneProvider(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};
