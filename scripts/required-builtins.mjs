/** An esbuild plugin for CommonJS packages in an ES module bundle, where there is no `require` for Node's own modules. */
import { isBuiltin } from "node:module";

const NAMESPACE = "required-builtins";

export const requiredBuiltins = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === "require-call" && isBuiltin(path) ? { path, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}");`,
    }));
  },
};
