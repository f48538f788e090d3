/**
 * An esbuild plugin that gives the MCP part of the bundle a zod of its own. Its SDK takes zod as a whole, where the ACP
 * part gets by with a fifth; sharing one copy would put all of it into what an editor waits for. Of the languages that
 * error messages come in, English alone is taken along.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";

const MCP = /[\\/]src[\\/]mcp[\\/]|[\\/]@modelcontextprotocol[\\/]/;
const LOCALES = /[\\/]locales[\\/]index\.c?js$/;
const NAMESPACE = "zod-for-mcp";

export const zodForMcp = {
  name: NAMESPACE,
  setup(build) {
    const own = (file) => ({ path: file, namespace: NAMESPACE, sideEffects: false });
    build.onResolve({ filter: /^zod(\/|$)/ }, async ({ path: name, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === NAMESPACE || !MCP.test(importer)) return undefined;
      const found = await build.resolve(name, { importer, kind, resolveDir, pluginData: NAMESPACE });
      return found.errors.length > 0 ? { errors: found.errors } : own(found.path);
    });
    build.onResolve({ filter: /^\./, namespace: NAMESPACE }, ({ path: relative, importer }) =>
      own(path.resolve(path.dirname(importer), relative)),
    );
    build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path: file }) => ({
      contents: LOCALES.test(file) ? 'export { default as en } from "./en.js";' : await readFile(file, "utf8"),
      loader: "js",
    }));
  },
};
