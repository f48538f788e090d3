import fs from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { type TarHeader, unpackTar } from "modern-tar";
import type { BundleManifest } from "../../src/bundle/manifest.ts";

export interface UnpackedBundle {
  readonly manifest: BundleManifest;
  /** In the order of the archive, the manifest first. */
  readonly headers: readonly TarHeader[];
  /** Without the manifest. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Reads a bundle into memory. */
export async function readBundle(bundle: string | Uint8Array): Promise<UnpackedBundle> {
  const bytes = typeof bundle === "string" ? fs.readFileSync(bundle) : bundle;
  const entries = await unpackTar(gunzipSync(bytes), { strict: true });
  const [first, ...others] = entries;
  return {
    manifest: JSON.parse(Buffer.from(first?.data ?? []).toString()) as BundleManifest,
    headers: entries.map(({ header }) => header),
    files: new Map(others.map(({ header, data }) => [header.name, Buffer.from(data ?? [])])),
  };
}

/** Writes the files of a bundle into a directory, with their times. */
export async function unpackBundle(bundle: string | Uint8Array, dir: string): Promise<UnpackedBundle> {
  const unpacked = await readBundle(bundle);
  for (const { name, mtime } of unpacked.headers.slice(1)) {
    const file = path.join(dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, unpacked.files.get(name) ?? "");
    if (mtime !== undefined) fs.utimesSync(file, mtime, mtime);
  }
  return unpacked;
}
