import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { nodes } from "./nodes.ts";

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, "../..");
/** The suite needs a newer Node than the package does. */
const NODE = /^v(?:22|24)\./;

/**
 * Runs the official suite of the protocol against a server. `expected` names the file of the scenarios that fail, with the
 * reasons; one that is in it and passes counts as a failure, too. `passed`: those in which something was looked at.
 */
export async function conformance(
  url: string,
  expected: string,
): Promise<{ readonly code: number; readonly output: string; readonly passed: string[] }> {
  const node = nodes().find(({ version }) => NODE.test(version));
  if (node === undefined) throw new Error("Node 22 or 24 is not installed");
  const suite = path.join(
    path.dirname(require.resolve("@modelcontextprotocol/conformance/package.json")),
    "dist/index.js",
  );
  const args = [suite, "server", "--url", url, "--expected-failures", path.join(root, expected)];
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    execFile(node.path, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        output: stdout + stderr,
      });
    });
  });
  const marked = (mark: string): string[] =>
    [...output.matchAll(new RegExp(`^${mark} (\\S+): [1-9]`, "gm"))].flatMap(([, name]) => name ?? []);
  return { code, output, passed: marked("✓") };
}
