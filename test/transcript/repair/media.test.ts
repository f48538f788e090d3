import { expect, test } from "vitest";
import { mediaFault } from "../../../src/transcript/repair/media.ts";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
/** A PNG whose header says that it is as large. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.from(PIXEL);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
const jpeg = (width: number, height: number, end = [0xff, 0xd9]): Buffer => {
  const frame = [0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  return Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, ...frame, ...end]);
};
const gif = Buffer.from("GIF89a\x01\x00\x01\x00", "latin1");
const webp = Buffer.concat([
  Buffer.from("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0"),
  Buffer.from([0x3f, 0x1f, 0, 0, 0, 0]),
]);
const block = (type: string, mediaType: string, data: unknown): Record<string, unknown> => ({
  type,
  source: { type: "base64", media_type: mediaType, data },
});

test.for<[what: string, type: string, mediaType: string, data: Buffer | string | number, fault: string | undefined]>([
  ["a PNG", "image", "image/png", PIXEL, undefined],
  ["a GIF", "image", "image/gif", gif, undefined],
  ["a JPEG", "image", "image/jpeg", jpeg(8000, 20), undefined],
  ["a WebP", "image", "image/webp", webp, undefined],
  ["another type", "image", "image/png", gif, "image/gif"],
  ["no data", "image", "image/png", "", "has no data"],
  ["data that is no text", "image", "image/png", 7, "has no data"],
  ["half a group of base64", "image", "image/png", "AAAAA", "is not whole base64"],
  ["other characters", "image", "image/png", "AA A", "is not whole base64"],
  ["the limit", "image", "image/png", Buffer.concat([PIXEL, Buffer.alloc(3 * 1310720 - PIXEL.length)]), undefined],
  [
    "more than the limit",
    "image",
    "image/png",
    "A".repeat(5 * 1024 * 1024 + 4),
    "has 5242884 bytes of base64, more than the API's 5242880",
  ],
  ["another format", "image", "image/png", Buffer.from("BM not an image"), "is not a PNG, JPEG, GIF or WebP image"],
  ["a PNG that is cut", "image", "image/png", PIXEL.subarray(0, 54), "is cut"],
  ["a JPEG that is cut", "image", "image/jpeg", jpeg(1, 1, [0, 0]), "is cut"],
  ["a wide PNG", "image", "image/png", png(8001, 1), "is 8001 × 1 pixels, more than the API's 8000"],
  ["a high JPEG", "image", "image/jpeg", jpeg(1, 8001), "is 1 × 8001 pixels, more than the API's 8000"],
  ["a PNG without pixels", "image", "image/png", png(0, 1), "has no pixels"],
  ["a PDF", "document", "application/pdf", Buffer.from("%PDF-1.7"), undefined],
  ["no PDF", "document", "application/pdf", Buffer.from("words"), "is not a PDF"],
  ["another document", "document", "text/plain", Buffer.from("words"), undefined],
  ["another block", "text", "image/png", "", undefined],
])("%s", ([, type, mediaType, data, fault]) => {
  const base64 = Buffer.isBuffer(data) ? data.toString("base64") : data;
  const found = mediaFault(block(type, mediaType, base64));
  expect(found && ("reason" in found ? found.reason : found.mediaType)).toBe(fault);
});

test("an image at an address is not looked at", () => {
  expect(mediaFault({ type: "image", source: { type: "url", url: "https://example.org/a.png" } })).toBeUndefined();
});
