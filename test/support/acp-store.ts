import { put, sessionId } from "./config-dir.ts";
import { assistant, boundary, type Row, result, rewind, summary, user } from "./rows.ts";

export interface SessionOptions {
  readonly cwd?: string;
  /** Of the file, seconds since 1970. */
  readonly mtime?: number;
}

/** Writes rows as the transcript of a session, with its id and directory in each. Gives the transcript's path. */
export function writeSession(
  configDir: string,
  key: string,
  id: string,
  rows: readonly Row[],
  { cwd = "/w", mtime = 1_800_000_000 }: SessionOptions = {},
): string {
  const lines = rows.map((row) => `${JSON.stringify({ ...row, sessionId: id, ...("cwd" in row && { cwd }) })}\n`);
  return put(configDir, `projects/${key}/${id}.jsonl`, lines.join(""), { mtime, mode: 0o600 });
}

/** A prompt, a tool call with its result, and an answer, at a time of its own so that sessions have an order. */
export const turnRows = (prompt: string, second = 0): Row[] => {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  return [
    user(1, null, prompt, { timestamp }),
    assistant(2, 1, [
      { type: "thinking", thinking: "let me see", signature: "x" },
      { type: "text", text: "I shall look." },
      { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls" } },
    ]),
    result(3, 2, "toolu_1"),
    assistant(4, 3, `answer to ${prompt}`),
  ].map((row) => ({ ...row, timestamp }));
};

/** A conversation with a compaction, and a rewind after it that leaves one turn behind. */
export const longRows: readonly Row[] = [
  user(1, null, "first prompt"),
  assistant(2, 1, "first answer"),
  user(3, 2, "hidden", { isMeta: true }),
  boundary(4, 3),
  summary(5, 4),
  user(6, 5, [
    { type: "text", text: "second" },
    { type: "text", text: "prompt" },
  ]),
  assistant(7, 6, "second answer"),
  user(8, 7, "abandoned"),
  assistant(9, 8, "abandoned answer"),
  rewind(7),
  user(10, 7, "last prompt"),
  assistant(11, 10, "last answer"),
];

/** The answer to a load of a session without rewinds. */
export const LOADED = { _meta: { "claude-transcripts": { hiddenBranches: 0 } } };

/** What a load of `longRows` shows, in order. */
export const longTexts: readonly string[] = [
  "first prompt",
  "first answer",
  "*Conversation compacted (manual)*",
  "summary 5",
  "second",
  "prompt",
  "second answer",
  "last prompt",
  "last answer",
];

/** Sessions 1 to n, the last of them the last active, in two projects. */
export function writeSessions(configDir: string, n: number): string[] {
  return Array.from({ length: n }, (_, i) => {
    const id = sessionId(i + 1);
    const cwd = i % 2 === 0 ? "/w" : "/v";
    writeSession(configDir, cwd.replace("/", "-"), id, turnRows(`prompt ${i + 1}`, i), { cwd });
    return id;
  });
}
