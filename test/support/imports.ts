import fs from "node:fs";
import path from "node:path";

export interface Import {
  readonly specifier: string;
  /** Loaded when the module is, rather than by `import()` when it is needed. Types are not loaded at all. */
  readonly how: "static" | "dynamic" | "type";
}

const FROM = /^(import|export)(\s+type)?\s[^;"']*?from\s*["']([^"']+)["']/gm;
const BARE = /^import\s*["']([^"']+)["']/gm;
const CALL = /\bimport\(\s*["']([^"']+)["']/g;
const BUILT_IN = /\b(?:getBuiltinModule|require)\(\s*["']([^"']+)["']/g;

/** What a module of this package imports, as its text says. */
export function importsOf(file: string): Import[] {
  const text = fs.readFileSync(file, "utf8");
  const found: Import[] = [];
  for (const [, , type, specifier = ""] of text.matchAll(FROM)) {
    found.push({ specifier, how: type === undefined ? "static" : "type" });
  }
  for (const [, specifier = ""] of text.matchAll(BARE)) found.push({ specifier, how: "static" });
  for (const [, specifier = ""] of text.matchAll(CALL)) found.push({ specifier, how: "dynamic" });
  for (const [, specifier = ""] of text.matchAll(BUILT_IN)) found.push({ specifier, how: "static" });
  return found;
}

/** Everything that is loaded with `entry`: its own files by absolute path, the rest by specifier. */
export function loadedWith(entry: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { specifier, how } of importsOf(file)) {
      if (how !== "static") continue;
      if (specifier.startsWith(".")) open.push(path.resolve(path.dirname(file), specifier));
      else others.add(specifier);
    }
  }
  return { files, others };
}

/** The files below a directory whose names end so, as absolute paths. */
export function filesBelow(directory: string, ending: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(directory, name))
    .sort();
}
