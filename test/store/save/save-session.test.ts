import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  deleteSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  listSessionPage,
  listSessions,
  listSubagents,
  loadSession,
  restoreSession,
  saveSession,
  SessionNotFoundError,
  type TranscriptError,
} from "../../../src/index.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";
import { anyMessages, PNG, type SdkMessage, Stream } from "../../support/sdk-messages.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);

/** A conversation with every kind of message that a program gets. */
function everything(): SdkMessage[] {
  const stream = new Stream(ID);
  const aside = { parent_tool_use_id: "toolu_agent", agent_id: "a1b2c3" };
  return [
    stream.init("/work"),
    stream.user("Look at it"),
    stream.answer([{ type: "thinking", thinking: "hm", signature: "c2ln" }]),
    stream.answer([{ type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls" } }], { request_id: "r1" }),
    stream.other({ type: "stream_event", event: { type: "message_stop" }, parent_tool_use_id: null }),
    stream.user([{ type: "tool_result", tool_use_id: "toolu_1", content: "a.ts" }], {
      tool_use_result: { stdout: "a.ts", stderr: "" },
    }),
    stream.answer([{ type: "tool_use", id: "toolu_agent", name: "Agent", input: { prompt: "Count" } }]),
    stream.user([{ type: "text", text: "Count" }], aside),
    stream.answer([{ type: "text", text: "Three." }], aside),
    stream.user([{ type: "tool_result", tool_use_id: "toolu_agent", content: "Three." }]),
    stream.answer([{ type: "text", text: "There are three." }]),
    stream.result(0.25),
    stream.user([{ type: "image", source: { type: "base64", media_type: "image/png", data: PNG } }]),
    stream.other({ type: "from_the_future", anything: [1, { two: null }] }),
    stream.answer([{ type: "text", text: "A dot." }]),
    stream.result(0.5),
  ];
}

const rowsOf = (file: string): Record<string, unknown>[] =>
  fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "done",
    (error: TranscriptError) => `${error.code}: ${error.message}`,
  );

test("any messages come back as they were, in one save or several", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, fc.nat(12), async (messages, cut) => {
      const where = { configDirs: [tempConfigDir()], cwd: "/w" };
      await saveSession(ID, messages.slice(0, cut), where);
      const { written, messageCount, transcriptPath } = await saveSession(ID, messages, where);
      expect([written, messageCount]).toEqual([Math.max(0, messages.length - cut), messages.length]);
      const known = new Set<unknown>([null]);
      for (const { uuid, parentUuid } of rowsOf(transcriptPath).filter((row) => "parentUuid" in row)) {
        expect([known.has(uuid), known.has(parentUuid)]).toEqual([false, true]);
        known.add(uuid);
      }
      const loaded = (await loadSession(ID, where)).messages;
      // As text: also with their keys in order.
      expect(JSON.stringify(loaded)).toBe(JSON.stringify(messages));
      const again = await saveSession(ID, loaded, where);
      expect(again.written).toBe(0);
    }),
    { numRuns: runs(100) },
  );
});

describe("a saved session", () => {
  test("is listed and read like one of Claude Code", async () => {
    const configDirs = [tempConfigDir()];
    const messages = everything();
    const saved = await saveSession(ID, messages, {
      configDirs,
      tags: ["a", "b"],
      description: "What it is",
      title: "T",
    });
    const file = path.join(configDirs[0] ?? "", "projects", "-work", `${ID}.jsonl`);
    expect(saved).toEqual({ sessionId: ID, transcriptPath: file, messageCount: 16, written: 16, trashIds: [] });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(await listSessions({ configDirs })).toMatchObject([
      { sessionId: ID, customTitle: "T", firstPrompt: "Look at it", cwd: "/work", tag: "a" },
    ]);
    const shown = await getSessionMessages(ID, { configDirs });
    expect(shown.map(({ uuid }) => uuid)).toEqual(
      messages
        .filter(({ type, parent_tool_use_id: call }) => (type === "user" || type === "assistant") && call === null)
        .map(({ uuid }) => uuid),
    );
    expect(await listSubagents(ID, { configDirs, includeLegacy: true })).toEqual(["a1b2c3"]);
    const aside = await getSubagentMessages(ID, "a1b2c3", { configDirs });
    expect(aside.map(({ message }) => (message as { content: unknown }).content)).toEqual([
      [{ type: "text", text: "Count" }],
      [{ type: "text", text: "Three." }],
    ]);
    expect((await loadSession(ID, { configDirs })).metadata).toEqual({
      createdAt: expect.any(Number) as number,
      updatedAt: Math.round(fs.statSync(file).mtimeMs),
      messageCount: 16,
      totalCost: 500_000,
      unpricedTokens: 0,
      title: "T",
      tags: ["a", "b"],
      description: "What it is",
      model: "claude-sonnet-4-5-20250929",
      cwd: "/work",
    });
  });

  test("gets an id, and the directory that is asked for", async () => {
    const configDirs = [tempConfigDir()];
    const { sessionId: id } = await saveSession(undefined, everything(), { configDirs, cwd: "/else/where" });
    expect((await getSessionInfo(id, { configDirs }))?.cwd).toBe("/else/where");
    expect(fs.readdirSync(path.join(configDirs[0] ?? "", "projects"))).toEqual(["-else-where"]);
  });

  test.for([true, false, undefined])(
    "is one of a program, unless the program says that it is not: %s",
    async (programmatic) => {
      const configDirs = [tempConfigDir()];
      await saveSession(ID, everything(), { configDirs, programmatic });
      const { sessions } = await listSessionPage({ configDirs });
      expect(sessions.map((session) => [session.programmatic, session.entrypoint])).toEqual([
        programmatic === false ? [false, "cli"] : [true, "sdk-ts"],
      ]);
    },
  );

  test("may be a stream, which is saved when it has ended, and not at all if it fails", async () => {
    const configDirs = [tempConfigDir()];
    const before = snapshot(configDirs[0] ?? "");
    async function* streamed(fails: boolean): AsyncGenerator<SdkMessage> {
      for (const message of everything()) {
        await Promise.resolve();
        yield message;
      }
      if (fails) throw new Error("cut off");
    }
    await expect(saveSession(ID, streamed(true), { configDirs })).rejects.toThrow("cut off");
    expect(snapshot(configDirs[0] ?? "")).toEqual(before);
    await saveSession(ID, streamed(false), { configDirs });
    expect((await loadSession(ID, { configDirs })).messages).toEqual(everything());
  });

  test("without any message is one that can be loaded", async () => {
    const configDirs = [tempConfigDir()];
    await saveSession(ID, [], { configDirs, cwd: "/w", description: "Nothing yet" });
    const { messages, metadata } = await loadSession(ID, { configDirs });
    expect([messages, metadata.messageCount, metadata.description]).toEqual([[], 0, "Nothing yet"]);
  });

  test("gets only the messages that it lacks, after what Claude Code wrote since", async () => {
    const configDirs = [tempConfigDir()];
    const messages = everything();
    const { transcriptPath } = await saveSession(ID, messages, { configDirs });
    const before = fs.readFileSync(transcriptPath, "utf8");
    const last = rowsOf(transcriptPath).findLast(({ type }) => type === "assistant");
    const row = conversation(ID, "From the terminal").replace(
      '"parentUuid":null',
      `"parentUuid":"${String(last?.["uuid"])}"`,
    );
    fs.appendFileSync(transcriptPath, row);
    const { messages: loaded } = await loadSession(ID, { configDirs });
    expect(loaded.slice(0, -1)).toEqual(messages);
    const next = new Stream(ID).user("And from the program", { uuid: "5a5eba5e-0000-4000-8000-00000000ffff" });
    await saveSession(ID, [...loaded, next], { configDirs });
    expect(fs.readFileSync(transcriptPath, "utf8").startsWith(before + row)).toBe(true);
    expect(rowsOf(transcriptPath).at(-1)).toMatchObject({
      type: "user",
      parentUuid: (JSON.parse(row) as { uuid: string }).uuid,
    });
    const shown = await getSessionMessages(ID, { configDirs });
    expect(shown.slice(-2).map(({ message }) => (message as { content: unknown }).content)).toEqual([
      "From the terminal",
      "And from the program",
    ]);
  });

  test("is not written to again for tags that it has", async () => {
    const where = { configDirs: [tempConfigDir()], tags: ["a"], description: "d", title: "T" };
    const { transcriptPath } = await saveSession(ID, everything(), where);
    const before = snapshot(where.configDirs[0] ?? "");
    await saveSession(ID, everything(), where);
    expect(snapshot(where.configDirs[0] ?? "")).toEqual(before);
    await saveSession(ID, everything(), { ...where, description: null });
    expect((await loadSession(ID, where)).metadata.description).toBeUndefined();
    expect(rowsOf(transcriptPath).filter(({ type }) => type === "custom-title").length).toBe(1);
  });

  test("takes the place of another one only if that is asked for, which then is in the trash", async () => {
    const configDirs = [tempConfigDir()];
    await saveSession(ID, everything(), { configDirs });
    const others = [new Stream(ID).user("Something else")];
    const { trashIds } = await saveSession(ID, others, { configDirs, replace: true });
    expect(trashIds.length).toBe(1);
    expect((await loadSession(ID, { configDirs })).messages).toEqual(others);
    await deleteSession(ID, { configDirs });
    await restoreSession(trashIds[0] ?? "", { configDirs });
    expect((await loadSession(ID, { configDirs })).messages).toEqual(everything());
  });
});

describe("the chain of rows", () => {
  const stream = new Stream(ID);
  const [first, second, third] = [stream.user("1"), stream.answer([{ type: "text", text: "2" }]), stream.user("3")];
  const boundary = stream.other({
    type: "system",
    subtype: "compact_boundary",
    compact_metadata: { trigger: "manual", pre_tokens: 10 },
  });
  const summary = stream.user("In short: 1", { isSynthetic: true });
  const uuids = (...messages: SdkMessage[]): unknown[] => messages.map(({ uuid }) => uuid);

  const cases: [string, SdkMessage[], unknown[]][] = [
    ["a second copy is kept, and not sent twice", [first, { ...first, isReplay: true }, second], uuids(first, second)],
    [
      "a message takes the place of those that it supersedes",
      [first, second, { ...third, type: "user", supersedes: [second["uuid"]] }],
      uuids(first, third),
    ],
    [
      "what follows a reset is another conversation",
      [first, second, stream.other({ type: "conversation_reset" }), third],
      uuids(third),
    ],
    ["a compaction leaves its summary", [first, second, boundary, summary, third], uuids(summary, third)],
    [
      "a boundary without a summary takes nothing from the model",
      [first, second, boundary, third],
      uuids(first, second, third),
    ],
    [
      "messages that a compaction took before do not come back",
      [{ ...first, compacted: true }, { ...second, compacted: true }, third],
      uuids(third),
    ],
  ];
  test.for(cases)("%s", async ([, messages, expected]) => {
    for (const at of [messages.length, 1, 2]) {
      const where = { configDirs: [tempConfigDir()], cwd: "/w" };
      // The summary has to be in the same save as its boundary.
      if (messages.includes(summary) && at < messages.length) continue;
      await saveSession(ID, messages.slice(0, at), where);
      await saveSession(ID, messages, where);
      const shown = await getSessionMessages(ID, where);
      expect(shown.map(({ uuid }) => uuid)).toEqual(expected);
      expect((await loadSession(ID, where)).messages).toEqual(messages);
    }
  });
});

/** A message with so many levels of lists and objects. */
function nested(levels: number): SdkMessage {
  const deep = Array.from({ length: levels - 1 }).reduce<unknown>(
    (value, _, i) => (i % 2 === 0 ? [value] : { value }),
    1,
  );
  return { type: "user", message: { role: "user", content: "hi" }, tool_use_result: deep };
}

test("the deepest message that is saved comes back, and is saved again", async () => {
  const where = { configDirs: [tempConfigDir()], cwd: "/w" };
  await saveSession(ID, [nested(500)], where);
  const { messages } = await loadSession(ID, where);
  expect(JSON.stringify(messages)).toBe(JSON.stringify([nested(500)]));
  expect((await saveSession(ID, [...messages, nested(500)], where)).written).toBe(1);
});

test("messages that share a uuid are all shown, in one save or several, unless one is said again", async () => {
  const uuid = "5a5eba5e-0000-4000-8000-00000000ffff";
  const message = (content: string): SdkMessage => ({ type: "user", uuid, message: { role: "user", content } });
  const messages = ["one", "two", "two", "three"].map(message);
  for (const cut of [0, 1, 2, 3]) {
    const where = { configDirs: [tempConfigDir()], cwd: "/w" };
    await saveSession(ID, messages.slice(0, cut), where);
    await saveSession(ID, messages, where);
    const shown = await getSessionMessages(ID, where);
    expect(shown.map((one) => (one.message as { content: unknown }).content)).toEqual(["one", "two", "three"]);
    expect(shown[0]?.uuid).toBe(uuid);
    expect(new Set(shown.map((one) => one.uuid)).size).toBe(3);
    expect((await loadSession(ID, where)).messages).toEqual(messages);
  }
});

describe("refusals change nothing", () => {
  const circle: Record<string, unknown> = { type: "user" };
  circle["self"] = circle;
  const cases: [string, Parameters<typeof saveSession>[0], unknown, object, RegExp][] = [
    ["no UUID", "x", [], {}, /^InvalidSessionId: Invalid sessionId: x$/],
    ["no list", ID, 5, {}, /^InvalidArgument: messages must be a list/],
    ["nothing", ID, null, {}, /^InvalidArgument: messages must be a list/],
    ["a text", ID, "abc", {}, /^InvalidArgument: messages must be a list/],
    ["no object", ID, [{ type: "user" }, 5], {}, /^InvalidArgument: messages\[1\] must be an object with a type$/],
    ["no type", ID, [{}], {}, /^InvalidArgument: messages\[0\] must be an object with a type$/],
    ["a circle", ID, [circle], {}, /^InvalidArgument: messages\[0\] cannot be written as JSON: /],
    ["a bigint", ID, [{ type: "x", n: 1n }], {}, /^InvalidArgument: messages\[0\] cannot be written as JSON: /],
    [
      "a value of too many parts",
      ID,
      [{ type: "x", n: Array.from({ length: 1_100_000 }, () => ({})) }],
      {},
      /^InvalidArgument: messages\[0\] is too large/,
    ],
    [
      "a message that is nested deeply",
      ID,
      [nested(501)],
      {},
      /^InvalidArgument: messages\[0\] is nested more than 500 levels deep$/,
    ],
    ["a relative directory", ID, [], { cwd: "w" }, /^InvalidArgument: cwd must be an absolute path, got "w"$/],
    ["an empty tag", ID, [], { tags: [""] }, /^InvalidArgument: tag must be non-empty$/],
    ["a blank description", ID, [], { description: " " }, /^InvalidArgument: description must be/],
    ["a blank title", ID, [], { title: " " }, /^InvalidArgument: title must be non-empty$/],
    ["no place", ID, [], { configDirs: [] }, /^InvalidArgument: configDirs must name a directory/],
    [
      "fewer messages",
      ID,
      everything().slice(0, 3),
      {},
      /^SessionExists: Session .* cannot be saved: it has more than the 3 messages given$/,
    ],
    [
      "another message",
      ID,
      [...everything().slice(0, 3), ...everything()],
      {},
      /^SessionExists: .* its message 4 is another one$/,
    ],
  ];
  test.for(cases)("%s", async ([, id, messages, options, expected]) => {
    const dir = tempConfigDir();
    const where = { configDirs: [dir] };
    await saveSession(ID, everything(), where);
    const before = snapshot(dir);
    expect(await codeOf(saveSession(id, messages as SdkMessage[], { ...where, ...options }))).toMatch(expected);
    expect(snapshot(dir)).toEqual(before);
  });

  test("a session in use", async () => {
    const dir = tempConfigDir();
    const where = { configDirs: [dir], cwd: "/w" };
    put(dir, `sessions/${process.pid}.json`, JSON.stringify({ pid: process.pid, sessionId: ID }));
    await saveSession(ID, everything(), { ...where, force: true });
    const before = snapshot(dir);
    const more = [...everything(), new Stream(ID).user("More")];
    expect(await codeOf(saveSession(ID, more, where))).toMatch(/^SessionInUse: /);
    expect(snapshot(dir)).toEqual(before);
  });

  test("an aborted one", async () => {
    const dir = tempConfigDir();
    const before = snapshot(dir);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(saveSession(ID, everything(), { configDirs: [dir], signal })).rejects.toThrow("enough");
    expect(snapshot(dir)).toEqual(before);
  });

  test("a session that is not there", async () => {
    await expect(loadSession(ID, { configDirs: [tempConfigDir()] })).rejects.toThrow(SessionNotFoundError);
  });
});

describe("a disk that refuses", () => {
  afterEach(() => vi.restoreAllMocks());
  const refuse = (name: "linkSync" | "writeSync", where: RegExp): void => {
    const original = fs[name] as (...args: unknown[]) => unknown;
    vi.spyOn(fs, name).mockImplementation((...given: unknown[]) => {
      if (!where.test(given.slice(0, 2).join(" -> "))) return original(...given) as never;
      throw Object.assign(new Error(`ENOSPC: refused, ${name}`), { code: "ENOSPC" });
    });
  };
  const others = [new Stream(ID).user("Something else")];

  test.for([
    ["a byte of a new session", false, "writeSync", /./],
    ["the name of a new session", false, "linkSync", /-work/],
    ["a byte of one that replaces another", true, "writeSync", /./],
  ] as const)("changes nothing: %s", async ([, replace, name, where]) => {
    const dir = tempConfigDir();
    if (replace) await saveSession(ID, others, { configDirs: [dir], cwd: "/work" });
    else fs.mkdirSync(path.join(dir, "projects", "-work"));
    const before = snapshot(dir);
    refuse(name, where);
    const refused = codeOf(saveSession(ID, everything(), { configDirs: [dir], replace }));
    expect(await refused).toBe(`ENOSPC: ENOSPC: refused, ${name}`);
    vi.restoreAllMocks();
    expect(snapshot(dir)).toEqual(before);
  });

  test("says where the old session is when the new one cannot take its place", async () => {
    const configDirs = [tempConfigDir()];
    await saveSession(ID, others, { configDirs, cwd: "/work" });
    refuse("linkSync", /-work\/[^/]*\.jsonl$/);
    expect(await codeOf(saveSession(ID, everything(), { configDirs, replace: true }))).toBe(
      `ENOSPC: Session ${ID} is in the trash, but the new one was not saved: ENOSPC: refused, linkSync. When that is fixed, save again, or restore the old one`,
    );
    vi.restoreAllMocks();
    await restoreSession(ID, { configDirs });
    expect((await loadSession(ID, { configDirs })).messages).toEqual(others);
  });

  test("completes an append that was cut short by the next call", async () => {
    const configDirs = [tempConfigDir()];
    const { transcriptPath } = await saveSession(ID, everything().slice(0, 4), { configDirs });
    await saveSession(ID, everything(), { configDirs });
    const whole = fs.readFileSync(transcriptPath);
    const ends = [...whole.toString("latin1").matchAll(/\n/g)].map(({ index }) => index + 1).slice(4);
    for (const size of [...ends, whole.length - 1, whole.length - 400, Math.floor(whole.length / 2)]) {
      fs.writeFileSync(transcriptPath, whole.subarray(0, size));
      const { messageCount } = await saveSession(ID, everything(), { configDirs });
      expect(messageCount).toBe(16);
      const { messages, metadata } = await loadSession(ID, { configDirs });
      expect([messages, metadata.totalCost]).toEqual([everything(), 500_000]);
    }
  });
});

test("two saves at once leave a session with all messages", async () => {
  const configDirs = [tempConfigDir()];
  const messages = everything();
  const saves = [3, 16, 9, 12, 16].map((n) => saveSession(ID, messages.slice(0, n), { configDirs }));
  const outcomes = await Promise.allSettled(saves);
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as TranscriptError] : [],
  );
  expect(refusals.filter(({ code }) => code !== "SessionExists")).toEqual([]);
  expect((await loadSession(ID, { configDirs })).messages).toEqual(messages);
});

test("a row with a mark that is not ours is a message of Claude Code", async () => {
  const configDirs = [tempConfigDir()];
  const rows = conversation(ID, "Hello", "Hi").replaceAll(
    '"cwd":',
    '"claude-transcripts":{"keys":[5],"rest":{}},"cwd":',
  );
  put(configDirs[0] ?? "", `projects/-w/${ID}.jsonl`, rows);
  const { messages } = await loadSession(ID, { configDirs });
  expect(messages.map(({ message }) => (message as { content: unknown }).content)).toEqual([
    "Hello",
    [{ type: "text", text: "Hi" }],
  ]);
});

test("a session that Claude Code wrote is loaded with its messages, and can be saved elsewhere", async () => {
  const configDirs = [tempConfigDir()];
  put(configDirs[0] ?? "", `projects/-w/${ID}.jsonl`, conversation(ID, "Hello", "Hi", "More"));
  const { messages, metadata } = await loadSession(ID, { configDirs });
  expect(messages).toEqual(JSON.parse(JSON.stringify(await getSessionMessages(ID, { configDirs }))));
  expect(metadata).toMatchObject({ messageCount: 3, cwd: "/w", totalCost: 0, tags: [] });
  const { sessionId: copy } = await saveSession(undefined, messages, { configDirs });
  expect((await loadSession(copy, { configDirs })).messages).toEqual(messages);
});
