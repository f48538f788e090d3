/**
 * An esbuild plugin that leaves out what the MCP SDK checks the answers of a person with, ajv: a third of its bytes, all read
 * before the first answer. Our server asks for nothing but yes or no, and gives the SDK a checker of its own.
 */
const NAMESPACE = "without-ajv";

export const withoutAjv = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /[\\/]validation[\\/]ajv-provider\.js$/ }, ({ path: name, importer }) =>
      /[\\/]@modelcontextprotocol[\\/]sdk[\\/]/.test(importer) ? { path: name, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /./, namespace: NAMESPACE }, () => ({
      contents:
        'export class AjvJsonSchemaValidator { constructor() { throw new Error("ajv is left out of the bundle"); } }',
      loader: "js",
    }));
  },
};
