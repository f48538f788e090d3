import type { JsonObject } from "../rows/json-values.ts";
import { asString, membersOf } from "../rows/json-values.ts";

/** Largest image that the API takes, in bytes of base64; Claude Code 2.1.329 does not resume with a larger one. */
const IMAGE_BYTES = 5 * 1024 * 1024;
/** Largest request that the API takes. */
const DOCUMENT_BYTES = 32 * 1024 * 1024;
/** Most pixels of a side of an image that the API takes. */
const IMAGE_PIXELS = 8000;

const NOT_BASE64 = /[^A-Za-z0-9+/]/;
/** Bytes of an image in which its size is looked for. A multiple of 3: base64 is cut at whole groups. */
const HEAD_BYTES = 96 * 1024;

/** What the API would refuse of a block: a reason, or another media type that its data has. */
export type MediaFault = { readonly reason: string } | { readonly mediaType: string };

/** Returns the fault of an image or a document that is stored as base64; undefined for other blocks and sound ones. */
export function mediaFault(block: JsonObject): MediaFault | undefined {
  const isImage = block["type"] === "image";
  if (!isImage && block["type"] !== "document") return undefined;
  const { type, data: value, media_type: mediaType } = membersOf(block["source"]);
  if (type !== "base64") return undefined;
  const data = asString(value) ?? "";
  if (data === "") return { reason: "has no data" };
  if (!isBase64(data)) return { reason: "is not whole base64" };
  const most = isImage ? IMAGE_BYTES : DOCUMENT_BYTES;
  if (data.length > most) return { reason: `has ${data.length} bytes of base64, more than the API's ${most}` };
  const head = Buffer.from(data.slice(0, (HEAD_BYTES / 3) * 4), "base64");
  if (!isImage) {
    if (mediaType !== "application/pdf" || head.subarray(0, 1024).includes("%PDF")) return undefined;
    return { reason: "is not a PDF" };
  }
  const image = imageIn(head);
  if (image === undefined) return { reason: "is not a PNG, JPEG, GIF or WebP image" };
  const { width, height, ends } = image;
  if (width === 0 || height === 0) return { reason: "has no pixels" };
  if (width > IMAGE_PIXELS || height > IMAGE_PIXELS)
    return { reason: `is ${width} × ${height} pixels, more than the API's ${IMAGE_PIXELS}` };
  if (ends !== undefined && !Buffer.from(data, "base64").includes(ends)) return { reason: "is cut" };
  return image.mediaType === mediaType ? undefined : { mediaType: image.mediaType };
}

function isBase64(data: string): boolean {
  const padding = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0;
  return data.length % 4 === 0 && !NOT_BASE64.test(data.slice(0, data.length - padding));
}

/** Format and size of an image. A size that cannot be found is 1. */
interface Image {
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  /** Bytes that every whole one has at its end. */
  readonly ends?: Buffer;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PNG_ENDS = Buffer.from("IEND");
const JPEG_ENDS = Buffer.from([0xff, 0xd9]);

function imageIn(bytes: Buffer): Image | undefined {
  if (bytes.subarray(0, 8).equals(PNG)) {
    const hasSize = bytes.length >= 24;
    const [width, height] = hasSize ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : [1, 1];
    return { mediaType: "image/png", width, height, ends: PNG_ENDS };
  }
  const start = bytes.toString("latin1", 0, 12);
  if (start.startsWith("GIF8") && bytes.length >= 10)
    return { mediaType: "image/gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) return { mediaType: "image/webp", ...sizeOfWebp(bytes) };
  if (start.startsWith("\xff\xd8\xff")) return { mediaType: "image/jpeg", ...sizeOfJpeg(bytes), ends: JPEG_ENDS };
  return undefined;
}

const UNKNOWN_SIZE = { width: 1, height: 1 };

function sizeOfWebp(bytes: Buffer): Pick<Image, "width" | "height"> {
  if (bytes.length < 30 || bytes.toString("latin1", 12, 16) !== "VP8X") return UNKNOWN_SIZE;
  return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
}

/** Finds the frame header among the segments. */
function sizeOfJpeg(bytes: Buffer): Pick<Image, "width" | "height"> {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] as number;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return UNKNOWN_SIZE;
}
