import { expect, test } from "vitest";
import { formatBytes } from "../../src/view/size.ts";

test.for<[bytes: number, text: string]>([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9_949, "9.9 kB"],
  [9_960, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [408_000_000, "408 MB"],
  [3_800_000_000, "3.8 GB"],
  [1e15, "1000 TB"],
])("%i bytes are %s", ([bytes, text]) => {
  expect(formatBytes(bytes)).toBe(text);
});
