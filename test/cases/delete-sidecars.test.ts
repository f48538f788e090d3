import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { deleteSession, restoreSession } from "../../src/index.ts";
import { examineStore } from "../../src/store/doctor/examine-store.ts";
import { snapshot } from "../support/snapshot.ts";
import { caseConfigDir } from "../support/surfaces.ts";

const ID = "3f30b4c2-3d5d-4140-8db8-1c95f79160f9";
/** Not the session's own: plans, pasted texts and teams are shared. */
const SHARED = /^(?:README\.md|paste-cache|plans|teams)(?:\/|$)/;

/** The case with a mode and a time of its own for each file. */
function caseWithTimes(): string {
  const dir = caseConfigDir("delete-sidecars");
  fs.readdirSync(dir, { recursive: true, encoding: "utf8" })
    .sort()
    .forEach((name, nth) => {
      const file = path.join(dir, name);
      if (!fs.statSync(file).isFile()) return;
      fs.chmodSync(file, [0o600, 0o644, 0o640][nth % 3] ?? 0);
      fs.utimesSync(file, 1_700_000_000 + nth, 1_700_000_000 + nth + 0.25);
    });
  return dir;
}

test("a deletion leaves nothing of the session outside the trash, and a restoration brings every byte back", async () => {
  const dir = caseWithTimes();
  const before = snapshot(dir);
  const { items, skipped } = await deleteSession(ID, { configDirs: [dir] });
  expect(skipped).toEqual([]);
  expect(items.map((item) => item.path).sort()).toEqual([
    `debug/${ID}.txt`,
    `file-history/${ID}`,
    `image-cache/${ID}`,
    "jobs/3f30b4c2",
    `projects/-home-eve-shop/${ID}`,
    `projects/-home-eve-shop/${ID}.desktop-released.json`,
    `projects/-home-eve-shop/${ID}.jsonl`,
    `security_warnings_state_${ID}.json`,
    `session-env/${ID}`,
    `tasks/${ID}`,
    `telemetry/1p_failed_events.${ID}.x.json`,
    `todos/${ID}-agent-${ID}.json`,
    `uploads/${ID}`,
    `usage-data/facets/${ID}.json`,
    `usage-data/session-meta/${ID}.json`,
  ]);
  const left = Object.entries(snapshot(dir)).filter(
    ([at, what]) => !what.startsWith("directory") && !at.startsWith("claude-transcripts/"),
  );
  expect(left.filter(([at]) => !SHARED.test(at))).toEqual([]);
  expect(left.map(([at]) => at)).toEqual([
    "README.md",
    "paste-cache/abcd.txt",
    "plans/warm-fox.md",
    "teams/t/config.json",
  ]);
  await restoreSession(ID, { configDirs: [dir] });
  expect(snapshot(dir)).toEqual(before);
});

test("doctor names all of it when there is no such session", async () => {
  const dir = caseWithTimes();
  const orphans = async (): Promise<number | undefined> =>
    (await examineStore({ configDirs: [dir], soonMs: 0 })).configDirs[0]?.orphans.length;
  expect(await orphans()).toBe(0);
  fs.rmSync(path.join(dir, "projects", "-home-eve-shop", `${ID}.jsonl`));
  expect(await orphans()).toBe(14);
});
