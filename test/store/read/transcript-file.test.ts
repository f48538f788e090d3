import { expect, test } from "vitest";
import { TranscriptFile } from "../../../src/store/read/transcript-file.ts";
import { LONG_ROW } from "../../../src/transcript/rows/long-row.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";

test("holds the value of a long row until another row is loaded, or it is told to forget it", async () => {
  const row = (uuid: string, content: string): string =>
    `${JSON.stringify({ type: "user", uuid, message: { role: "user", content } })}\n`;
  const text = "x".repeat(LONG_ROW);
  const path = put(tempConfigDir(), "t.jsonl", row("a", text) + row("b", "short") + row("c", `${text}y`));
  const file = await TranscriptFile.open(path);
  const first = file.load(0);
  expect(first["uuid"]).toBe("a");
  expect(file.load(0)).toBe(first);
  const short = file.load(1);
  expect(file.load(1)).not.toBe(short);
  const again = file.load(0);
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
  expect(file.load(2)["uuid"]).toBe("c");
  expect(file.load(0)).not.toBe(again);
  const last = file.load(0);
  file.forget();
  expect(file.load(0)).not.toBe(last);
  expect(file.load(0)).toEqual(last);
  file.close();
});
