/**
 * An esbuild plugin that puts off making the protocol SDKs' schemas until one is used. Each SDK makes hundreds of them when
 * it is loaded, which is half the time to the answer to `initialize`, and a server needs a few dozen.
 *
 * A schema becomes a proxy that makes the real one when it is first asked for anything. The files are generated or hold little
 * else, one statement for each schema; where that is no longer so the build fails.
 */
import { readFile } from "node:fs/promises";

const SDKS = [
  { files: /@agentclientprotocol[\\/]sdk[\\/].*[\\/]schema[\\/](zod|guards)\.gen\.js$/, name: /z[A-Z]\w*/ },
  { files: /@modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]types\.js$/, name: /[A-Z]\w*Schema/ },
];

/** `const zName = …;`, up to the next statement, which begins at the start of a line. */
const statements = (name) =>
  new RegExp(String.raw`^(export )?const (${name.source}) = ([\s\S]*?);\n(?=[^\s)}\]]|$(?![\s\S]))`, "gm");

const LAZILY = `
function lazily(make) {
  let made;
  const schema = () => (made ??= make());
  return new Proxy({}, {
    get(_, key) {
      const value = schema()[key];
      return typeof value === "function" ? value.bind(schema()) : value;
    },
    has: (_, key) => key in schema(),
    getPrototypeOf: () => Object.getPrototypeOf(schema()),
  });
}
`;

export const lazySchemas = {
  name: "lazy-schemas",
  setup(build) {
    for (const { files, name } of SDKS) {
      build.onLoad({ filter: files }, async ({ path }) => {
        const code = await readFile(path, "utf8");
        let count = 0;
        const lazy = code.replaceAll(statements(name), (_statement, exported = "", schemaName, schema) => {
          count++;
          return `${exported}const ${schemaName} = /* @__PURE__ */ lazily(() => ${schema});\n`;
        });
        if (count === 0) throw new Error(`${path} has no schemas of the known form`);
        return { contents: `${lazy}${LAZILY}`, loader: "js" };
      });
    }
  },
};
