import { expect, test } from "vitest";
import { givenTitle, toSessionRow } from "../../../src/acp/sessions/session-to-acp.ts";
import type { ListedSession, OrUndefined } from "../../../src/store/types.ts";
import { problems } from "../../support/acp-schema.ts";

const session: ListedSession = {
  sessionId: "s1",
  summary: "A title",
  title: "A title",
  lastModified: 2,
  fileSize: 100,
  firstPrompt: "hi",
  gitBranch: "main",
  cwd: "/w",
  createdAt: Date.UTC(2026, 0, 1),
  tags: [],
  description: undefined,
  activity: Date.UTC(2026, 0, 2),
  configDir: "/c",
  projectKey: "-w",
  transcriptPath: "/c/projects/-w/s1.jsonl",
  entrypoint: "cli",
  programmatic: false,
  model: undefined,
  forkedFrom: undefined,
  agentName: undefined,
  teamName: undefined,
  worktree: undefined,
};

const facts = {
  summary: "A title",
  gitBranch: "main",
  entrypoint: "cli",
  programmatic: false,
  createdAt: "2026-01-01T00:00:00.000Z",
  fileSize: 100,
};

test.for<[string, Partial<OrUndefined<ListedSession>>, unknown]>([
  [
    "known facts, and only those",
    {},
    {
      sessionId: "s1",
      archived: false,
      cwd: "/w",
      title: "A title",
      updatedAt: "2026-01-02T00:00:00.000Z",
      _meta: { "claude-transcripts": facts },
    },
  ],
  [
    "tags and a description",
    { tag: "a", tags: ["a", "b"], description: "What it is" },
    {
      sessionId: "s1",
      archived: false,
      cwd: "/w",
      title: "A title",
      updatedAt: "2026-01-02T00:00:00.000Z",
      _meta: { "claude-transcripts": { ...facts, tag: "a", tags: ["a", "b"], description: "What it is" } },
    },
  ],
  [
    "a session without a directory stands under that of its transcript",
    { cwd: undefined },
    {
      sessionId: "s1",
      archived: false,
      cwd: "/c/projects/-w",
      title: "A title",
      updatedAt: "2026-01-02T00:00:00.000Z",
      _meta: { "claude-transcripts": { ...facts, cwdUnknown: true } },
    },
  ],
  [
    "so does one whose directory is none here",
    { cwd: "C:\\x", archived: true, worktree: "/w/t", summary: "  ", title: "" },
    {
      sessionId: "s1",
      archived: true,
      cwd: "/c/projects/-w",
      updatedAt: "2026-01-02T00:00:00.000Z",
      _meta: {
        "claude-transcripts": {
          ...facts,
          summary: "  ",
          archived: true,
          worktree: "/w/t",
          cwdUnknown: true,
          recordedCwd: "C:\\x",
        },
      },
    },
  ],
  [
    "times that are none are absent",
    { activity: Number.NaN, createdAt: 1e300 },
    {
      sessionId: "s1",
      archived: false,
      cwd: "/w",
      title: "A title",
      _meta: { "claude-transcripts": { ...facts, createdAt: undefined } },
    },
  ],
])("%s", ([, change, expected]) => {
  const row = toSessionRow({ ...session, ...change } as ListedSession);
  expect(row).toEqual(expected);
  expect(problems("SessionInfo", row)).toEqual([]);
});

test("a long title is given whole next to the short one", () => {
  const long = "word ".repeat(60).trim();
  const row = toSessionRow({ ...session, summary: long, customTitle: long, title: "word…" });
  expect(row.title).toBe("word…");
  expect(row._meta).toMatchObject({ "claude-transcripts": { summary: long, customTitle: long } });
});

test.for([
  ["a\n\tb\u2028c\u0007d ", "a b c d"],
  ["x".repeat(200), "x".repeat(200)],
  ["x".repeat(201), `${"x".repeat(199)}…`],
  ["a\u202Eb\u200Bc\u001Bcd\u009B2Je", "abcde"],
  [`${"x".repeat(198)}😀y`, `${"x".repeat(198)}…`],
])("a title that a client sets, %j", ([text, expected]) => {
  expect(givenTitle(text as string)).toBe(expected);
});
