/**
 * An esbuild plugin that puts off making the protocol SDK's schemas until one is used. The SDK makes nearly three hundred
 * of them when it is loaded, which is half the time to the answer to `initialize`; a server that has parsers of its own
 * needs a handful.
 *
 * A schema becomes a proxy that makes the real one when it is first asked for anything. The files are generated, one
 * statement for each schema; where that is no longer so the build fails.
 */
import { readFile } from "node:fs/promises";

const FILES = /@agentclientprotocol[\\/]sdk[\\/].*[\\/]schema[\\/](zod|guards)\.gen\.js$/;
/** `const zName = …;`, up to the next statement, which begins at the start of a line. */
const SCHEMA = /^(export )?const (z[A-Z]\w*) = ([\s\S]*?);\n(?=\S|$(?![\s\S]))/gm;

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
    build.onLoad({ filter: FILES }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      let count = 0;
      const lazy = code.replaceAll(SCHEMA, (_statement, exported = "", name, schema) => {
        count++;
        return `${exported}const ${name} = /* @__PURE__ */ lazily(() => ${schema});\n`;
      });
      if (count === 0) throw new Error(`${path} has no schemas of the known form`);
      return { contents: `${lazy}${LAZILY}`, loader: "js" };
    });
  },
};
