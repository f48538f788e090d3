import { describe, expect, test } from "vitest";
import { reportLines } from "../../../src/cli/doctor/doctor-report.ts";
import { makeStyle } from "../../../src/cli/terminal/style.ts";
import type { ConfigDirReport } from "../../../src/store/doctor/examine-store.ts";

const PLAIN = { desktopDays: undefined, projects: [] } as const;

const NOW = Date.UTC(2026, 0, 10);
const HOUR = 3_600_000;
const empty: ConfigDirReport = {
  path: "/c",
  source: "default",
  exists: true,
  projectsDir: "there",
  meant: undefined,
  projects: [],
  findings: [],
  movedAway: [],
  misplaced: [],
  stubs: [],
  misnamed: [],
  links: [],
  notWalked: undefined,
  unreadable: [],
  retention: { days: 30, why: "default", settingsPath: "/c/settings.json", ...PLAIN },
  expiring: [],
  orphans: [],
  temporaries: [],
  trash: { path: "/c/claude-transcripts/trash", entries: 0, bytes: 0, cutShort: 0, locks: [] },
};
const project = {
  key: "-w",
  path: "/c/projects/-w",
  cwd: "/w",
  sessions: 1,
  bytes: 1500,
  otherBytes: 0,
  lastModified: NOW - HOUR,
};

const lines = (dir: Partial<ConfigDirReport>, { all = false, elsewhere = [] as string[] } = {}): string[] =>
  reportLines(
    { configDirs: [{ ...empty, ...dir }], elsewhere },
    { style: makeStyle(false), width: undefined, all, now: NOW },
  );
/** The lines of one section, found by how it begins. */
const section = (title: string, all: readonly string[]): string[] => {
  const from = all.findIndex((line) => line.startsWith(title));
  const to = all.indexOf("", from);
  return from < 0 ? [] : all.slice(from, to < 0 ? undefined : to);
};

describe("the report of doctor", () => {
  test("of nothing", () => {
    expect(lines({})).toEqual(["/c (the default)", "no sessions in /c", "", "No problems found."]);
    expect(lines({ exists: false, source: "environment", projectsDir: "missing" })).toEqual([
      "/c (CLAUDE_CONFIG_DIR; does not exist)",
      "no sessions in /c: it has no 'projects' directory",
    ]);
  });

  test("of sound sessions", () => {
    const other = { ...project, key: "-x", cwd: undefined, sessions: 2, otherBytes: 3_000_000, lastModified: NOW };
    expect(lines({ projects: [project, other], source: "option" })).toEqual([
      "/c (--config-dir)",
      "3 sessions in 2 projects, 3.0 MB",
      "",
      "PROJECT  SESSIONS    SIZE  SUBAGENTS ETC.  CHANGED",
      "-x              2  1.5 kB          3.0 MB  just now",
      "/w              1  1.5 kB                  1 h ago",
      "",
      "No problems found.",
      "",
      "Claude Code deletes sessions that have not changed for 30 days (the default).",
      "Settings of a project may override this: 'claude-transcripts retention' looks at them too.",
    ]);
  });

  const file = (path: string, ...findings: ConfigDirReport["findings"][number]["findings"]) => ({
    path,
    bytes: 1,
    content: "conversation" as const,
    lines: 1,
    rows: 1,
    entrypoints: [],
    findings,
  });
  const findings: ConfigDirReport["findings"] = [
    file("/c/a.jsonl", { kind: "cut", count: 1, lines: [7] }, { kind: "dangling_parent", count: 2, lines: [8, 9] }),
    file("/c/b.jsonl", { kind: "not_json", count: 1200, lines: Array.from({ length: 20 }, (_, i) => i + 1) }),
    file("/c/c\u001B[31m.jsonl", { kind: "repeated_uuid", count: 1, lines: [3] }),
  ];

  test("of damage, by line; what is merely odd is counted", () => {
    const report = lines({ findings });
    expect(section("Damaged", report)).toEqual([
      "Damaged transcripts",
      "  /c/a.jsonl",
      "    line 7: a row that was cut short",
      "  /c/b.jsonl",
      "    lines 1, 2, 3, 4, 5 and 1,195 more: bytes that are not a row",
    ]);
    expect(section("Odd", report)).toEqual([
      "Odd, but nothing is lost: 1 transcript with a row whose parent is not in the file, 1 transcript with a row that occurs twice. --all lists them.",
    ]);
    expect(report).not.toContain("No problems found.");
  });

  test("lists everything with --all", () => {
    const report = lines({ findings }, { all: true });
    expect(section("Damaged", report)).toEqual([
      "Damaged transcripts",
      "  /c/a.jsonl",
      "    line 7: a row that was cut short",
      "    lines 8, 9: a row whose parent is not in the file",
      "  /c/b.jsonl",
      `    lines ${Array.from({ length: 20 }, (_, i) => i + 1).join(", ")} and 1,180 more: bytes that are not a row`,
      "  /c/c.jsonl",
      "    line 3: a row that occurs twice",
    ]);
    expect(section("Odd", report)).toEqual([]);
  });

  test("of what is merely odd", () => {
    expect(lines({ findings: findings.slice(2) }).slice(2)).toEqual([
      "",
      "Odd, but nothing is lost: 1 transcript with a row that occurs twice. --all lists them.",
    ]);
  });

  test("of directories that were moved, with the commands that let their sessions follow", () => {
    const movedAway = [
      { path: "/w/old name", sessions: 3, candidates: ["/w/new", "/v/old name"] },
      { path: "/w/deleted", sessions: 1, candidates: [] },
    ];
    expect(section("Directories that", lines({ movedAway }))).toEqual([
      "Directories that seem to have been moved, where 'claude --continue' no longer finds their sessions",
      "  /w/old name: 3 sessions",
      "    claude-transcripts move-project '/w/old name' /w/new",
      "    claude-transcripts move-project '/w/old name' '/v/old name'",
      "  1 other directory is gone.",
    ]);
    expect(lines({ movedAway: movedAway.slice(1) })).toContain("No problems found.");
  });

  test("of transcripts in the wrong place", () => {
    const one = { sessionId: "s", bytes: 1, hasSidecars: false, moveTo: undefined, standsAt: undefined };
    const misplaced = [
      { ...one, path: "/c/projects/-w/-w/s.jsonl", moveTo: "/c/projects/-w/s.jsonl" },
      { ...one, path: "/c/s.jsonl", moveTo: "/c/projects/-w/s\u0007.jsonl", hasSidecars: true },
      { ...one, path: "/c/t.jsonl", standsAt: "/c/projects/-w/t.jsonl" },
      { ...one, path: "/c/projects/u.jsonl" },
    ];
    const report = lines({ misplaced });
    expect(section("Transcripts in", report)).toEqual([
      "Transcripts in the wrong place, where no list shows them: 4",
      "  /c/projects/-w/-w/s.jsonl",
      "    move it to /c/projects/-w/s.jsonl",
      "  /c/s.jsonl",
      "    move it to /c/projects/-w/s .jsonl, with the directory next to it that is named after its id",
      "  /c/t.jsonl",
      "    something with this id is already at /c/projects/-w/t.jsonl: compare the two, and keep a copy, before you move either",
      "  /c/projects/u.jsonl",
      "    move it into its project's directory in 'projects'",
    ]);
    expect(report).not.toContain("No problems found.");
    const many = Array.from({ length: 12 }, () => misplaced[3] ?? { ...one, path: "" });
    expect(section("Transcripts in", lines({ misplaced: many }))).toHaveLength(22);
    expect(section("Transcripts in", lines({ misplaced: many }, { all: true }))).toHaveLength(25);
  });

  test("of stubs, by kind, each with its reason", () => {
    const stub = (kind: "empty" | "link" | "directory", name: string, target?: string) => ({
      path: `/c/${name}`,
      sessionId: "s",
      kind,
      bytes: 0,
      target,
    });
    const stubs = [stub("directory", "d"), stub("empty", "e1"), stub("link", "l", "/x\u001B[1my"), stub("empty", "e2")];
    const report = lines({ stubs });
    expect(section("Named like", report)).toEqual([
      "Named like a transcript, but not a session: 4",
      "  2 × empty: nothing was written, or it was lost",
      "    /c/e1",
      "    /c/e2",
      "  1 × a link, which no list shows; it was not followed",
      "    /c/l → /xy",
      "  1 × a directory",
      "    /c/d",
    ]);
    expect(report).not.toContain("No problems found.");
  });

  test("of links, of what was not walked, and of names that are nearly right", () => {
    const links = [
      { path: "/c/projects/-r", target: "/", isProject: true },
      { path: "/c/a", target: undefined, isProject: false },
    ];
    const notWalked = { limit: 1_000_000, directories: 1202, paths: ["/c/x", "/c/y"] };
    const report = lines({ links, notWalked, misnamed: [{ path: "/c/s.JSONL", sessionId: "s", bytes: 1000 }] });
    expect(report.slice(2)).toEqual([
      "",
      "Links that lead out of the config dir or nowhere, and were not followed: 2",
      "  /c/projects/-r → / (a project dir: only its sessions were examined)",
      "  /c/a → nowhere",
      "",
      "Not examined, because the limit of 1,000,000 files and directories was reached",
      "  /c/x",
      "  /c/y",
      "  … and 1,200 more directories",
      "",
      "Note: named almost like a transcript, so no list shows it: 1 file",
      "  /c/s.JSONL  1.0 kB",
    ]);
  });

  test.for([
    ["missing", "it has no 'projects' directory"],
    ["dangling_link", "its 'projects' is a dangling link"],
    ["not_a_directory", "its 'projects' is not a directory"],
    ["unreadable", "its 'projects' cannot be read"],
  ] as const)("of a config dir without projects: %s", ([projectsDir, text]) => {
    expect(lines({ projectsDir, meant: "/home/me/.claude" }).slice(1)).toEqual([
      `no sessions in /c: ${text}`,
      "",
      "The config dir seems to be /home/me/.claude: use --config-dir /home/me/.claude",
    ]);
  });

  test("nothing is wrong only when nothing is", () => {
    expect(lines({})).toContain("No problems found.");
    for (const wrong of [
      { retention: { days: undefined, why: "settings_invalid", settingsPath: "/s", ...PLAIN } },
      { trash: { path: "/t", entries: 1, bytes: 1, cutShort: 1, locks: [] } },
      { projectsDir: "missing" },
    ] satisfies Partial<ConfigDirReport>[]) {
      expect(lines(wrong)).not.toContain("No problems found.");
    }
  });

  test("of sessions that will be deleted", () => {
    const session = (n: number, hours: number) => ({
      sessionId: `id${n}`,
      path: "/c/x",
      title: n === 2 ? undefined : `T\n${n}`,
      lastModified: 0,
      deletedFrom: NOW + hours * HOUR,
    });
    expect(section("Will be", lines({ expiring: [session(1, -1), session(2, 5), session(3, 36)] }))).toEqual([
      "Will be deleted by Claude Code within 3 days",
      "  id1  at its next start  T 1",
      "  id2  in 5 h  (no title)",
      "  id3  in 1.5 days, 2026-01-11  T 3",
      "  To keep them, set cleanupPeriodDays in /c/settings.json to a larger number of days,",
      "  or keep copies with 'claude-transcripts snapshot'.",
    ]);
  });

  test.for([
    [
      "settings",
      7,
      "Claude Code deletes sessions that have not changed for 7 days (cleanupPeriodDays in /c/settings.json).",
    ],
    [
      "settings",
      1,
      "Claude Code deletes sessions that have not changed for 1 day (cleanupPeriodDays in /c/settings.json).",
    ],
    ["settings_unreadable", undefined, "Claude Code deletes nothing for now: /c/settings.json cannot be read."],
    [
      "settings_invalid",
      undefined,
      "Claude Code deletes nothing for now: cleanupPeriodDays in /c/settings.json is not valid.",
    ],
  ] as const)("of the retention: %s", ([why, days, text]) => {
    const retention = { days, why, settingsPath: "/c/settings.json", ...PLAIN };
    expect(lines({ projects: [project], retention })).toContain(text);
  });

  test("lists the first ten leftovers, and counts the rest", () => {
    const orphans = Array.from({ length: 12 }, (_, i) => ({ path: `/c/o${i}`, sessionId: "s", bytes: 1000 }));
    const report = section("Belongs", lines({ orphans }));
    expect(report).toHaveLength(12);
    expect([report[0], report[1], report.at(-1)]).toEqual([
      "Belongs to no session: 12 items, 12 kB",
      "  /c/o0  1.0 kB",
      "  … and 2 more (--all lists them)",
    ]);
    expect(section("Belongs", lines({ orphans }, { all: true }))).toHaveLength(13);
  });

  test("of the trash, of temporary files, of what cannot be read, and of other places", () => {
    const report = lines(
      {
        trash: { path: "/t", entries: 2, bytes: 2000, cutShort: 1, locks: [] },
        temporaries: [{ path: "/c/.x.tmp", bytes: 10 }],
        unreadable: [{ path: "/c/\u009B31mx", reason: "EACCES" }],
      },
      { elsewhere: ["/home/me/.claude"] },
    );
    for (const line of [
      "In the trash: 2 sessions, 2.0 kB; 1 cut short ('claude-transcripts trash' shows which)",
      "  /c/.x.tmp  10 B",
      "  /c/x: EACCES",
      "There are also transcripts in /home/me/.claude: use --config-dir /home/me/.claude",
    ])
      expect(report).toContain(line);
  });
});
