/**
 * An esbuild plugin that loads the dearer ones of Node's modules when one of their functions is first called. They take a
 * third of the time to load the library, and a list or a page of a conversation needs neither.
 */
const NAMESPACE = "lazy-builtins";

export const lazyBuiltins = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^node:(crypto|child_process)$/ }, ({ path }) => ({
      path,
      namespace: NAMESPACE,
      sideEffects: false,
    }));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path }) => {
      const builtin = await import(path);
      // What begins with a capital is a class, which a function cannot stand for: to import one fails the build.
      const names = Object.keys(builtin).filter((name) => typeof builtin[name] === "function" && /^[a-z]/.test(name));
      const later = (name) => `export const ${name} = (...args) => load().${name}(...args);`;
      const load = `let loaded;\nconst load = () => (loaded ??= process.getBuiltinModule("${path}"));`;
      return { contents: [load, ...names.map(later)].join("\n") };
    });
  },
};
