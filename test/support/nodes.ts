import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

export interface NodeBinary {
  /** `v22.23.3`. */
  readonly version: string;
  readonly path: string;
}

/** The major versions that are supported, and on which the end-to-end tests must have run. */
const MAJORS = [20, 22, 24];

/**
 * The Node binaries to run end-to-end tests under: one for each supported major version that is installed, this
 * process's own among them. In CI all have to be there.
 */
export function nodes(): NodeBinary[] {
  const own = { version: process.version, path: process.execPath };
  const ownMajor = majorOf(process.version);
  const others = MAJORS.filter((major) => major !== ownMajor).flatMap((major) => installed(major) ?? []);
  const all = [own, ...others];
  const missing = MAJORS.filter((major) => !all.some(({ version }) => majorOf(version) === major));
  if (process.env["CI"] && missing.length > 0) throw new Error(`not installed: Node ${missing.join(", ")}`);
  return all;
}

/**
 * This process's own Node alone, in the shape of `nodes()`: for what does not differ between versions. What differs, and
 * a round through the whole program, is in test/e2e/every-node and acp-process, which run under all of them.
 */
export const ownNode = (): NodeBinary[] => [{ version: process.version, path: process.execPath }];

function installed(major: number): NodeBinary | undefined {
  const name = `node${major}-${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const binary = [root, path.join(root, "test", "nodes")]
    .map((at) => path.join(at, "node_modules", name, "bin", file))
    .find((candidate) => fs.existsSync(candidate));
  if (binary === undefined) return undefined;
  const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  if (majorOf(version) !== major) throw new Error(`${binary} is ${version}`);
  return { version, path: binary };
}

const majorOf = (version: string): number => Number(/^v(\d+)\./.exec(version)?.[1]);
