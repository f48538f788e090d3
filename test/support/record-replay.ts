/** Writes what loads of the fixtures show now beside them. Read it before it is kept: it is what replay.test.ts holds. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { recorded, replayFixture, replayFixtures, replayNames } from "./replay.ts";

const configDir = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-"));
for (const name of replayNames) {
  const { updates } = await replayFixture(configDir, name);
  fs.writeFileSync(path.join(replayFixtures, `${name}.updates.json`), recorded(updates));
}
fs.rmSync(configDir, { recursive: true });
