/** Licences of packages whose code is in a bundle. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Returns the names of the packages in the outputs of an esbuild run, from its metafile; sorted. */
export function packagesIn({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const names = inputs.flatMap(([input, { bytesInOutput }]) => {
    const inside = input.split("node_modules/").at(-1);
    if (bytesInOutput === 0 || inside === input) return [];
    return [inside.split("/", inside.startsWith("@") ? 2 : 1).join("/")];
  });
  return [...new Set(names)].sort();
}

/** Returns the full licence texts of packages, as the licences require. Throws if a package has none. */
export function noticesOf(names) {
  const parts = names.map((name) => {
    const directory = path.join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"));
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    const rule = "=".repeat(80);
    return `${rule}\n${name} ${version} (${license})\n${rule}\n\n${readFileSync(path.join(directory, file), "utf8").trim()}\n`;
  });
  return parts.join("\n");
}
