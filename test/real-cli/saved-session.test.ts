import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listSessions, loadSession, saveSession, searchSessions } from "../../src/index.ts";
import { PNG, type SdkMessage, Stream } from "../support/sdk-messages.ts";
import { ask, type CliRun, isCliExpected, newDir, requireCli, type Rule, runCli } from "./cli.ts";
import { conversationOf, saidIn } from "./conversation.ts";
import { rowsOf } from "./samples.ts";

const bash = (command: string): readonly [string, object] => ["Bash", { command, description: "Look" }];
const rules: Rule[] = [
  {
    when: "Look around",
    steps: [
      { thinking: "The files tell most.", text: "I read.", tools: [bash("cat README.md"), bash("ls"), bash("exit 3")] },
      { text: "It is tiny." },
    ],
  },
  {
    when: "Delegate it",
    steps: [
      {
        text: "I ask.",
        tools: [
          [
            "Agent",
            {
              description: "Count",
              prompt: "Subwork please",
              subagent_type: "general-purpose",
              run_in_background: false,
            },
          ],
        ],
      },
      { text: "It has counted." },
    ],
  },
  { when: "Subwork please", steps: [{ text: "I look.", tools: [bash("cat README.md")] }, { text: "Three." }] },
];
const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
const NEXT = "And then?";

/** A program that gives the CLI one prompt over the SDK's protocol, and reads all that it streams. */
function streamed(cwd: string, content: unknown, ...args: string[]): CliRun {
  const formats = ["--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];
  const streams = ["--replay-user-messages", "--include-partial-messages", "--forward-subagent-text"];
  const input = { type: "user", message: { role: "user", content }, parent_tool_use_id: null, session_id: "" };
  return {
    cwd,
    args: ["-p", ...formats, ...streams, "--dangerously-skip-permissions", ...args],
    input: `${JSON.stringify(input)}\n`,
  };
}

describe.runIf(isCliExpected)("the real Claude Code CLI, with sessions that a program saved", () => {
  let root = "";
  let project = "";
  /** The config dir of the CLI that the program talked to, and another one in which the program saves. */
  let theirs = "";
  let ours = "";
  const original = randomUUID();
  let stream: SdkMessage[] = [];

  const messagesOf = (stdout: string): SdkMessage[] =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as SdkMessage);

  beforeAll(async () => {
    requireCli();
    root = newDir("saved-session");
    [project, theirs, ours] = ["acme", "theirs", "ours"].map((name) => path.join(root, name)) as [
      string,
      string,
      string,
    ];
    fs.mkdirSync(project);
    fs.writeFileSync(path.join(project, "README.md"), "hello\n");
    const runs = [
      streamed(project, "Look around", "--session-id", original),
      streamed(project, "Delegate it", "--resume", original),
      streamed(project, [{ type: "text", text: "See this" }, IMAGE], "--resume", original),
    ];
    const results = await runCli(theirs, runs, rules);
    stream = results.flatMap(({ stdout }) => messagesOf(stdout));
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("resumes what it has streamed itself like its own session: tools, images, subagents", async () => {
    const types = new Set(stream.map(({ type }) => type));
    expect([...types].sort()).toEqual(["assistant", "result", "stream_event", "system", "user"]);
    expect(stream.some(({ parent_tool_use_id: call }) => typeof call === "string")).toBe(true);
    const where = { configDirs: [ours] };
    const { sessionId } = await saveSession(undefined, stream, where);
    expect((await loadSession(sessionId, where)).messages).toEqual(stream);
    const [expected, request] = [
      await ask(theirs, project, NEXT, "--resume", original, "--fork-session"),
      await ask(ours, project, NEXT, "--resume", sessionId),
    ];
    // Where the CLI keeps the image is a note of its own, which it does not stream.
    const told = (one: typeof request): string[][] =>
      conversationOf(one).map((blocks) =>
        blocks.filter((block) => !block.startsWith('user: {"type":"text","text":"[Image: ')),
      );
    expect(told(request)).toEqual(told(expected));
    const said = JSON.stringify(told(request));
    for (const words of ["Look around", "Exit code 3", "It has counted.", PNG, NEXT]) expect(said).toContain(words);

    const loaded = await loadSession(sessionId, where);
    expect(loaded.messages.slice(0, stream.length)).toEqual(stream);
    expect(saidIn(loaded.messages.slice(stream.length).map(({ message }) => message))).toEqual([
      `user: ${NEXT}`,
      `assistant: Answer to: ${NEXT}`,
    ]);
  });

  test("adds to the cost that was saved", async () => {
    // Alone: of two sessions with the same requests, one has them only repeated.
    const config = path.join(root, "cost");
    const where = { configDirs: [config], index: false };
    const { sessionId, transcriptPath } = await saveSession(undefined, stream, where);
    const before = (await loadSession(sessionId, where)).metadata.totalCost;
    const reported = stream.findLast(({ type }) => type === "result")?.["total_cost_usd"];
    expect(before).toBe(Math.round(Number(reported) * 1e6));
    const { sessions } = await searchSessions({ ...where, minCost: before });
    expect(sessions.map(({ session }) => session.sessionId)).toContain(sessionId);
    await ask(config, project, NEXT, "--resume", sessionId);
    const kept = rowsOf(transcriptPath).findLast(({ type }) => type === "cost-state") as { totalCostUSD?: number };
    expect(Number(kept.totalCostUSD)).toBeGreaterThan(Number(reported));
    expect((await loadSession(sessionId, where)).metadata.totalCost).toBeGreaterThan(before);
  });

  test("resumes a compacted one with its summary", async () => {
    const runs = [
      streamed(project, "/compact", "--resume", original),
      streamed(project, "Go on", "--resume", original),
    ];
    const results = await runCli(theirs, runs, rules);
    const all = [...stream, ...results.flatMap(({ stdout }) => messagesOf(stdout))];
    const where = { configDirs: [ours] };
    const { sessionId } = await saveSession(undefined, stream, where);
    await saveSession(sessionId, all, where);
    const request = await ask(ours, project, NEXT, "--resume", sessionId);
    const expected = await ask(theirs, project, NEXT, "--resume", original, "--fork-session");
    const told = (one: typeof request): string[] =>
      saidIn(one.messages).filter((line) => !/<(?:command-name|local-command)/.test(line));
    expect(told(request)).toEqual(told(expected));
    expect(JSON.stringify(told(request))).not.toContain("Look around");
  });

  test("resumes and continues messages that a program made itself, in the order of the calls", async () => {
    const sdk = new Stream("program");
    const calls = ["a", "b"].map((id) => ({ type: "tool_use", id: `toolu_${id}`, name: "lookup", input: { id } }));
    const result = (id: string): object => ({
      type: "tool_result",
      tool_use_id: `toolu_${id}`,
      content: `found ${id}`,
    });
    const messages = [
      sdk.user("What are a and b?"),
      sdk.answer([{ type: "text", text: "I look." }, ...calls]),
      sdk.user([result("a"), result("b")]),
      sdk.answer([{ type: "text", text: "Two letters." }]),
      sdk.user([{ type: "text", text: "And this?" }, IMAGE]),
      sdk.answer([{ type: "text", text: "A dot." }]),
    ];
    const where = { configDirs: [ours], cwd: path.join(project, "made") };
    fs.mkdirSync(where.cwd);
    const { sessionId } = await saveSession(undefined, messages, {
      ...where,
      tags: ["a", "b"],
      description: "By hand",
    });
    const request = await ask(ours, where.cwd, NEXT, "--continue");
    expect(saidIn(request.messages)).toEqual(
      saidIn([...messages.map(({ message }) => message), { role: "user", content: NEXT }]),
    );
    const [listed] = await listSessions({ configDirs: [ours], dir: where.cwd });
    expect([listed?.sessionId, listed?.tag]).toEqual([sessionId, "a"]);
    // The program goes on where the person left it.
    const { messages: loaded } = await loadSession(sessionId, where);
    await saveSession(
      sessionId,
      [...loaded, sdk.user("Once more"), sdk.answer([{ type: "text", text: "Yes." }])],
      where,
    );
    const last = await ask(ours, where.cwd, "The end", "--resume", sessionId);
    expect(saidIn(last.messages).slice(-5)).toEqual([
      `user: ${NEXT}`,
      `assistant: Answer to: ${NEXT}`,
      "user: Once more",
      "assistant: Yes.",
      "user: The end",
    ]);
  });
});
