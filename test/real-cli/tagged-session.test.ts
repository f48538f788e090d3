import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeSession, editSessionTags, getSessionAnnotation, listSessionPage } from "../../src/index.ts";
import { type CliResult, isCliExpected, newDir, prompted, requireCli, runCli } from "./cli.ts";
import { keyOf } from "./samples.ts";

const TAGS = ["bug", "august"];
const DESCRIPTION = "The month of a date was counted from 0";
const ANNOTATION = "claude-transcripts-annotation";

describe.runIf(isCliExpected)("the real Claude Code CLI, in a session with tags and a description", () => {
  const id = randomUUID();
  const results: Record<string, CliResult | undefined> = {};
  let root: string;
  let where: { configDirs: string[] };
  let transcript: string;
  /** Our rows, as they were appended. */
  let ours: string[];
  const lines = (): string[] => fs.readFileSync(transcript, "utf8").split("\n");
  const annotations = (): string[] => lines().filter((line) => line.includes(ANNOTATION));

  beforeAll(async () => {
    requireCli();
    root = newDir("real-annotation");
    const [config, project] = [path.join(root, "config"), path.join(root, "acme")];
    fs.mkdirSync(project);
    transcript = path.join(config, "projects", keyOf(project), `${id}.jsonl`);
    where = { configDirs: [config] };
    await runCli(config, [prompted(project, "Hello", "--session-id", id)]);
    await editSessionTags(id, { add: TAGS }, where);
    await describeSession(id, DESCRIPTION, where);
    ours = annotations();
    const [resumed, , renamed, last, forked] = await runCli(config, [
      prompted(project, "Again", "--resume", id),
      prompted(project, "/compact", "--resume", id),
      prompted(project, "/rename A new name", "--resume", id),
      prompted(project, "And after that?", "--resume", id),
      prompted(project, "On a fork", "--resume", id, "--fork-session"),
    ]);
    Object.assign(results, { resumed, renamed, last, forked });
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("resumes, compacts, renames and goes on", () => {
    expect(JSON.stringify(results["resumed"]?.requests[0]?.messages)).toContain("Hello");
    expect(lines().filter((line) => line.includes('"compact_boundary"')).length).toBe(1);
    expect(results["renamed"]?.stdout).toContain("A new name");
    expect(results["last"]?.requests.length).toBe(1);
  });

  test("tells the model nothing of our rows", () => {
    const sent = JSON.stringify(Object.values(results).map((result) => result?.requests));
    expect(sent).toContain("On a fork");
    for (const word of [ANNOTATION, DESCRIPTION, "august"]) expect(sent).not.toContain(word);
  });

  test("keeps our rows byte for byte, and repeats only the first tag after them", () => {
    expect(ours.length).toBe(2);
    expect(annotations()).toEqual(ours);
    const all = lines();
    const later = all.slice(all.lastIndexOf(ours[1] ?? "") + 1).filter((line) => line.includes('"type":"tag"'));
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later)).toEqual(new Set([`{"type":"tag","tag":"bug","sessionId":"${id}"}`]));
  });

  test("leaves it in the list with its new title, all tags and the description", async () => {
    // So long that a list does not come across our rows when it reads both ends.
    expect(fs.statSync(transcript).size).toBeGreaterThan(2 * 64 * 1024);
    const { sessions } = await listSessionPage(where);
    const session = sessions.find(({ sessionId }) => sessionId === id);
    expect(session).toMatchObject({ title: "A new name", tag: "bug", tags: TAGS, description: DESCRIPTION });
    expect(await getSessionAnnotation(id, where)).toEqual({ tags: TAGS, description: DESCRIPTION });
  });

  test("gives a fork of its own the first tag only", async () => {
    const { sessions } = await listSessionPage(where);
    const forks = sessions.filter(({ sessionId }) => sessionId !== id);
    expect(forks.map(({ tags, description }) => [tags, description])).toEqual([[["bug"], undefined]]);
  });
});
