import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listSessions, moveProject, type MoveProjectReport } from "../../src/index.ts";
import { ask, isCliExpected, newDir, prompted, requireCli, runCli } from "./cli.ts";
import { conversationOf } from "./conversation.ts";
import { keyOf, rowsOf } from "./samples.ts";

const NEXT = "What now?";

describe.runIf(isCliExpected)("the real Claude Code CLI, after a directory was renamed and its sessions moved", () => {
  let root = "";
  let config = "";
  let report: MoveProjectReport | undefined;
  const at = (...names: string[]): string => path.join(root, ...names);
  /** The sessions in the order in which they were begun, by their first prompts. */
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    requireCli();
    root = newDir("move-project");
    config = at("config");
    for (const dir of ["old/src", "old-docker"]) fs.mkdirSync(at(dir), { recursive: true });
    execFileSync("git", ["init", "-q"], { cwd: at("old") });
    await runCli(config, [
      prompted(at("old"), "The older one"),
      prompted(at("old"), "The newer one"),
      prompted(at("old/src"), "The one below"),
      prompted(at("old-docker"), "The neighbour"),
    ]);
    for (const { sessionId, firstPrompt = "" } of await listSessions({ configDirs: [config] }))
      ids[firstPrompt] = sessionId;
    fs.renameSync(at("old"), at("new"));
    report = await moveProject({ from: at("old"), to: at("new"), configDirs: [config] });
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  const transcriptOf = (dir: string, prompt: string): string =>
    path.join(config, "projects", keyOf(dir), `${ids[prompt]}.jsonl`);
  const wordsOf = async (cwd: string, ...args: string[]): Promise<string> =>
    JSON.stringify(conversationOf(await ask(config, cwd, NEXT, ...args)));

  test("continues the newest session of the new directory, and of one below it, where they were moved to", async () => {
    expect([report?.refused, report?.moved.length]).toEqual([[], 3]);
    expect(await wordsOf(at("new"), "--continue")).toContain("The newer one");
    expect(await wordsOf(at("new", "src"), "--continue")).toContain("The one below");
    expect(await wordsOf(at("old-docker"), "--continue")).toContain("The neighbour");
    const rows = rowsOf(transcriptOf(at("new"), "The newer one"));
    expect(rows.find((row) => row.type === "user" && row.message?.content === NEXT)).toMatchObject({ cwd: at("new") });
  });

  test("resumes one by its id, keeps the row of the move, and lists show it in the new directory ever after", async () => {
    const id = ids["The older one"] ?? "";
    expect(await wordsOf(at("new"), "--resume", id)).toContain("The older one");
    const rows = rowsOf(transcriptOf(at("new"), "The older one"));
    // The CLI has read the row: it repeats it at the end of its run.
    const places = rows
      .filter((row) => row.type === "relocated")
      .map((row) => (row as { relocatedCwd?: string }).relocatedCwd);
    expect(places.length).toBeGreaterThan(1);
    expect(new Set(places)).toEqual(new Set([at("new")]));
    const here = await listSessions({ configDirs: [config], dir: at("new"), includeWorktrees: false });
    expect(here.map(({ sessionId, cwd }) => [sessionId, cwd])).toContainEqual([id, at("new")]);
    const official = await import("@anthropic-ai/claude-agent-sdk");
    process.env["CLAUDE_CONFIG_DIR"] = config;
    const theirs = await official
      .listSessions({ dir: at("new") })
      .finally(() => delete process.env["CLAUDE_CONFIG_DIR"]);
    expect(theirs.find(({ sessionId }) => sessionId === id)?.cwd).toBe(at("new"));
  });

  test("continues it in the old directory again after an undo", async () => {
    fs.renameSync(at("new"), at("old"));
    const { refused } = await moveProject({ from: at("old"), to: at("new"), undo: true, configDirs: [config] });
    expect(refused).toEqual([]);
    expect(await wordsOf(at("old", "src"), "--continue")).toContain("The one below");
    expect(await wordsOf(at("old"), "--resume", ids["The newer one"] ?? "")).toContain("The newer one");
  });
});
