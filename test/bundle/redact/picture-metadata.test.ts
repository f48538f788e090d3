import { describe, expect, test } from "vitest";
import { takeMetadata } from "../../../src/bundle/redact/picture-metadata.ts";
import { png } from "../../support/planted-secrets.ts";

const bytes = (...parts: (string | readonly number[] | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
const jpegPart = (marker: number, data: string): Buffer => bytes([0xff, marker, 0, data.length + 2], data);
function riff(...chunks: [type: string, data: string][]): Buffer {
  const body = bytes("WEBP", ...chunks.flatMap(([type, data]) => [type, [data.length, 0, 0, 0], data]));
  return bytes("RIFF", [body.length, 0, 0, 0], body);
}
function chunk(type: string, data: string): Buffer {
  return bytes([0, 0, 0, data.length], type, data, [0, 0, 0, 0]);
}
const END = [0xff, 0xd9];
const SCAN = bytes(jpegPart(0xda, "\0"), "data", [0xff, 0], "more", [0xff, 0xd3], "more");
const LOOK = [jpegPart(0xe0, "JFIF\0x"), jpegPart(0xe2, "ICC_PROFILE\0x"), jpegPart(0xdb, "table")] as const;
const JPEG = bytes([0xff, 0xd8], ...LOOK, SCAN, jpegPart(0xc4, "table"), SCAN, END);
const WEBP = riff(["VP8L", "data"]);
const PNG = png();
const GIF = bytes(
  "GIF89a",
  [1, 0, 1, 0, 0, 0, 0],
  [0x21, 0xf9, 1, 0, 0],
  [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 9, 0],
  [0x3b],
);

describe("what says nothing of the looks of a picture is taken out of it", () => {
  test.for([
    ["JPEG: Exif", JPEG, bytes(JPEG.subarray(0, 2), jpegPart(0xe1, "Exif secret"), JPEG.subarray(2))],
    [
      "JPEG: a comment after fill bytes",
      JPEG,
      bytes(JPEG.subarray(0, 2), [0xff, 0xff], jpegPart(0xfe, "secret"), JPEG.subarray(2)),
    ],
    [
      "JPEG: FlashPix and an index",
      JPEG,
      bytes(JPEG.subarray(0, 2), jpegPart(0xe2, "FPXR secret"), jpegPart(0xe2, "MPF secret"), JPEG.subarray(2)),
    ],
    ["JPEG: a comment after the data", JPEG, bytes(JPEG.subarray(0, -2), jpegPart(0xfe, "secret"), END)],
    ["JPEG: a second picture", JPEG, bytes(JPEG, [0xff, 0xd8], jpegPart(0xe1, "secret"), END)],
    ["PNG: an unknown chunk", PNG, bytes(PNG.subarray(0, 33), chunk("prVt", "secret"), PNG.subarray(33))],
    ["PNG: a trailer", PNG, bytes(PNG, "secret")],
    ["WebP: an unknown chunk", WEBP, riff(["VP8L", "data"], ["prVt", "secret"])],
    ["WebP: a trailer", WEBP, bytes(WEBP, "secret")],
    ["GIF: an unknown extension", GIF, bytes(GIF.subarray(0, 13), [0x21, 0x77, 6], "secret", [0], GIF.subarray(13))],
    ["GIF: a trailer", GIF, bytes(GIF, "secret")],
  ] as const)("%s", ([, picture, given]) => {
    expect(takeMetadata(picture)).toBeUndefined();
    const taken = takeMetadata(given);
    expect(taken?.picture.toString("latin1")).toBe(picture.toString("latin1"));
    expect(taken?.texts.join("\n")).toContain("secret");
  });
});
