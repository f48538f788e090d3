import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

interface Manifest {
  readonly version: string;
  readonly bin: string | Readonly<Record<string, string>>;
}
export const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;

/** The built program, as package.json names it; `CLAUDE_TRANSCRIPTS_BIN` names another one, an installed one for instance. */
export function binary(): string {
  const { bin } = manifest;
  const named = typeof bin === "string" ? bin : (bin["claude-transcripts"] ?? "");
  const file = process.env["CLAUDE_TRANSCRIPTS_BIN"] ?? path.join(root, named);
  if (!fs.existsSync(file)) throw new Error(`${file} is missing: build first`);
  return file;
}
