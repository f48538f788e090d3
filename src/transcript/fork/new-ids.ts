/** 16 random bytes for each uuid of the source. */
export type NewIds = Uint8Array;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Formats the 16 random bytes at `at` as a uuid (version 4). */
export function formatUuid(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    let byte = bytes[at + i] as number;
    if (i === 6) byte = (byte & 0x0f) | 0x40;
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    text += HEX[byte];
    if (i === 3 || i === 5 || i === 7 || i === 9) text += "-";
  }
  return text;
}
