import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

export interface SnapshotOptions {
  /** Directories whose entries may have come and gone have other times. Default false. */
  readonly directoryTimes?: boolean;
  /** Without times at all. */
  readonly times?: boolean;
}

/**
 * Everything below a directory: path, type, mode, bytes (as a hash), where a link leads, and the time of the last
 * change of files in microseconds, which is as exact as a copy can set it.
 */
export function snapshot(dir: string, options: SnapshotOptions = {}): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (at: string, relative: string): void => {
    for (const name of fs.readdirSync(at).sort()) {
      const here = path.join(at, name);
      const key = relative === "" ? name : `${relative}/${name}`;
      found[key] = describe(here, options);
      if (fs.lstatSync(here).isDirectory()) walk(here, key);
    }
  };
  walk(dir, "");
  return found;
}

function describe(file: string, { directoryTimes = false, times = true }: SnapshotOptions): string {
  const stat = fs.lstatSync(file, { bigint: true });
  const mode = (stat.mode & 0o7777n).toString(8);
  const time = times ? ` ${(stat.mtimeNs + 500n) / 1000n}` : "";
  if (stat.isSymbolicLink()) return `link ${fs.readlinkSync(file)}`;
  if (stat.isDirectory()) return `directory ${mode}${directoryTimes ? time : ""}`;
  if (!stat.isFile()) return `special ${mode}`;
  return `file ${mode} ${stat.size} ${createHash("sha1").update(fs.readFileSync(file)).digest("hex")}${time}`;
}
