/**
 * Texts in pictures: comments, Exif, XMP, IPTC. They may name who made a picture, with what, and where. Nothing is decoded but the
 * structure of the file.
 */
import { inflateSync } from "node:zlib";
import { attempt } from "../../store/errors.ts";

export interface PictureMetadata {
  /** The picture without its metadata. */
  readonly picture: Buffer;
  /** The metadata, as text as far as it is one. */
  readonly texts: readonly string[];
}

/** Takes the metadata out of a PNG, JPEG, GIF or WebP file. Undefined for anything else, and for one that has none. */
export function takeMetadata(file: Buffer): PictureMetadata | undefined {
  const parts = attempt(() => partsOf(file));
  if (parts === undefined || parts.every(({ isMetadata }) => !isMetadata)) return undefined;
  const kept = parts.filter(({ isMetadata }) => !isMetadata).map(({ start, end }) => file.subarray(start, end));
  const texts = parts
    .filter(({ isMetadata }) => isMetadata)
    .flatMap(({ start, end }) => textsIn(file.subarray(start, end)));
  return { picture: isRiff(file) ? withRiffSize(Buffer.concat(kept)) : Buffer.concat(kept), texts };
}

/** Reports whether bytes begin like a picture of a kind whose metadata is known. */
export const isPicture = (file: Buffer): boolean => isPng(file) || isJpeg(file) || isGif(file) || isRiff(file);

/** A picture in a text; the group is its base64. */
const DATA_URL = /\bdata:image\/[a-z0-9.+-]{1,40};base64,([A-Za-z0-9+/]{64,}={0,2})/gi;

/** Takes the metadata out of all pictures that a text has as `data:` URLs. `taken` gets what was in each. */
export function withoutMetadata(text: string, taken: (texts: readonly string[]) => void): string {
  if (!text.includes(";base64,")) return text;
  return text.replace(DATA_URL, (url, base64: string) => {
    const found = takeMetadata(Buffer.from(base64, "base64"));
    if (found === undefined) return url;
    taken(found.texts);
    return url.slice(0, -base64.length) + found.picture.toString("base64");
  });
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly isMetadata: boolean;
}

const isPng = (file: Buffer): boolean => file.subarray(0, 8).equals(PNG);
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const isJpeg = (file: Buffer): boolean => file[0] === 0xff && file[1] === 0xd8 && file[2] === 0xff;
const isGif = (file: Buffer): boolean => /^GIF8[79]a/.test(file.toString("latin1", 0, 6));
const isRiff = (file: Buffer): boolean =>
  file.toString("latin1", 0, 4) === "RIFF" && file.toString("latin1", 8, 12) === "WEBP";

function partsOf(file: Buffer): Part[] | undefined {
  if (isPng(file)) return pngParts(file);
  if (isJpeg(file)) return jpegParts(file);
  if (isGif(file)) return gifParts(file);
  return isRiff(file) ? riffParts(file) : undefined;
}

/** Chunks that say what the picture looks like. Any other may say anything. */
const PNG_CHUNKS = new Set(
  "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT cICP mDCV cLLI acTL fcTL fdAT".split(" "),
);

function pngParts(file: Buffer): Part[] {
  const parts: Part[] = [{ start: 0, end: PNG.length, isMetadata: false }];
  let at = PNG.length;
  let isEnd = false;
  while (at + 12 <= file.length && !isEnd) {
    const type = file.toString("latin1", at + 4, at + 8);
    const end = Math.min(at + 12 + file.readUInt32BE(at), file.length);
    parts.push({ start: at, end, isMetadata: !PNG_CHUNKS.has(type) });
    isEnd = type === "IEND";
    at = end;
  }
  // What comes after the end is no picture.
  if (at < file.length) parts.push({ start: at, end: file.length, isMetadata: true });
  return parts;
}

/** Application segments that say how to decode the picture, by how they begin. */
const JPEG_SEGMENTS: Readonly<Record<number, string>> = { 0xe0: "JFIF\0", 0xe2: "ICC_PROFILE\0", 0xee: "Adobe" };

function isJpegMetadata(file: Buffer, marker: number, at: number): boolean {
  if (marker < 0xe0) return false;
  const begin = JPEG_SEGMENTS[marker];
  return begin === undefined || file.toString("latin1", at, at + begin.length) !== begin;
}

const JPEG_SCAN = 0xda;
const JPEG_END = 0xd9;

function jpegParts(file: Buffer): Part[] {
  const parts: Part[] = [{ start: 0, end: 2, isMetadata: false }];
  let at = 2;
  while (file[at] === 0xff) {
    let sign = at + 1;
    // Any number of these may fill the space before a marker.
    while (file[sign] === 0xff) sign++;
    const marker = file[sign] as number;
    const isAlone = marker === JPEG_END || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    if (!isAlone && sign + 3 > file.length) break;
    const end = isAlone ? sign + 1 : Math.min(sign + 1 + file.readUInt16BE(sign + 1), file.length);
    parts.push({ start: at, end, isMetadata: isJpegMetadata(file, marker, sign + 3) });
    at = end;
    if (marker === JPEG_END) break;
    if (marker !== JPEG_SCAN) continue;
    const next = endOfScan(file, at);
    parts.push({ start: at, end: next, isMetadata: false });
    at = next;
  }
  // What comes after the end is another picture, or none.
  if (at < file.length) parts.push({ start: at, end: file.length, isMetadata: true });
  return parts;
}

/** Returns where the data of a scan end, before the next marker that is no part of them. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1];
    if (next !== 0 && next !== 0xff && next !== undefined && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return file.length;
}

function gifParts(file: Buffer): Part[] {
  const flags = file[10] as number;
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  const parts: Part[] = [{ start: 0, end: at, isMetadata: false }];
  const afterBlocks = (from: number): number => {
    let next = from;
    while (next < file.length && file[next] !== 0) next += (file[next] as number) + 1;
    return next + 1;
  };
  while (at < file.length) {
    const start = at;
    const kind = file[at];
    let isMetadata = false;
    if (kind === 0x21) {
      const label = file[at + 1];
      const name = file.toString("latin1", at + 3, at + 11);
      isMetadata = label !== 0xf9 && !(label === 0xff && (name === "NETSCAPE" || name === "ANIMEXTS"));
      at = afterBlocks(at + 2);
    } else if (kind === 0x2c) {
      const local = file[at + 9] as number;
      at = afterBlocks(at + 11 + ((local & 0x80) === 0 ? 0 : 3 << ((local & 7) + 1)));
    } else {
      at += 1;
      parts.push({ start, end: at, isMetadata: false });
      break;
    }
    parts.push({ start, end: Math.min(at, file.length), isMetadata });
  }
  if (at < file.length) parts.push({ start: at, end: file.length, isMetadata: true });
  return parts;
}

const RIFF_CHUNKS = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]);

function riffParts(file: Buffer): Part[] {
  const parts: Part[] = [{ start: 0, end: 12, isMetadata: false }];
  const last = Math.min(file.readUInt32LE(4) + 8, file.length);
  let at = 12;
  while (at + 8 <= last) {
    const bytes = file.readUInt32LE(at + 4);
    const end = Math.min(at + 8 + bytes + (bytes % 2), last);
    parts.push({ start: at, end, isMetadata: !RIFF_CHUNKS.has(file.toString("latin1", at, at + 4)) });
    at = end;
  }
  if (at < file.length) parts.push({ start: at, end: file.length, isMetadata: true });
  return parts;
}

function withRiffSize(file: Buffer): Buffer {
  file.writeUInt32LE(file.length - 8, 4);
  // The flags say that Exif (8) and XMP (4) follow.
  if (file.toString("latin1", 12, 16) === "VP8X") file[20] = (file[20] as number) & ~0x0c;
  return file;
}

/** Returns what can be read in metadata: as it stands, and unpacked where PNG packs it. */
function textsIn(part: Buffer): string[] {
  const texts = [part.toString("utf8").replaceAll("\0", "\n")];
  const packed = part.indexOf(Buffer.from([0x78]), 8);
  for (let at = packed, tries = 0; at >= 0 && tries < 4; at = part.indexOf(0x78, at + 1), tries++) {
    const text = attempt(() => inflateSync(part.subarray(at), { maxOutputLength: MAX_TEXT_BYTES, finishFlush: 2 }));
    if (text !== undefined && text.length > 0) texts.push(text.toString("utf8"));
  }
  return texts;
}

const MAX_TEXT_BYTES = 1024 * 1024;
