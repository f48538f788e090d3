import { basename, join, resolve } from "node:path";
import { statFile } from "../../store/disk/fs.ts";
import { readPlain } from "../../store/disk/read-small-file.ts";
import { InvalidArgumentError } from "../../store/errors.ts";
import { sessionIdOfFile } from "../../store/layout/session-id.ts";
import { tryStat } from "../../store/disk/walk.ts";
import { BUNDLE_FORMAT, BUNDLE_MANIFEST, BUNDLE_MANIFEST_BYTES, parseBundleManifest } from "../manifest.ts";
import { refusedBundle, requireManifest, requireOwnRows, sessionsOfBundle } from "./bundle-sessions.ts";
import { openBelow, openDirectory } from "./open-directory.ts";
import type { ImportSource } from "./source.ts";
import { isGzip, unpackBundle, type UnpackOptions } from "./unpack-bundle.ts";

/**
 * Opens what sessions are imported from: a bundle, one that was unpacked, a directory of another machine, or one transcript. Throws
 * `InvalidArgumentError` if it is none of these, or a bundle that is refused.
 */
export async function openSource(from: string, options: UnpackOptions): Promise<ImportSource> {
  const stats = statFile(from);
  if (stats === undefined) throw new InvalidArgumentError("from", `${from} does not exist`);
  if (stats.isDirectory()) return openUnpacked(resolve(from), options.maxBytes) ?? openDirectory(from, options.signal);
  if (!stats.isFile()) throw new InvalidArgumentError("from", `${from} is not a file or a directory`);
  if (sessionIdOfFile(basename(from)) !== undefined) return openDirectory(from, options.signal);
  if (isGzip(from)) return unpackBundle(from, options);
  throw new InvalidArgumentError(
    "from",
    `${from} is not a bundle (.tar.gz), nor a transcript named <id>.jsonl`,
    "A transcript must have the name that Claude Code gave it: the id of its session.",
  );
}

/** Returns the sessions of a bundle that was unpacked; undefined for any other directory. */
function openUnpacked(root: string, maxBytes: number): ImportSource | undefined {
  const file = readPlain(join(root, BUNDLE_MANIFEST), BUNDLE_MANIFEST_BYTES);
  if (file === undefined || "reason" in file || !file.text.includes(BUNDLE_FORMAT)) return undefined;
  const manifest = parseBundleManifest(file.text);
  if (typeof manifest === "string") throw refusedBundle(root, `has a manifest that ${manifest}`);
  requireManifest(root, manifest, maxBytes);
  requireOwnRows(root, manifest, ({ path }) => join(root, ...path.split("/")));
  const sessions = sessionsOfBundle(manifest, ({ path }) => {
    const at = join(root, ...path.split("/"));
    return { at, mtimeMs: tryStat(at, [])?.mtimeMs ?? 0, open: () => openBelow(root, at) };
  });
  return { sessions, skipped: [] };
}
