import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { everyFixture } from "../../support/every-fixture.ts";
import { snapshot } from "../../support/snapshot.ts";
import { readBundle } from "../../support/unpack.ts";

const transcriptsIn = (dir: string): string[] =>
  fs
    .readdirSync(path.join(dir, "projects"), { recursive: true, encoding: "utf8" })
    .filter(
      (name) =>
        /^[^/\\]+[/\\][0-9a-f-]{36}\.jsonl$/.test(name) && fs.statSync(path.join(dir, "projects", name)).size > 0,
    );

/** The files of projects, without times, as a bundle keeps seconds only. */
const filesOf = (dir: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(snapshot(dir, { times: false })).filter(
      ([name, what]) => name.startsWith("projects/") && what.startsWith("file"),
    ),
  );

describe("round trip", () => {
  test("of every fixture: export, import into an empty store, export again", async () => {
    const source = everyFixture();
    const sessionIds = [...new Set(transcriptsIn(source).map((name) => path.basename(name, ".jsonl")))];
    const [one, two] = [path.join(tempConfigDir(), "1.tar.gz"), path.join(tempConfigDir(), "2.tar.gz")];
    await exportSessions({ sessionIds, configDirs: [source], out: one, fileHistory: true });
    const configDir = tempConfigDir();
    const report = await importSessions({ from: one, configDir, keepCwd: true });
    expect(report.refused).toEqual([]);
    expect(report.sessions.map(({ outcome }) => outcome)).toEqual(sessionIds.map(() => "imported"));
    const first = await readBundle(one);
    const differs = ([name, bytes]: [string, Buffer]): boolean =>
      !fs.readFileSync(path.join(configDir, name)).equals(bytes);
    expect([...first.files].filter(differs).map(([name]) => name)).toEqual([]);
    await exportSessions({ sessionIds, configDirs: [configDir], out: two, fileHistory: true });
    const second = await readBundle(two);
    expect({ ...second.manifest, createdAt: "" }).toEqual({ ...first.manifest, createdAt: "" });

    const before = snapshot(configDir, { directoryTimes: true });
    const again = await importSessions({ from: one, configDir, keepCwd: true });
    expect(again.sessions.map(({ outcome }) => outcome)).toEqual(sessionIds.map(() => "already"));
    expect(snapshot(configDir, { directoryTimes: true })).toEqual(before);

    const fromDirectory = tempConfigDir();
    const direct = await importSessions({ from: source, configDir: fromDirectory, keepCwd: true });
    expect(direct.refused).toEqual([]);
    expect(filesOf(fromDirectory)).toEqual(filesOf(configDir));
  });
});
