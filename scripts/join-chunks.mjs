/**
 * Joins the chunks that esbuild makes of a program, one for each set of its parts that share code, into few: to find and
 * read sixty files takes longer than to run them. Each start loads nearly what it did before.
 */
import path from "node:path";
import { rolldown } from "rolldown";

/** A start may load this much that it does not need for one file less. In bytes. */
const SMALL = 8000;
/** Name of the chunk that each start loads. */
const BASE = "base";

/**
 * Writes a program into `outdir`. `built`: the result of esbuild. `external`: packages that stay imports. `always`: sources
 * that each start loads. `starts`: for each start, the sources that it loads later. Throws if joined chunks import each other
 * in a circle: none of them may need another one while it is loaded.
 */
export async function joinChunks({ built, outdir, external, always, starts }) {
  const chunks = new Map(Object.entries(built.metafile.outputs).map(([file, chunk]) => [path.resolve(file), chunk]));
  const groups = groupsOf(chunks, always, starts);
  const bundle = await rolldown({
    input: { cli: fileOf(chunks, always[0]) },
    platform: "node",
    external: [/^node:/, ...external],
    preserveEntrySignatures: "allow-extension",
  });
  const { output } = await bundle.write({
    dir: outdir,
    format: "esm",
    minify: { compress: false, mangle: true, codegen: true },
    chunkFileNames: ({ name }) => `cli/${name.replace(/-[A-Z0-9]{8}$/, "")}-[hash].js`,
    codeSplitting: {
      includeDependenciesRecursively: false,
      // The bundler's own helpers are needed everywhere.
      groups: [{ debugName: "starts", name: (id) => groups.get(id) ?? (id.startsWith("\0") ? BASE : null) }],
    },
  });
  await bundle.close();
  requireNoCircle(new Map(output.map(({ fileName, imports }) => [fileName, imports])));
}

/** Returns for each chunk that several parts share the name of the one it is joined into. */
function groupsOf(chunks, always, starts) {
  const sharedBy = (sources) => {
    const found = new Set(sources.map((source) => fileOf(chunks, source)));
    for (const file of found)
      for (const { path: imported, kind } of chunks.get(file).imports)
        if (kind === "import-statement" && chunks.has(path.resolve(imported))) found.add(path.resolve(imported));
    return [...found].filter((file) => chunks.get(file).entryPoint === undefined);
  };
  const groups = new Map(sharedBy(always).map((file) => [file, BASE]));
  const startsOf = new Map();
  for (const [start, sources] of Object.entries(starts))
    for (const file of sharedBy(sources))
      if (!groups.has(file)) startsOf.set(file, [...(startsOf.get(file) ?? []), start]);
  const sizes = new Map();
  for (const [file, names] of startsOf) {
    const group = names.join("+");
    groups.set(file, group);
    sizes.set(group, (sizes.get(group) ?? 0) + chunks.get(file).bytes);
  }
  for (const [file, group] of groups)
    groups.set(file, (sizes.get(group) ?? SMALL) < SMALL ? largerOf(group, sizes) : group);
  return groups;
}

/** Returns the group that a small one joins: the one with the fewest starts more. */
function largerOf(small, sizes) {
  const needed = small.split("+");
  const count = (group) => group.split("+").length;
  const larger = [...sizes.keys()].filter(
    (group) => sizes.get(group) >= SMALL && needed.every((name) => group.split("+").includes(name)),
  );
  return larger.sort((a, b) => count(a) - count(b))[0] ?? BASE;
}

function fileOf(chunks, source) {
  for (const [file, { entryPoint }] of chunks) if (entryPoint === source) return file;
  throw new Error(`${source} is not an entry point of the bundle`);
}

function requireNoCircle(importsOf) {
  const done = new Set();
  const visit = (file, path) => {
    if (path.includes(file)) throw new Error(`chunks import each other: ${[...path, file].join(" → ")}`);
    if (done.has(file)) return;
    for (const imported of importsOf.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of importsOf.keys()) visit(file, []);
}
