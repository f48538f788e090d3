import { relative, sep } from "node:path";
import { type Finding, type FindingKind, LOSSES, LOST_TO_CLAUDE } from "../../store/doctor/check-transcript.ts";
import type { ConfigDirReport, ExpiringSession, ProjectsState, StoreReport } from "../../store/doctor/examine-store.ts";
import type { Misplaced } from "../../store/doctor/misplaced.ts";
import type { OutwardLink, Stub, StubKind, TranscriptReport } from "../../store/doctor/survey.ts";
import { isSessionId, sessionIdOfFile } from "../../store/layout/session-id.ts";
import { shellWord } from "../../view/resume.ts";
import { formatBytes } from "../../view/size.ts";
import { type Column, headLine, layOut, tableLine } from "../terminal/table.ts";
import { printable } from "../terminal/terminal.ts";
import { deletionTime, relativeTime } from "../terminal/time.ts";
import type { Style } from "../terminal/style.ts";

export interface DoctorOptions {
  readonly style: Style;
  readonly width: number | undefined;
  /** Lists everything instead of the first few. */
  readonly all: boolean;
  readonly now: number;
}

/** Writes the report for people: what is there, then the problems, worst first. */
export function reportLines(report: StoreReport, options: DoctorOptions): string[] {
  const lines = report.configDirs.flatMap((dir, at) => [...(at === 0 ? [] : [""]), ...configDirLines(dir, options)]);
  for (const dir of report.elsewhere) {
    lines.push("", `There are also transcripts in ${printable(dir)}: use --config-dir ${printable(dir)}`);
  }
  return lines;
}

function configDirLines(dir: ConfigDirReport, options: DoctorOptions): string[] {
  const { style, all } = options;
  const { path, source, exists, meant, findings, unreadable, misplaced, orphans, temporaries, links, misnamed } = dir;
  const wrong = [
    meant === undefined ? [] : [`The config dir seems to be ${printable(meant)}: use --config-dir ${printable(meant)}`],
    section(
      "Cannot be read",
      unreadable.map((one) => `  ${printable(one.path)}: ${one.reason}`),
    ),
    section(
      style.failed(`Transcripts in the wrong place, where no list shows them: ${number(misplaced.length)}`),
      someOf(misplaced, options, (one) => [`  ${printable(one.path)}`, `    ${placeText(one)}`]),
    ),
    movedLines(dir, options),
    stubLines(dir, options),
    section(style.failed("Damaged transcripts"), damageLines(dir, all)),
    expiringLines(dir, options),
    section(
      `Belongs to no session: ${counted(orphans.length, "item")}, ${formatBytes(total(orphans, ({ bytes }) => bytes))}`,
      some(orphans, options, sizedPath),
    ),
    section(
      "Left behind when this program was interrupted during a change; the next change there removes it",
      some(temporaries, options, sizedPath),
    ),
    section(
      `Links that lead out of the config dir or nowhere, and were not followed: ${number(links.length)}`,
      some(links, options, linkText),
    ),
    notWalkedLines(dir),
    all ? [] : oddLines(findings),
    section(
      `Note: named almost like a transcript, so no list shows it: ${counted(misnamed.length, "file")}`,
      some(misnamed, options, sizedPath),
    ),
  ].filter(({ length }) => length > 0);
  if (wrong.length === 0 && isSound(dir)) wrong.push(["No problems found."]);
  return [
    `${style.title(printable(path))} ${style.dim(`(${SOURCES[source]}${exists ? "" : "; does not exist"})`)}`,
    ...projectLines(dir, options),
    ...[...wrong, trashLines(dir), retentionLines(dir)].flatMap((lines) => section("", lines)),
  ];
}

/** Puts a head above lines; returns nothing for no lines. */
const section = (head: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : [head, ...lines]);

const sizedPath = ({ path, bytes }: { readonly path: string; readonly bytes: number }): string =>
  `${printable(path)}  ${formatBytes(bytes)}`;

/** Whether there are projects, and no problems with the trash and the settings, which have lines of their own. */
const isSound = ({ projectsDir, trash, retention }: ConfigDirReport): boolean =>
  projectsDir === "there" && trash.cutShort === 0 && trash.locks.length === 0 && retention.days !== undefined;

const SOURCES = {
  option: "--config-dir",
  environment: "CLAUDE_CONFIG_DIR",
  default: "the default",
} as const;

const COLUMNS: readonly Column[] = [
  { title: "PROJECT", min: 20, isPath: true, share: 0.4, color: 36 },
  { title: "SESSIONS", right: true },
  { title: "SIZE", right: true },
  { title: "SUBAGENTS ETC.", right: true, dispensable: 2 },
  { title: "CHANGED", dispensable: 1 },
];

const NO_PROJECTS: Readonly<Record<ProjectsState, string>> = {
  there: "",
  missing: ": it has no 'projects' directory",
  dangling_link: ": its 'projects' is a dangling link",
  not_a_directory: ": its 'projects' is not a directory",
  unreadable: ": its 'projects' cannot be read",
};

function projectLines(
  { path, projects, projectsDir }: ConfigDirReport,
  { style, width, now }: DoctorOptions,
): string[] {
  const sessions = total(projects, (project) => project.sessions);
  if (projects.length === 0) return [`no sessions in ${printable(path)}${NO_PROJECTS[projectsDir]}`];
  const rows = [...projects]
    .sort((a, b) => (b.lastModified ?? 0) - (a.lastModified ?? 0))
    .map(({ cwd, key, sessions, bytes, otherBytes, lastModified }) => [
      printable(cwd ?? key),
      String(sessions),
      formatBytes(bytes),
      otherBytes === 0 ? "" : formatBytes(otherBytes),
      lastModified === undefined ? "" : relativeTime(lastModified, now),
    ]);
  const size = formatBytes(total(projects, ({ bytes, otherBytes }) => bytes + otherBytes));
  const widths = layOut(COLUMNS, rows, { width, heads: true });
  const colors = style.dim("x") !== "x";
  const table = rows.map((row) => tableLine(COLUMNS, widths, row, { cuts: width !== undefined, colors }));
  const summary = `${counted(sessions, "session")} in ${counted(projects.length, "project")}, ${size}`;
  return [summary, "", headLine(COLUMNS, widths, { colors }), ...table];
}

function placeText({ moveTo, standsAt, hasSidecars }: Misplaced): string {
  if (standsAt !== undefined) {
    return `something with this id is already at ${printable(standsAt)}: compare the two, and keep a copy, before you move either`;
  }
  const along = hasSidecars ? ", with the directory next to it that is named after its id" : "";
  if (moveTo === undefined) return `move it into its project's directory in 'projects'${along}`;
  return `move it to ${printable(moveTo)}${along}`;
}

const STUBS: Readonly<Record<StubKind, string>> = {
  empty: "empty: nothing was written, or it was lost",
  nul: "only NUL bytes, which a system crash leaves in place of the data",
  metadata: "no messages: Claude Code leaves such files when nothing was asked, and they do no harm",
  sidechain: "only the conversation of an agent, which belongs to another session",
  no_rows: "nothing in it can be read as a row",
  link: "a link, which no list shows; it was not followed",
  dangling_link: "a dangling link",
  directory: "a directory",
  not_a_file: "neither a file nor a directory",
};

function stubLines({ stubs }: ConfigDirReport, options: DoctorOptions): string[] {
  const lines = Object.entries(STUBS).flatMap(([kind, text]) => {
    const same = stubs.filter((stub) => stub.kind === kind);
    return section(
      `  ${number(same.length)} × ${text}`,
      some(same, options, (stub) => `  ${stubText(stub)}`),
    );
  });
  return section(`Named like a transcript, but not a session: ${number(stubs.length)}`, lines);
}

/** Lists the directories that seem to have been moved; the others are only counted: most are deleted worktrees. */
function movedLines({ movedAway }: ConfigDirReport, options: DoctorOptions): string[] {
  const moved = movedAway.filter(({ candidates }) => candidates.length > 0);
  const gone = movedAway.length - moved.length;
  return [
    ...section(
      "Directories that seem to have been moved, where 'claude --continue' no longer finds their sessions",
      someOf(moved, options, (one) => [
        `  ${printable(one.path)}: ${counted(one.sessions, "session")}`,
        ...one.candidates.map(
          (to) => `    claude-transcripts move-project ${printable(`${shellWord(one.path)} ${shellWord(to)}`)}`,
        ),
      ]),
    ),
    ...(gone > 0 && moved.length > 0
      ? [`  ${counted(gone, "other directory is", "other directories are")} gone.`]
      : []),
  ];
}

const stubText = ({ path, target }: Stub): string =>
  target === undefined ? printable(path) : `${printable(path)} → ${printable(target)}`;

function linkText({ path, target, isProject }: OutwardLink): string {
  const sessions = isProject ? " (a project dir: only its sessions were examined)" : "";
  return `${printable(path)} → ${target === undefined ? "nowhere" : printable(target)}${sessions}`;
}

function notWalkedLines({ notWalked }: ConfigDirReport): string[] {
  if (notWalked === undefined) return [];
  const { limit, directories, paths } = notWalked;
  const more = directories - paths.length;
  return [
    `Not examined, because the limit of ${number(limit)} files and directories was reached`,
    ...paths.map((path) => `  ${printable(path)}`),
    ...(more > 0 ? [`  … and ${counted(more, "more directory", "more directories")}`] : []),
  ];
}

/** Lists the damaged transcripts, each with the command that mends it. */
const damageLines = ({ findings, path: configDir }: ConfigDirReport, all: boolean): string[] =>
  findings.flatMap((transcript) => {
    const worth = transcript.findings.filter(({ kind }) => all || isWorse(kind));
    const id = worth.some(({ kind }) => !NOT_MENDED.has(kind)) ? sessionOf(transcript.path, configDir) : undefined;
    return section(`  ${printable(transcript.path)}`, [
      ...worth.map((finding) => `    ${findingText(finding, all)}`),
      ...(id === undefined ? [] : [`    'claude-transcripts repair ${id}' mends what can be mended`]),
    ]);
  });

const isWorse = (kind: FindingKind): boolean => LOSSES.has(kind) || LOST_TO_CLAUDE.has(kind);

/** What a repair leaves: Claude Code writes copies of rows itself. */
const NOT_MENDED: ReadonlySet<FindingKind> = new Set(["oversized", "repeated_uuid"]);

/** Returns the session of a transcript in its place, or of a subagent's in the session's own directory. */
function sessionOf(path: string, configDir: string): string | undefined {
  const [top, , name = "", ...below] = relative(configDir, path).split(sep);
  if (top !== "projects") return undefined;
  return below.length === 0 ? sessionIdOfFile(name) : isSessionId(name) ? name : undefined;
}

function oddLines(findings: readonly TranscriptReport[]): string[] {
  const counts = new Map<FindingKind, number>();
  for (const { kind } of findings.flatMap((transcript) => transcript.findings)) {
    if (!isWorse(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const words = [...counts].map(([kind, count]) => `${counted(count, "transcript")} with ${WORDS[kind]}`);
  return [`Odd, but nothing is lost: ${words.join(", ")}. --all lists them.`];
}

const WORDS: Readonly<Record<FindingKind, string>> = {
  cut: "a row that was cut short",
  cut_at_end: "a last row that is cut short, or still being written",
  not_json: "bytes that are not a row",
  oversized: "a row that is too long to be read",
  bad_utf8: "bytes that are not UTF-8",
  nul: "NUL bytes",
  glued: "several rows on a line",
  bad_string: "raw control characters or unknown escapes in a row",
  lone_surrogate: "half of a surrogate pair in a row",
  dangling_parent: "a row whose parent is not in the file",
  own_parent: "a row that is its own parent",
  repeated_uuid: "a row that occurs twice",
  no_final_newline: "a last line without a newline",
};

const LINES = 5;

function findingText({ kind, count, lines }: Finding, all: boolean): string {
  const named = all ? lines : lines.slice(0, LINES);
  const more = count > named.length ? ` and ${number(count - named.length)} more` : "";
  return `${lines.length === 1 && count === 1 ? "line" : "lines"} ${named.join(", ")}${more}: ${WORDS[kind]}`;
}

function expiringLines({ expiring, retention }: ConfigDirReport, options: DoctorOptions): string[] {
  if (expiring.length === 0) return [];
  const { style, now } = options;
  return [
    style.failed("Will be deleted by Claude Code within 3 days"),
    ...some(expiring, options, (session) => expiringLine(session, now)),
    `  To keep them, set cleanupPeriodDays in ${printable(retention.settingsPath)} to a larger number of days,`,
    "  or keep copies with 'claude-transcripts snapshot'.",
  ];
}

function expiringLine({ sessionId, title, deletedFrom }: ExpiringSession, now: number): string {
  return `${sessionId}  ${deletionTime(deletedFrom, now)}  ${printable(title ?? "(no title)")}`;
}

function retentionLines({ retention, projects }: ConfigDirReport): string[] {
  const { days, why, settingsPath } = retention;
  if (projects.length === 0) return [];
  const path = printable(settingsPath);
  if (why === "settings_unreadable") return [`Claude Code deletes nothing for now: ${path} cannot be read.`];
  if (why === "settings_invalid")
    return [`Claude Code deletes nothing for now: cleanupPeriodDays in ${path} is not valid.`];
  const from =
    why === "default"
      ? "the default"
      : `cleanupPeriodDays in ${path}${why === "managed" ? ", settings of the organisation" : ""}`;
  return [
    `Claude Code deletes sessions that have not changed for ${counted(days ?? 0, "day")} (${from}).`,
    "Settings of a project may override this: 'claude-transcripts retention' looks at them too.",
  ];
}

function trashLines({ trash }: ConfigDirReport): string[] {
  const { entries, bytes, cutShort, locks } = trash;
  const held = locks.map(
    ({ path, sessionId, pid }) =>
      `Process ${pid} on another machine or in another container is changing ${sessionId}; if it has ended, remove ${printable(path)}`,
  );
  if (entries === 0) return held;
  const cut = cutShort === 0 ? "" : `; ${cutShort} cut short ('claude-transcripts trash' shows which)`;
  return [`In the trash: ${counted(entries, "session")}, ${formatBytes(bytes)}${cut}`, ...held];
}

const total = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, one) => sum + of(one), 0);

const number = (count: number): string => count.toLocaleString("en");

/** Returns `1 session`, `1,200 sessions`. */
const counted = (count: number, noun: string, several = `${noun}s`): string =>
  `${number(count)} ${count === 1 ? noun : several}`;

const SOME = 10;

/** Lists the first few, one per line, and the number of others. */
const some = <T>(items: readonly T[], options: DoctorOptions, line: (item: T) => string): string[] =>
  someOf(items, options, (item) => [`  ${line(item)}`]);

/** Lists the first few on several lines each, and the number of others. */
function someOf<T>(items: readonly T[], { all }: DoctorOptions, lines: (item: T) => string[]): string[] {
  const shown = all ? items : items.slice(0, SOME);
  const more = items.length - shown.length;
  return [...shown.flatMap(lines), ...(more > 0 ? [`  … and ${number(more)} more (--all lists them)`] : [])];
}
