import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { conversation, put, sessionId } from "../support/config-dir.ts";
import { snapshot } from "../support/snapshot.ts";

export const ID = sessionId(1);
export const OTHER = sessionId(2);

/** A config dir to kill writers in. */
export interface KillStore {
  readonly dir: string;
  readonly options: { readonly configDirs: readonly string[] };
  /** What is on the disk; a project in another file system included. */
  see(): Record<string, string>;
  /** A second store that is as this one is now. */
  copy(): KillStore;
  remove(): void;
}

/** Memory where there is some, since every point makes a store of its own. */
const near = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
const far = os.tmpdir();
export const hasTwoFileSystems = fs.statSync(near).dev !== fs.statSync(far).dev;

/** A small store with a session that has a bit of everything. `apart`: its project is in another file system. */
export function makeStore({ apart }: { apart: boolean }): KillStore {
  const store = emptyStore(apart);
  const { dir } = store;
  for (const id of [ID, OTHER]) {
    put(dir, `projects/-a/${id}.jsonl`, conversation(id, "hi", "hello", "more"), {
      mtime: 1_790_000_001.25,
      mode: 0o600,
    });
    put(dir, `projects/-a/${id}/subagents/agent-x.jsonl`, conversation(id, "sub"), { mtime: 1_700_000_000 });
  }
  put(dir, `projects/-b/${ID}.jsonl`, conversation(ID, "hi"), { mtime: 1_790_000_000.25 });
  fs.symlinkSync("../../../history.jsonl", path.join(dir, "projects", "-a", ID, "link"));
  put(dir, `projects/-a/agent-1.jsonl`, conversation(ID, "sub"));
  put(dir, `todos/${ID}.json`, "[]");
  put(dir, "history.jsonl", `{"display":"hi","sessionId":"${ID}"}\n`);
  return store;
}

export function emptyStore(apart: boolean): KillStore {
  const dir = fs.mkdtempSync(path.join(near, "claude-transcripts-kill-"));
  fs.mkdirSync(path.join(dir, "projects"));
  const project = path.join(dir, "projects", "-a");
  const elsewhere = apart ? fs.mkdtempSync(path.join(far, "claude-transcripts-kill-")) : undefined;
  if (elsewhere === undefined) fs.mkdirSync(project);
  else fs.symlinkSync(elsewhere, project);
  const inside = fs.realpathSync(project);
  return {
    dir,
    options: { configDirs: [dir] },
    see() {
      const tree = snapshot(dir);
      if (!apart) return tree;
      for (const [name, what] of Object.entries(snapshot(inside))) tree[`projects/-a/${name}`] = what;
      // Where the link leads is another place in each store.
      tree["projects/-a"] = "link";
      return tree;
    },
    copy() {
      const other = emptyStore(apart);
      const copy = { recursive: true, preserveTimestamps: false, verbatimSymlinks: true };
      for (const name of fs.readdirSync(dir)) {
        if (name !== "projects") fs.cpSync(path.join(dir, name), path.join(other.dir, name), copy);
      }
      for (const name of fs.readdirSync(path.join(dir, "projects"))) {
        fs.cpSync(
          fs.realpathSync(path.join(dir, "projects", name)),
          realOr(path.join(other.dir, "projects", name)),
          copy,
        );
      }
      copyTimes(dir, other.dir);
      copyTimes(inside, fs.realpathSync(path.join(other.dir, "projects", "-a")));
      return other;
    },
    remove() {
      fs.rmSync(dir, { recursive: true, force: true });
      if (elsewhere !== undefined) fs.rmSync(elsewhere, { recursive: true, force: true });
    },
  };
}

const realOr = (at: string): string => (fs.existsSync(at) ? fs.realpathSync(at) : at);

/** Files have the times of their originals, to the microsecond. */
function copyTimes(from: string, to: string): void {
  for (const name of fs.readdirSync(from)) {
    const stat = fs.lstatSync(path.join(from, name), { bigint: true });
    if (stat.isDirectory()) copyTimes(path.join(from, name), path.join(to, name));
    if (!stat.isFile()) continue;
    const seconds = (Number((stat.mtimeNs + 500n) / 1000n) + 0.25) / 1e6;
    fs.utimesSync(path.join(to, name), seconds, seconds);
  }
}
