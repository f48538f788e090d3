import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportSessions, importSessions, listSessions } from "../../src/index.ts";
import { ask, isCliExpected, newDir, prompted, requireCli, runCli } from "./cli.ts";
import { conversationOf } from "./conversation.ts";
import { keyOf, rowsOf } from "./samples.ts";

const NEXT = "What now?";
describe.runIf(isCliExpected)("the real Claude Code CLI, on another machine", () => {
  const id = randomUUID();
  let root = "";
  /** What the model is told of the session when it is continued where it was. */
  let expected: string[][] = [];
  const at = (...names: string[]): string => path.join(root, ...names);

  beforeAll(async () => {
    requireCli();
    root = newDir("import");
    for (const dir of ["old", "new/acme", "other", "config-2", "config-3"]) fs.mkdirSync(at(dir), { recursive: true });
    fs.writeFileSync(at("old", "notes.txt"), "Tides are high at noon.\n");
    // The model reads a file, so that the conversation has a call and its result.
    const reads = { tools: [["Read", { file_path: at("old", "notes.txt") }]] } as const;
    const rules = [{ when: "Look at it", steps: [reads, { text: "I have read it." }] }];
    await runCli(
      at("config-1"),
      [prompted(at("old"), "Look at it", "--session-id", id), prompted(at("old"), "And then?", "--resume", id)],
      rules,
    );
    await exportSessions({ sessionIds: [id], configDirs: [at("config-1")], out: at("taken.tar.gz") });
    expected = conversationOf(await ask(at("config-1"), at("old"), NEXT, "--resume", id));
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("resumes an imported session in another directory, under another config dir, with all that was said", async () => {
    expect(JSON.stringify(expected)).toMatch(
      /Look at it.*Tides are high at noon.*I have read it.*And then\?.*What now\?/,
    );
    const { sessions } = await importSessions({
      from: at("taken.tar.gz"),
      configDir: at("config-2"),
      cwd: at("new/acme"),
    });
    expect(sessions).toMatchObject([{ sessionId: id, outcome: "imported", cwd: at("new/acme") }]);
    expect(conversationOf(await ask(at("config-2"), at("new/acme"), NEXT, "--resume", id))).toEqual(expected);
    const transcript = path.join(at("config-2"), "projects", keyOf(at("new/acme")), `${id}.jsonl`);
    const cwds = new Set(rowsOf(transcript).flatMap((row) => ("cwd" in row ? [row.cwd] : [])));
    expect(cwds).toEqual(new Set([at("new/acme")]));
    const here = await listSessions({ configDirs: [at("config-2")], dir: at("new/acme"), includeWorktrees: false });
    expect(here.map(({ sessionId }) => sessionId)).toEqual([id]);
    // It was continued here: the bundle has less by now, and nothing is taken back.
    const again = await importSessions({ from: at("taken.tar.gz"), configDir: at("config-2"), cwd: at("new/acme") });
    expect(again.sessions).toMatchObject([{ outcome: "already" }]);
  });

  test("continues it as the newest one of the directory", async () => {
    const told = JSON.stringify(
      conversationOf(await ask(at("config-2"), at("new/acme"), "Still there?", "--continue")),
    );
    expect(told).toMatch(/Look at it.*And then\?.*What now\?.*Still there\?/);
  });

  test("resumes one that got a new id, since another session has its own", async () => {
    await runCli(at("config-3"), [prompted(at("other"), "Something else", "--session-id", id)]);
    const call = { from: at("taken.tar.gz"), configDir: at("config-3"), cwd: at("other") };
    const { refused } = await importSessions(call);
    expect(refused).toMatchObject([{ error: { code: "SessionExists" } }]);
    const { sessions } = await importSessions({ ...call, newId: true });
    const sessionId = sessions[0]?.sessionId ?? "";
    expect(conversationOf(await ask(at("config-3"), at("other"), NEXT, "--resume", sessionId))).toEqual(expected);
    const told = JSON.stringify(conversationOf(await ask(at("config-3"), at("other"), NEXT, "--resume", id)));
    expect(told).toContain("Something else");
    expect(told).not.toContain("Look at it");
  });
});
