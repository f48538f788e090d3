import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { problems } from "../../support/acp-schema.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { recorded, replayFixture, replayFixtures, replayNames } from "../../support/replay.ts";

test("every transcript of the fixtures has its expectation, and the other way round", () => {
  const expectations = fs.readdirSync(replayFixtures).filter((file) => file.endsWith(".updates.json"));
  expect(expectations).toEqual(replayNames.map((name) => `${name}.updates.json`));
  expect(replayNames.length).toBeGreaterThan(15);
});

test.for(replayNames)("a load of fixtures/replay/%s.jsonl shows what was recorded and read", async (name) => {
  const { updates } = await replayFixture(tempConfigDir(), name);
  for (const update of updates) expect(problems("SessionUpdate", update)).toEqual([]);
  expect(recorded(updates)).toBe(fs.readFileSync(path.join(replayFixtures, `${name}.updates.json`), "utf8"));
});

test("loaded twice, a session has the same message ids and the same updates", async () => {
  const dir = tempConfigDir();
  const [once, again] = [await replayFixture(dir, "commands"), await replayFixture(dir, "commands")];
  expect(again).toEqual(once);
});

test("abandoned branches and other parts that are not shown are counted", async () => {
  const dir = tempConfigDir();
  expect((await replayFixture(dir, "compaction")).facts).toEqual({ hiddenBranches: 1 });
  expect((await replayFixture(dir, "commands")).facts).toEqual({
    hiddenBranches: 0,
    notShown: { notices: 1, reminders: 2 },
  });
});

test("a client that knows compactions gets one, with its summary but without the sentences for the model", async () => {
  const { updates } = await replayFixture(tempConfigDir(), "compaction", { compactions: true });
  for (const update of updates) expect(problems("SessionUpdate", update)).toEqual([]);
  expect(updates.filter(({ sessionUpdate }) => sessionUpdate === "compaction_update")).toEqual([
    {
      sessionUpdate: "compaction_update",
      compactionId: "00000000-0012-4000-8000-000000000003",
      status: "completed",
      _meta: { "claude-transcripts": { compaction: { trigger: "auto", preTokens: 168000, postTokens: 9000 } } },
    },
    {
      sessionUpdate: "compaction_update",
      compactionId: "00000000-0012-4000-8000-000000000003",
      status: "completed",
      summary: [{ type: "text", text: "1. The user said to begin.\n2. It was begun." }],
    },
  ]);
});
