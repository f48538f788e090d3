/**
 * An esbuild plugin that leaves out ajv, with which the MCP SDK checks a person's answers: a third of its bytes, all read
 * before the first answer. Our server only asks yes or no, and gives the SDK its own validator.
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
