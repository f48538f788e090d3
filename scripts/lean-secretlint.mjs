/**
 * An esbuild plugin that leaves out what secretlint does not need here: a profiler, which keeps marks of each call for good; its
 * log for debugging; and node-forge, two thirds of its bytes, for a rule about files that is not used.
 */
const NAMESPACE = "lean-secretlint";

const INSTEAD = {
  "@secretlint/profiler": "export const secretLintProfiler = { mark() {} };",
  debug: "export default () => () => {};",
  forge: "export const i = { default: undefined };",
};

export const leanSecretlint = {
  name: NAMESPACE,
  setup(build) {
    const filter = /^(?:@secretlint\/profiler|debug|\.\/index-[\w-]+\.js)$/;
    build.onResolve({ filter }, ({ path: name, importer, kind }) => {
      if (!/[\\/]@secretlint[\\/]/.test(importer)) return undefined;
      // Of the chunks of the preset, only node-forge is loaded later.
      if (name.startsWith(".") && kind !== "dynamic-import") return undefined;
      return { path: name.startsWith(".") ? "forge" : name, namespace: NAMESPACE };
    });
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path: name }) => ({
      contents: INSTEAD[name],
      loader: "js",
    }));
  },
};
