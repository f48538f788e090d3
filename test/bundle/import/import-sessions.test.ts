import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";
import { everyFixture } from "../../support/every-fixture.ts";
import { fillConfigDir, ID } from "../../support/session-tree.ts";
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

  test("of a session that has everything, and a file in place of its directory in another project", async () => {
    const [source, configDir] = [tempConfigDir(), tempConfigDir()];
    fillConfigDir(source);
    put(source, `projects/-b/${ID}`, "no directory");
    put(source, `projects/-a/${ID}/tool-results/A`, "1");
    put(source, `projects/-a/${ID}/tool-results/a`, "2");
    const out = path.join(configDir, "bundle.tar.gz");
    const report = await exportSessions({ sessionIds: [ID], configDirs: [source], out, fileHistory: true });
    expect(report.sessions[0]?.leftOut.map(({ path: name }) => name)).toEqual([
      `projects/-a/${ID}/link`,
      `projects/-a/${ID}/tool-results/a`,
      `projects/-b/${ID}`,
    ]);
    const { refused, sessions } = await importSessions({ from: out, configDir, keepCwd: true });
    expect(refused).toEqual([]);
    const files = report.sessions[0]?.files ?? [];
    expect(sessions[0]?.files.map((file) => file.path).sort()).toEqual(files.map((file) => file.path).sort());
    const differs = files.filter(
      ({ path: name }) => !fs.readFileSync(path.join(configDir, name)).equals(fs.readFileSync(path.join(source, name))),
    );
    expect(differs).toEqual([]);
  });
});
