import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** An entry as it is written, whether or not that makes sense. */
export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly body?: string | Uint8Array;
  /** The type flag. Default `0`, a file. */
  readonly type?: string;
  readonly link?: string;
  /** Size that the header says. Default: that of the body. */
  readonly size?: number;
  readonly breaksChecksum?: boolean;
}

const BLOCK = 512;
const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);

function header({ name, body = "", type = "0", link = "", size, breaksChecksum = false }: RawEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write("0000600\u00000000000\u00000000000\u0000", 100, "latin1");
  block.write(`${(size ?? Buffer.from(body).length).toString(8).padStart(11, "0")}\0`, 124, "latin1");
  block.write(`${(1_790_000_000).toString(8).padStart(11, "0")}\0`, 136, "latin1");
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write(link, 157, "utf8");
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((all, byte) => all + byte, breaksChecksum ? 1 : 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Returns an entry; a long name gets one of type `L` before it. */
export function entryBytes(entry: RawEntry): Buffer {
  const name = Buffer.from(entry.name);
  const long = name.length > 100 ? [header({ name: "long", type: "L", body: name }), padded(name)] : [];
  return Buffer.concat([...long, header(entry), padded(Buffer.from(entry.body ?? ""))]);
}

export const END = Buffer.alloc(2 * BLOCK);

/** A pax header with records, for the entry after it (`x`) or for all (`g`). */
export function paxEntry(records: Readonly<Record<string, string>>, type: "x" | "g" = "x"): RawEntry {
  const body = Object.entries(records).map(([key, value]) => {
    const length = Buffer.byteLength(` ${key}=${value}\n`);
    const digits = String(length + String(length).length).length;
    return `${length + digits} ${key}=${value}\n`;
  });
  return { name: "pax", type, body: body.join("") };
}

export const archive = (entries: readonly RawEntry[], end: Uint8Array = END): Buffer =>
  gzipSync(Buffer.concat([...entries.map(entryBytes), end]));

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const manifestFile = (path: string, body: string | Uint8Array): ManifestFile => {
  const bytes = Buffer.from(body);
  return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
};

export const manifestEntry = (sessions: readonly unknown[], more: object = {}): RawEntry => ({
  name: "manifest.json",
  body: JSON.stringify({
    format: "claude-transcripts-bundle",
    version: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
    createdBy: "test",
    sessions,
    ...more,
  }),
});
