import fs from "node:fs";
import path from "node:path";
import { bytesOf, type Store } from "./model.ts";

/** Writes the store below an empty config dir. */
export function materialise(store: Store, configDir: string): void {
  fs.rmSync(configDir, { recursive: true, force: true });
  fs.mkdirSync(path.join(configDir, "projects"), { recursive: true });
  const made = new Set<string>();
  for (const entry of store.entries) {
    const at = path.join(configDir, entry.path);
    const parent = path.dirname(at);
    if (!made.has(parent)) fs.mkdirSync(parent, { recursive: true });
    made.add(parent);
    if (entry.kind === "dir") fs.mkdirSync(at, { recursive: true });
    else if (entry.kind === "link") fs.symlinkSync(entry.target, at);
    else {
      fs.writeFileSync(at, entry.kind === "file" ? entry.bytes : bytesOf(entry), { mode: 0o600 });
      fs.utimesSync(at, entry.mtime / 1000, entry.mtime / 1000);
    }
  }
}

export interface TreeFile {
  readonly type: "file" | "dir" | "link";
  readonly mode: number;
  readonly content: string;
}

/** Everything below a directory, by path; the content of a link is its target. */
export function readTree(dir: string): Map<string, TreeFile> {
  const found = new Map<string, TreeFile>();
  const walk = (at: string, rel: string): void => {
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      const full = path.join(at, entry.name);
      const name = rel === "" ? entry.name : `${rel}/${entry.name}`;
      const mode = fs.lstatSync(full).mode & 0o7777;
      if (entry.isSymbolicLink()) found.set(name, { type: "link", mode, content: fs.readlinkSync(full) });
      else if (entry.isDirectory()) {
        found.set(name, { type: "dir", mode, content: "" });
        walk(full, name);
      } else found.set(name, { type: "file", mode, content: fs.readFileSync(full, "latin1") });
    }
  };
  walk(dir, "");
  return found;
}
