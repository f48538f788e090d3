import { put, sessionId } from "./config-dir.ts";

interface SpendingOptions {
  readonly model?: string;
  readonly branch?: string;
  readonly cwd?: string;
  readonly tag?: string;
  /** Time of the first prompt. */
  readonly at?: string;
  /** Rows put between the first prompt and its answer. */
  readonly middle?: readonly object[];
}

/**
 * Writes a session with this many prompts; each answer has a call of a tool. An answer of 1000 tokens by Opus 4.5 costs
 * 2.5 cents. Returns its id.
 */
export function writeSpending(configDir: string, n: number, prompts: number, options: SpendingOptions = {}): string {
  const {
    model = "claude-opus-4-5",
    branch = "main",
    cwd = "/w",
    tag,
    at = "2026-08-01T10:00:00Z",
    middle = [],
  } = options;
  const id = sessionId(n);
  const start = Date.parse(at);
  const common = { sessionId: id, cwd, gitBranch: branch, isSidechain: false };
  const rows = Array.from({ length: prompts }, (_, i): object[] => {
    const [uuid, answer] = [uuidOf(n, 2 * i), uuidOf(n, 2 * i + 1)];
    const parentUuid = i === 0 ? null : uuidOf(n, 2 * i - 1);
    const time = (minutes: number): string => new Date(start + (2 * i + minutes) * 60_000).toISOString();
    const content = [
      { type: "text", text: `answer ${i} of ${n}` },
      { type: "tool_use", id: `${answer}-call`, name: "Bash", input: { command: "ls" } },
    ];
    return [
      {
        ...common,
        type: "user",
        uuid,
        parentUuid,
        timestamp: time(0),
        message: { role: "user", content: `prompt ${i} of ${n}` },
      },
      ...(i === 0 ? middle : []),
      {
        ...common,
        type: "assistant",
        uuid: answer,
        parentUuid: uuid,
        requestId: `r${n}-${i}`,
        timestamp: time(1),
        message: {
          id: `m${n}-${i}`,
          role: "assistant",
          model,
          content,
          stop_reason: "end_turn",
          usage: { input_tokens: 0, output_tokens: 1000 },
        },
      },
    ];
  }).flat();
  const all = tag === undefined ? rows : [...rows, { type: "tag", tag, sessionId: id }];
  put(configDir, `projects/-w/${id}.jsonl`, all.map((row) => `${JSON.stringify(row)}\n`).join(""), {
    mtime: start / 1000 + 600,
  });
  return id;
}

const uuidOf = (n: number, row: number): string =>
  `${(n * 4096 + row).toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
