/**
 * An esbuild plugin that gives the protocol SDK the global `process` where it imports it: the import would ask for all that it
 * has, the report of a crash among it, which takes as long as a tenth of the way to the first answer.
 */
const NAMESPACE = "bare-process";

export const bareProcess = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^node:process$/ }, () => ({
      path: NAMESPACE,
      namespace: NAMESPACE,
      sideEffects: false,
    }));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, () => ({ contents: "export default globalThis.process;" }));
  },
};
