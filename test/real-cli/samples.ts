import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { newDir, prompted, runCli, type CliRun, type Rule } from "./cli.ts";

/** What the CLI itself wrote, one session of each kind whose continuation is not plain. */
export interface Samples {
  readonly config: string;
  readonly repository: string;
  /** Another worktree of the repository. */
  readonly worktree: string;
  readonly sessions: Readonly<Record<SampleKind, string>>;
}

export const sampleKinds = ["plain", "compacted", "rewound", "rewound and gone on"] as const;
export type SampleKind = (typeof sampleKinds)[number];

/** Words that a continuation of the sample must, and must not, hand to the model. */
export const sampleWords: Record<SampleKind, { readonly kept: readonly string[]; readonly gone: readonly string[] }> = {
  plain: { kept: ["Look around", "two files side by side", "It is tiny.", "Thanks"], gone: [] },
  compacted: { kept: ["got short answers", "And after the summary?"], gone: ["Look around"] },
  rewound: { kept: ["Look around", "It is tiny."], gone: ["A wrong turn", "Deeper into it"] },
  "rewound and gone on": { kept: ["Look around", "The right turn"], gone: ["A wrong turn", "Deeper into it"] },
};

const rules: Rule[] = [
  {
    when: "Look around",
    steps: [
      {
        thinking: "The files tell most.",
        text: "I read two files side by side.",
        tools: [
          ["Bash", { command: "cat README.md", description: "Read the readme" }],
          ["Bash", { command: "cat src/a.ts", description: "Read the source" }],
          ["Bash", { command: "exit 3", description: "Fail" }],
        ],
      },
      { text: "It is tiny." },
    ],
  },
];

export async function makeSamples(): Promise<Samples> {
  const root = newDir("real-cli");
  const repository = makeRepository(path.join(root, "acme"));
  const worktree = path.join(root, "acme-feature");
  git(repository, "worktree", "add", "-q", "-b", "feature", worktree);
  const config = path.join(root, "config");
  const sessions = {
    plain: randomUUID(),
    compacted: randomUUID(),
    rewound: randomUUID(),
    "rewound and gone on": randomUUID(),
  };
  const first = (id: string): CliRun => prompted(repository, "Look around", "--session-id", id);
  const next = (id: string, prompt: string): CliRun => prompted(repository, prompt, "--resume", id);
  const wrong = (id: string): CliRun[] => [first(id), next(id, "A wrong turn"), next(id, "Deeper into it")];
  await runCli(
    config,
    [
      first(sessions.plain),
      next(sessions.plain, "Thanks"),
      first(sessions.compacted),
      next(sessions.compacted, "/compact"),
      next(sessions.compacted, "And after the summary?"),
      ...wrong(sessions.rewound),
      ...wrong(sessions["rewound and gone on"]),
    ],
    rules,
  );
  await rewind(config, repository, sessions.rewound);
  await rewind(config, repository, sessions["rewound and gone on"], "The right turn");
  return { config, repository, worktree, sessions };
}

/** Rewinds to before the wrong turn as an editor does: the CLI writes a rewind anchor. Then goes on with a prompt. */
async function rewind(config: string, cwd: string, sessionId: string, prompt?: string): Promise<void> {
  const transcript = path.join(config, "projects", keyOf(cwd), `${sessionId}.jsonl`);
  const request = {
    subtype: "rewind_conversation",
    target_message_uuid: rowOf(transcript, "A wrong turn"),
    last_seen_user_message_uuid: rowOf(transcript, "Deeper into it"),
  };
  const user = { type: "user", message: { role: "user", content: prompt }, parent_tool_use_id: null, session_id: "" };
  const lines = [
    { type: "control_request", request_id: randomUUID(), request },
    ...(prompt === undefined ? [] : [user]),
  ];
  const streams = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const [result] = await runCli(config, [
    {
      cwd,
      args: ["-p", ...streams, "--resume", sessionId],
      input: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    },
  ]);
  if (result?.stdout.includes('"rewound":true') !== true) throw new Error(`The CLI did not rewind: ${result?.stdout}`);
}

function makeRepository(dir: string): string {
  fs.mkdirSync(path.join(dir, "src"), { recursive: true });
  fs.writeFileSync(path.join(dir, "README.md"), "hello\n");
  fs.writeFileSync(path.join(dir, "src", "a.ts"), "export const a = 1;\n");
  git(dir, "init", "-q", "-b", "main");
  git(dir, "add", "-A");
  git(dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Start");
  return dir;
}

function git(cwd: string, ...args: string[]): void {
  execFileSync("git", args, { cwd, stdio: "pipe" });
}

/** Key of a short ASCII path: the only kind that is used here. */
export function keyOf(dir: string): string {
  return dir.replaceAll(/[^A-Za-z0-9]/g, "-");
}

export interface RawRow {
  readonly type?: string;
  readonly uuid?: string;
  readonly sessionId?: string;
  readonly timestamp?: string;
  readonly cwd?: string;
  readonly explicit?: boolean;
  readonly message?: { readonly content?: unknown };
}

export function rowsOf(transcript: string): RawRow[] {
  const lines = fs.readFileSync(transcript, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as RawRow);
}

function rowOf(transcript: string, prompt: string): string {
  const row = rowsOf(transcript).find(({ message }) => message?.content === prompt);
  if (row?.uuid === undefined) throw new Error(`No prompt ${prompt} in ${transcript}`);
  return row.uuid;
}
