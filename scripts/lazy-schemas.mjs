/**
 * An esbuild plugin that makes the schemas of the protocol SDKs lazily. Each SDK makes hundreds of them when it is loaded,
 * which takes half the time to the answer to `initialize`, and a server needs a few dozen.
 *
 * A schema becomes a proxy that makes the real one on first use, and forwards everything to it. The files are generated or
 * have little else, with one statement for each schema. The build fails if a statement is not understood.
 */
import { readFile } from "node:fs/promises";

const SDKS = [
  { files: /@agentclientprotocol[\\/]sdk[\\/].*[\\/]schema[\\/](zod|guards)\.gen\.js$/, name: /z[A-Z]\w*/ },
  { files: /@modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]types\.js$/, name: /[A-Z]\w*Schema/ },
];

const beginnings = (name) => new RegExp(String.raw`^(?:export )?(?:const|let|var) ${name.source}\b`, "gm");

/** Matches `const zName = …;`, up to the next statement, which begins at the start of a line. */
const statements = (name) =>
  new RegExp(String.raw`^(export )?const (${name.source}) = ([\s\S]*?);\n(?=[^\s)}\]]|$(?![\s\S]))`, "gm");

const LAZILY = `
const schemaOf = (target) => (target.made ??= target.make());
const HANDLER = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).filter((trap) => typeof Reflect[trap] === "function")
    .map((trap) => [trap, (target, ...args) => Reflect[trap](schemaOf(target), ...args)]),
);
// A proxy may not report a non-configurable property that its own target does not have.
HANDLER.getOwnPropertyDescriptor = (target, key) => {
  const found = Reflect.getOwnPropertyDescriptor(schemaOf(target), key);
  return found && { ...found, configurable: true };
};
function lazily(make) {
  return new Proxy({ make }, HANDLER);
}
`;

/**
 * Returns the code of a file of schemas, with each schema made on first use.
 *
 * @throws Error if a statement that begins like a schema's has an unknown form
 */
export function withLazySchemas(code, name) {
  let count = 0;
  const lazy = code.replaceAll(statements(name), (_statement, exported = "", schemaName, schema) => {
    count++;
    return `${exported}const ${schemaName} = /* @__PURE__ */ lazily(() => ${schema});\n`;
  });
  const all = code.match(beginnings(name))?.length ?? 0;
  if (count === 0 || count !== all) throw new Error(`${count} of ${all} schemas have the known form`);
  return `${LAZILY}${lazy}`;
}

export const lazySchemas = {
  name: "lazy-schemas",
  setup(build) {
    for (const { files, name } of SDKS) {
      build.onLoad({ filter: files }, async ({ path }) => ({
        contents: withLazySchemas(await readFile(path, "utf8"), name),
        loader: "js",
      }));
    }
  },
};
