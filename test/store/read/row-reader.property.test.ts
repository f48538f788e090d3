import { randomFillSync } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { close, openRead } from "../../../src/store/disk/fs.ts";
import { ReusableBuffer } from "../../../src/store/disk/file-lines.ts";
import { RowReader } from "../../../src/store/read/row-reader.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

const SIZE = 1_500_000;

function randomFile(): { readonly fd: number; readonly bytes: Buffer; readonly file: string } {
  const bytes = Buffer.alloc(SIZE);
  randomFillSync(bytes);
  const file = path.join(tempConfigDir(), "rows");
  fs.writeFileSync(file, bytes);
  const fd = openRead(file);
  onTestFinished(() => close(fd));
  return { fd, bytes, file };
}

test("gives the bytes that stand there, in whatever order they are asked for", () => {
  const { fd, bytes } = randomFile();
  const near = fc.integer({ min: -3000, max: 3000 });
  const length = fc.oneof({ weight: 8, arbitrary: fc.nat(2000) }, fc.nat(600_000));
  const asked = fc.array(fc.tuple(fc.oneof({ weight: 4, arbitrary: near }, fc.nat(SIZE)), length), { maxLength: 60 });
  fc.assert(
    fc.property(asked, (rows) => {
      const reader = new RowReader(fd, SIZE, new ReusableBuffer());
      let at = 0;
      for (const [step, most] of rows) {
        at = Math.min(Math.max(0, Math.abs(step) > 3000 ? step : at + step), SIZE);
        const length = Math.min(most, SIZE - at);
        const [buffer, start] = reader.read(at, length);
        expect(buffer.subarray(start, start + length).equals(bytes.subarray(at, at + length))).toBe(true);
      }
    }),
  );
});

test("what is not there any more is zero", () => {
  const { fd, bytes, file } = randomFile();
  const reader = new RowReader(fd, SIZE, new ReusableBuffer());
  fs.truncateSync(file, 1000);
  for (const length of [500, 500_000]) {
    const [buffer, start] = reader.read(900, length);
    const expected = Buffer.concat([bytes.subarray(900, 1000), Buffer.alloc(length - 100)]);
    expect(buffer.subarray(start, start + length).equals(expected)).toBe(true);
  }
});
