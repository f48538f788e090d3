import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportSessions, importSessions } from "../../src/index.ts";
import { SECRET_KINDS } from "../support/planted-secrets.ts";
import { ask, isCliExpected, newDir, prompted, requireCli, runCli } from "./cli.ts";
import { conversationOf } from "./conversation.ts";

describe.runIf(isCliExpected)("the real Claude Code CLI, given a session without its secrets", () => {
  const id = randomUUID();
  const { secret } = (SECRET_KINDS["github-token"] as (n: number) => { secret: string })(11);
  let root = "";
  const at = (...names: string[]): string => path.join(root, ...names);

  beforeAll(() => {
    requireCli();
    root = newDir("redact");
    for (const dir of ["home/work", "new", "config-2"]) fs.mkdirSync(at(dir), { recursive: true });
    fs.writeFileSync(at("home/work/notes.txt"), `TOKEN=${secret}\n`);
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("resumes it, and tells the model all that was said, with the masks", async () => {
    const calls = [
      ["Read", { file_path: at("home/work/notes.txt") }],
      ["Bash", { command: `echo ${secret}`, description: "Print it" }],
    ] as const;
    const rules = [{ when: "Look at", steps: [{ tools: calls }, { text: `It is ${secret}.` }] }];
    const first = prompted(at("home/work"), `Look at ${secret}`, "--session-id", id);
    await runCli(at("config-1"), [first, prompted(at("home/work"), "And then?", "--resume", id)], rules);
    const out = at("taken.tar.gz");
    const redact = { homes: [at("home")], users: [], hosts: [] };
    const { masked } = await exportSessions({ sessionIds: [id], configDirs: [at("config-1")], out, redact });
    expect(masked?.kinds["github-token"]).toBeGreaterThan(5);
    const { refused } = await importSessions({ from: out, configDir: at("config-2"), cwd: at("new") });
    expect(refused).toEqual([]);
    const there = conversationOf(await ask(at("config-1"), at("home/work"), "What now?", "--resume", id));
    const here = conversationOf(await ask(at("config-2"), at("new"), "What now?", "--resume", id));
    expect(JSON.stringify(there)).toContain(secret);
    expect(JSON.stringify(here)).not.toContain(secret);
    const masks = (text: string): string =>
      text.replaceAll(secret, "[redacted:github-token:1]").replaceAll(at("home"), "/redacted-home");
    expect(here).toEqual(there.map((blocks) => blocks.map(masks)));
  });
});
