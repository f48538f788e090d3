import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  archiveSession,
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  renameSession,
  restoreFromSnapshot,
  restoreSession,
  searchTranscripts,
  tagSession,
  takeSnapshot,
} from "../../src/index.ts";
import { ask, isCliExpected, requireCli } from "./cli.ts";
import { conversationOf, everythingOf } from "./conversation.ts";
import { keyOf, makeSamples, rowsOf, sampleKinds, sampleWords, type SampleKind, type Samples } from "./samples.ts";

const NEXT = "What now?";

describe.runIf(isCliExpected)("the real Claude Code CLI", () => {
  let samples: Samples;
  /** What the model receives when the CLI resumes the session that the CLI wrote. */
  const expected = {} as Record<SampleKind, string[][]>;
  const everything = {} as Record<SampleKind, string[]>;

  beforeAll(async () => {
    requireCli();
    samples = await makeSamples();
    const copy = copyOfConfig();
    for (const kind of sampleKinds) {
      const request = await ask(copy, samples.repository, NEXT, "--resume", samples.sessions[kind]);
      expected[kind] = conversationOf(request);
      everything[kind] = everythingOf(request);
    }
  });
  afterAll(() => fs.rmSync(path.dirname(samples.config), { recursive: true, force: true }));

  /** A config dir of its own for each test: the CLI continues the newest session of a directory. */
  function copyOfConfig(): string {
    const copy = fs.mkdtempSync(`${samples.config}-`);
    fs.cpSync(samples.config, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  }

  const transcriptOf = (config: string, dir: string, id: string) =>
    path.join(config, "projects", keyOf(dir), `${id}.jsonl`);

  test.each(sampleKinds)("resumes the %s session of its own as the samples mean it", (kind) => {
    const words = JSON.stringify(expected[kind]);
    for (const word of [...sampleWords[kind].kept, NEXT]) expect(words).toContain(word);
    for (const word of sampleWords[kind].gone) expect(words).not.toContain(word);
    const rows = rowsOf(transcriptOf(samples.config, samples.repository, samples.sessions[kind]));
    expect(rows.some((row) => row.type === "last-prompt" && row.explicit === true)).toBe(kind.startsWith("rewound"));
    expect(words.includes('\\"type\\":\\"tool_result\\"')).toBe(kind !== "compacted");
  });

  const places = ["the same directory", "another worktree"] as const;
  const ids = ["new message ids", "kept message ids"] as const;
  const cases = sampleKinds.flatMap((kind) => places.flatMap((place) => ids.map((id) => ({ kind, place, id }))));

  test.each(cases)("continues a fork of the $kind session in $place, $id", async ({ kind, place, id }) => {
    const config = copyOfConfig();
    const source = samples.sessions[kind];
    const sourcePath = transcriptOf(config, samples.repository, source);
    const before = fs.readFileSync(sourcePath);
    const cwd = place === "another worktree" ? samples.worktree : samples.repository;
    const { sessionId } = await forkSession(source, {
      configDirs: [config],
      preserveMessageIds: id === "kept message ids",
      ...(place === "another worktree" ? { cwd } : {}),
    });
    const forkPath = transcriptOf(config, cwd, sessionId);
    const forked = rowsOf(forkPath).length;

    const request = await ask(config, cwd, NEXT, "--continue");

    expect(conversationOf(request)).toEqual(expected[kind]);
    expectNewRows(forkPath, forked, sessionId, cwd);
    expect(fs.readFileSync(sourcePath).equals(before)).toBe(true);
  });

  test.each(sampleKinds)("tells the model the same of the surroundings in a fork of the %s session", async (kind) => {
    const config = copyOfConfig();
    const { sessionId } = await forkSession(samples.sessions[kind], { configDirs: [config] });
    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);
    expect(everythingOf(request)).toEqual(everything[kind]);
  });

  test.each(sampleKinds)("resumes a fork of the %s session by its id", async (kind) => {
    const config = copyOfConfig();
    const { sessionId } = await forkSession(samples.sessions[kind], { configDirs: [config], title: "Forked" });
    const forkPath = transcriptOf(config, samples.repository, sessionId);
    const forked = rowsOf(forkPath).length;

    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);

    expect(conversationOf(request)).toEqual(expected[kind]);
    expectNewRows(forkPath, forked, sessionId, samples.repository);
    expect(await getSessionInfo(sessionId, { configDirs: [config] })).toMatchObject({ customTitle: "Forked" });
  });

  test.each(sampleKinds)("resumes the %s session from a snapshot, after it was purged", async (kind) => {
    const config = copyOfConfig();
    const to = `${config}-snapshot`;
    const sessionId = samples.sessions[kind];
    const transcript = transcriptOf(config, samples.repository, sessionId);
    await takeSnapshot({ configDir: config, to });
    const shown = await getSessionMessages(sessionId, { configDirs: [config] });
    fs.rmSync(transcript);
    fs.rmSync(transcript.replace(/\.jsonl$/, ""), { recursive: true, force: true });
    await expect(ask(config, samples.repository, NEXT, "--resume", sessionId)).rejects.toThrow("No conversation found");
    await takeSnapshot({ configDir: config, to });
    expect(await getSessionMessages(sessionId, { configDirs: [to] })).toEqual(shown);
    const { hits } = await searchTranscripts({
      query: sampleWords[kind].kept[0] ?? "",
      configDirs: [to],
      index: false,
    });
    expect(hits.map(({ session }) => session.sessionId)).toContain(sessionId);
    await restoreFromSnapshot(sessionId, { from: to, configDir: config });

    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);

    expect(conversationOf(request)).toEqual(expected[kind]);
  });

  test.each(sampleKinds)("resumes the %s session after delete and restore", async (kind) => {
    const config = copyOfConfig();
    const sessionId = samples.sessions[kind];
    const transcript = transcriptOf(config, samples.repository, sessionId);
    const before = fs.readFileSync(transcript);
    await deleteSession(sessionId, { configDirs: [config] });
    await expect(ask(config, samples.repository, NEXT, "--resume", sessionId)).rejects.toThrow("No conversation found");
    await restoreSession(sessionId, { configDirs: [config] });
    expect(fs.readFileSync(transcript).equals(before)).toBe(true);
    const written = rowsOf(transcript).length;

    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);

    expect(conversationOf(request)).toEqual(expected[kind]);
    expectNewRows(transcript, written, sessionId, samples.repository);
  });

  test.each(sampleKinds)("resumes the %s session after rename, tag and archive, and keeps the title", async (kind) => {
    const config = copyOfConfig();
    const sessionId = samples.sessions[kind];
    const options = { configDirs: [config] };
    await renameSession(sessionId, "Ада's 新しい title", options);
    await tagSession(sessionId, "keep", options);
    await archiveSession(sessionId, options);
    const transcript = transcriptOf(config, samples.repository, sessionId);
    const written = rowsOf(transcript).length;

    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);

    expect(conversationOf(request)).toEqual(expected[kind]);
    expectNewRows(transcript, written, sessionId, samples.repository);
    const info = await getSessionInfo(sessionId, options);
    expect(info).toMatchObject({ customTitle: "Ада's 新しい title", tag: "keep", archived: false });
  });

  test("continues a fork up to a message as if nothing had followed", async () => {
    const config = copyOfConfig();
    const source = samples.sessions.plain;
    const rows = rowsOf(transcriptOf(config, samples.repository, source));
    const last = rows.findLast((row) => row.type === "user" && row.message?.content === "Thanks");
    const upTo = rows[rows.findIndex((row) => row === last) - 1];
    const answer = rows.slice(0, rows.indexOf(upTo ?? {}) + 1).findLast((row) => row.type === "assistant");
    const { sessionId } = await forkSession(source, { configDirs: [config], upToMessageId: answer?.uuid });

    const request = await ask(config, samples.repository, NEXT, "--resume", sessionId);

    // The exchange that was cut off is the second last one: a prompt and its answer.
    expect(conversationOf(request)).toEqual(expected.plain.toSpliced(-3, 2));
  });

  test("gives back to the CLI what stands before a broken link", async () => {
    const config = copyOfConfig();
    const source = samples.sessions.plain;
    const transcript = transcriptOf(config, samples.repository, source);
    const rows = rowsOf(transcript);
    const breakAt = rows.findIndex((row) => row.message?.content === "Thanks");
    const broken = rows.map((row, index) => {
      if (index === breakAt) return { ...row, parentUuid: randomUUID() };
      // The CLI itself mends a link to a row of the last five seconds.
      return index < breakAt && row.timestamp !== undefined ? { ...row, timestamp: "2026-01-01T00:00:00.000Z" } : row;
    });
    fs.writeFileSync(transcript, broken.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const { sessionId } = await forkSession(source, { configDirs: [config] });

    const ofFork = await ask(config, samples.repository, NEXT, "--resume", sessionId);
    const ofSource = await ask(config, samples.repository, NEXT, "--resume", source);

    expect(conversationOf(ofFork)).toEqual(expected.plain);
    expect(conversationOf(ofSource)).toEqual(expected.plain.slice(-3));
  });

  /** The prompt and its answer stand behind what was there, under this session, in this directory. */
  function expectNewRows(transcript: string, already: number, sessionId: string, cwd: string): void {
    const added = rowsOf(transcript).slice(already);
    const prompt = added.find((row) => row.type === "user" && row.message?.content === NEXT);
    expect(prompt).toMatchObject({ sessionId, cwd });
    expect(added.some((row) => row.type === "assistant" && row.sessionId === sessionId)).toBe(true);
  }
});
