import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { getSessionMessages, listSessions } from "../../src/index.ts";
import { ask, isCliExpected, newDir, requireCli } from "./cli.ts";
import { textsOf } from "./conversation.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/config", import.meta.url));
const sessionIds = fs
  .readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })
  .map((name) => path.basename(name, ".jsonl"))
  .filter((name) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name));

/** The CLI puts this between two prompts when the conversation ends with a row of the person's side. */
const NO_ANSWER = "No response requested.";

describe.runIf(isCliExpected)("fixtures and the real Claude Code CLI", () => {
  let root: string;
  let config: string;
  beforeAll(() => {
    requireCli();
    root = newDir("fixtures");
    config = path.join(root, "config");
    fs.cpSync(FIXTURES, config, { recursive: true });
    fs.mkdirSync(path.join(root, "elsewhere"));
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("every fixture is listed", async () => {
    const listed = (await listSessions({ configDirs: [FIXTURES] })).map((session) => session.sessionId);
    expect(listed.toSorted()).toEqual([...new Set(sessionIds)].toSorted());
    expect(listed).toHaveLength(8);
  });

  test.each([...new Set(sessionIds)])("%s: the CLI resumes with the texts that the reader shows", async (sessionId) => {
    const messages = await getSessionMessages(sessionId, { configDirs: [config] });
    const answers = messages.filter(({ type }) => type === "assistant").flatMap(({ message }) => textsOf(message));
    const shown = messages.flatMap(({ message }) => textsOf(message));

    const request = await ask(config, path.join(root, "elsewhere"), "And now?", "--resume", sessionId);

    const spoken = request.messages.filter(({ role }) => role === "assistant").flatMap((message) => textsOf(message));
    expect(spoken.filter((text) => text !== NO_ANSWER)).toEqual(answers);
    const sent = request.messages.flatMap((message) => textsOf(message)).join("\n");
    expect(inOrder(sent, [...shown, "And now?"])).toEqual([...shown, "And now?"]);
  });
});

/** The texts that stand in `whole`, each behind the one before it. */
function inOrder(whole: string, texts: readonly string[]): string[] {
  let from = 0;
  return texts.filter((text) => {
    const at = whole.indexOf(text, from);
    if (at !== -1) from = at + text.length;
    return at !== -1;
  });
}
