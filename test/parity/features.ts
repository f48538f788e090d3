/** What a store has in it, so that a run can say what it covered. */
import { bytesOf, projectOf, type Row, rowOf, type Store, type Transcript, transcriptsOf } from "./model.ts";
import { queuedPrompts } from "./queue.ts";
import { conversationRows, field, isMain, parentOf, uuidOf } from "./transforms.ts";
import { WINDOW } from "./windows.ts";

const BIG_FILE = 5 * 1024 * 1024;

const OF_TRANSCRIPT: Readonly<Record<string, (one: Transcript, rows: readonly Row[]) => boolean>> = {
  "over 64 KiB": (one) => bytesOf(one).length > WINDOW,
  "over 128 KiB": (one) => bytesOf(one).length > 2 * WINDOW,
  "over 5 MiB": (one) => bytesOf(one).length > BIG_FILE,
  branches: (one) => hasBranches(one),
  "parallel tool calls": (_one, rows) => count(rows, isToolUse, (row) => field(row["message"], "id")) > 1,
  compaction: (_one, rows) => rows.some(isBoundary),
  "two compactions": (_one, rows) => rows.filter(isBoundary).length > 1,
  "preserved messages": (_one, rows) =>
    rows.some((row) => field(row["compactMetadata"], "preservedMessages") !== undefined),
  "preserved segment": (_one, rows) =>
    rows.some((row) => field(row["compactMetadata"], "preservedSegment") !== undefined),
  "boundary without a parent's key": (_one, rows) => rows.some((row) => isBoundary(row) && !("parentUuid" in row)),
  "copies before a boundary": (_one, rows) => rows.some((row, at) => isBoundary(row) && isCopy(rows, at - 1)),
  "boundary with a parent": (_one, rows) =>
    rows.some((row) => isBoundary(row) && typeof row["parentUuid"] === "string"),
  "queued prompts": (_one, rows) => rows.some((row) => field(row["attachment"], "type") === "queued_command"),
  "prompts in operations alone": (one) => queuedPrompts(one.lines).length > 0,
  "sidechain rows": (_one, rows) => rows.some((row) => row["isSidechain"] === true),
  "team rows": (_one, rows) => rows.some((row) => row["teamName"] !== undefined),
  "meta rows": (_one, rows) => rows.some((row) => row["isMeta"] === true),
  "progress rows": (_one, rows) => rows.some((row) => row["type"] === "progress"),
  "hidden tools": (_one, rows) => rows.some((row) => row["hostHiddenToolUseIds"] !== undefined),
  "a uuid twice": (_one, rows) => new Set(rows.map((row) => row["uuid"])).size < rows.length,
  "equal times": (_one, rows) => new Set(rows.map((row) => row["timestamp"])).size < rows.length,
  "no final newline": (one) => bytesOf(one).at(-1) !== 0x0a,
  "lines that are no rows": (one) => one.lines.some((bytes) => bytes.length > 0 && rowOf(bytes) === undefined),
  "blank lines": (one) => one.lines.some((bytes) => bytes.toString("latin1").trim() === ""),
  CRLF: (one) => one.lines.some((bytes) => bytes.at(-1) === 0x0d),
  titles: (one) => has(one, '"custom-title"'),
  tags: (one) => has(one, '"type":"tag"'),
  "summary rows": (one) => has(one, '"type":"summary"'),
  "last prompts": (one) => has(one, '"last-prompt"'),
  relocated: (one) => has(one, '"relocated"'),
  "continued in": (one) => has(one, '"continued-in"'),
  programmatic: (_one, rows) =>
    rows.some((row) => String(row["entrypoint"]).startsWith("sdk-") || String(row["sessionKind"]).startsWith("daemon")),
};

const OF_STORE: Readonly<Record<string, (store: Store) => boolean>> = {
  "several projects": (store) => new Set(transcriptsOf(store).map((one) => projectOf(one.path))).size > 1,
  worktrees: (store) => store.dirs.filter((dir) => /\/(?:repo|trees|bare)/.test(dir)).length > 1,
  "long paths": (store) => transcriptsOf(store).some((one) => projectOf(one.path).length > 200),
  "colliding paths": (store) => store.dirs.filter((dir) => dir.includes("/col/")).length > 1,
  "copies of one id": (store) =>
    new Set(transcriptsOf(store).map((one) => one.sessionId)).size < transcriptsOf(store).length,
  "equal mtimes": (store) => new Set(transcriptsOf(store).map((one) => one.mtime)).size < transcriptsOf(store).length,
  "symlinked transcripts": (store) =>
    store.entries.some((entry) => entry.kind === "link" && entry.path.split("/").length === 3),
  "symlinked projects": (store) =>
    store.entries.some((entry) => entry.kind === "link" && entry.path.split("/").length === 2),
  "directories named like transcripts": (store) =>
    store.entries.some((entry) => entry.kind === "dir" && entry.path.endsWith(".jsonl")),
  "empty files": (store) =>
    store.entries.some((entry) => entry.kind === "file" && entry.path.endsWith(".jsonl") && entry.bytes.length === 0),
  subagents: (store) => store.entries.some((entry) => entry.path.includes("/subagents/agent-")),
  "nested subagents": (store) => store.entries.some((entry) => /\/subagents\/.+\/agent-/.test(entry.path)),
  "archive marks": (store) => store.entries.some((entry) => entry.path.endsWith("/archived.json")),
  "title sidecars": (store) => store.entries.some((entry) => entry.path.endsWith("/custom-title.json")),
};

export function featuresOf(store: Store): string[] {
  const found = Object.keys(OF_STORE).filter((name) => OF_STORE[name]?.(store) === true);
  const transcripts = transcriptsOf(store).map(
    (one) => [one, conversationRows(one.lines).map(({ row }) => row)] as const,
  );
  for (const [name, test] of Object.entries(OF_TRANSCRIPT)) {
    if (transcripts.some(([one, rows]) => test(one, rows))) found.push(name);
  }
  return found;
}

const has = (one: Transcript, text: string): boolean => one.lines.some((bytes) => bytes.includes(text));
const isBoundary = (row: Row): boolean => row["subtype"] === "compact_boundary";

const isCopy = (rows: readonly Row[], at: number): boolean =>
  rows.findIndex((row) => row["uuid"] === rows[at]?.["uuid"]) < at;

function isToolUse(row: Row): boolean {
  const content = field(row["message"], "content");
  return (
    row["type"] === "assistant" &&
    Array.isArray(content) &&
    content.some((block) => field(block, "type") === "tool_use")
  );
}

/** How many different rows share one key, at most. */
function count(rows: readonly Row[], test: (row: Row) => boolean, key: (row: Row) => unknown): number {
  const uuids = new Map<unknown, Set<unknown>>();
  for (const row of rows) if (test(row)) uuids.set(key(row), (uuids.get(key(row)) ?? new Set()).add(row["uuid"]));
  return Math.max(0, ...[...uuids.values()].map((each) => each.size));
}

function hasBranches(one: Transcript): boolean {
  const children = new Map<string, Set<string>>();
  for (const placed of conversationRows(one.lines)) {
    const parent = parentOf(placed);
    if (parent === undefined || !isMain(placed) || placed.row["type"] !== "user") continue;
    children.set(parent, (children.get(parent) ?? new Set()).add(uuidOf(placed)));
  }
  return [...children.values()].some((each) => each.size > 1);
}
