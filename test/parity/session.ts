import { conversation } from "./conversation.ts";
import { line, type Row } from "./model.ts";
import type { Rng } from "./rng.ts";
import { prose, title } from "./text.ts";

export interface SessionOptions {
  readonly sessionId: string;
  readonly cwd: string;
  /** Ids of other sessions, some of which stand in the same directory. */
  readonly others: readonly string[];
  /** Further places a session may have moved to. */
  readonly places: readonly string[];
  /** No file over 64 KiB. */
  readonly small?: boolean | undefined;
}

const DAY = 86_400_000;
const SIZES = { tiny: 4, small: 10, medium: 4, windows: 3, large: 2, huge: 0.15 } as const;

/** The lines of one transcript as CLIs of several ages write them, with the litter that crashes leave. */
export function sessionLines(rng: Rng, options: SessionOptions): Buffer[] {
  const { sessionId, cwd } = options;
  const size = options.small === true ? rng.pick(["tiny", "small"] as const) : rng.weighted(SIZES);
  if (rng.chance(0.03)) return metadataRows(rng, options).map(line);
  const rows = conversation(rng, {
    sessionId,
    cwd,
    steps: { tiny: rng.int(0, 2), small: rng.int(2, 14), medium: rng.int(10, 40), windows: 14, large: 24, huge: 16 }[
      size
    ],
    start: Date.UTC(2026, 0, 1) + rng.int(0, 60 * DAY),
    bulk: {
      tiny: 0,
      small: 0,
      medium: 0,
      windows: rng.int(4_000, 16_000),
      large: rng.int(8_000, 30_000),
      huge: 900_000,
    }[size],
    entrypoint: rng.pick(["cli", "cli", "sdk-cli", "sdk-ts", "sdk-py", "claude-vscode", undefined]),
  });
  if (rng.chance(0.03)) for (const row of rows) row["sessionKind"] = rng.pick(["daemon", "daemon-worker", "bg"]);
  if (size === "huge") grow(rng, rows);
  const out: Row[] = [...firstRows(rng, options), ...rows];
  for (const row of metadataRows(rng, options)) {
    if (rng.chance(0.6)) out.push(row);
    else out.splice(rng.int(0, out.length), 0, row);
  }
  if (rng.chance(0.06)) out.splice(rng.int(Math.max(0, out.length - 6), out.length), 0, continuedIn(rng, options));
  return litter(rng, out.map(line));
}

/** Makes the file larger than what the official reader reads whole (5 MiB). */
function grow(rng: Rng, rows: Row[]): void {
  const text = prose(rng, 4_000).repeat(250);
  const users = rows.filter((row) => row["type"] === "user" && row["isMeta"] !== true && row["message"] !== null);
  for (const row of users.slice(1, 8)) row["toolUseResult"] = { stdout: text };
}

function firstRows(rng: Rng, { sessionId }: SessionOptions): Row[] {
  const rows: Row[] = [];
  if (rng.chance(0.3)) rows.push({ type: "mode", mode: "normal", sessionId });
  if (rng.chance(0.3)) rows.push({ type: "permission-mode", permissionMode: "default", sessionId });
  if (rng.chance(0.2)) {
    const content = prose(rng);
    rows.push({ type: "queue-operation", operation: "enqueue", sessionId, content });
    rows.push({ type: "queue-operation", operation: "dequeue", sessionId });
  }
  if (rng.chance(0.2))
    rows.push({
      type: "file-history-snapshot",
      messageId: rng.uuid(),
      snapshot: { trackedFileBackups: {} },
      isSnapshotUpdate: false,
    });
  if (rng.chance(0.1)) rows.push({ type: "summary", summary: prose(rng, 30), leafUuid: rng.uuid() });
  return rows;
}

function metadataRows(rng: Rng, { sessionId, places }: SessionOptions): Row[] {
  const rows: Row[] = [];
  const maybe = (chance: number, row: () => Row): void => void (rng.chance(chance) && rows.push(row()));
  maybe(0.3, () => ({ type: "ai-title", aiTitle: title(rng), sessionId }));
  maybe(0.25, () => ({ type: "custom-title", customTitle: rng.chance(0.9) ? title(rng) : "", sessionId }));
  maybe(0.1, () => ({ type: "custom-title", customTitle: title(rng), sessionId }));
  maybe(0.2, () => ({ type: "tag", tag: rng.pick(["bug", "wip", "", "é"]), sessionId }));
  maybe(0.35, () => ({ type: "last-prompt", lastPrompt: rng.chance(0.9) ? prose(rng) : "", sessionId }));
  maybe(0.15, () => ({ type: "summary", summary: prose(rng, 30), leafUuid: rng.uuid() }));
  maybe(0.1, () => ({ type: "pr-link", prNumber: 1, prUrl: "https://example.invalid/1", sessionId }));
  maybe(0.06, () => ({ type: "relocated", relocatedCwd: rng.pick(places), sessionId }));
  maybe(0.1, () => ({ type: "agent-name", agentName: "x", sessionId }));
  maybe(0.05, () => ({
    type: "whatever",
    lastPrompt: "LP of another type",
    extra: { summary: "nested", customTitle: "nested" },
  }));
  maybe(0.05, () => ({ type: "custom-title", customTitle: 5, sessionId }));
  return rows;
}

function continuedIn(rng: Rng, { sessionId, others }: SessionOptions): Row {
  const target = rng.chance(0.8) && others.length > 0 ? rng.pick(others) : rng.pick([rng.uuid(), "no-uuid"]);
  return { type: "continued-in", continuedInSessionId: target, sessionId };
}

/** Lines that are no rows: none of them hides a row, or holds one. */
function litter(rng: Rng, lines: Buffer[]): Buffer[] {
  const out = [...lines];
  const put = (text: string): void => void out.splice(rng.int(0, out.length), 0, Buffer.from(text));
  if (rng.chance(0.15)) put("");
  if (rng.chance(0.08)) put("   ");
  if (rng.chance(0.08)) put("this is no json");
  if (rng.chance(0.08)) put(rng.pick(["null", "1", '"text"', "[]", "true", "\u0000\u0000"]));
  if (rng.chance(0.1)) put(`{"type":"assistant","uuid":"${rng.uuid()}","parentUu`);
  if (rng.chance(0.05)) put(`{"type":"user","message":{"role":"user","content":"cut`);
  if (rng.chance(0.05)) put('{"type":"x" oops}');
  const spaced = rng.chance(0.05);
  const carriage = rng.chance(0.06);
  return out.map((bytes) => {
    const before = spaced && bytes.length > 0 ? Buffer.concat([Buffer.from(" \t "), bytes]) : bytes;
    return carriage ? Buffer.concat([before, Buffer.from("\r")]) : before;
  });
}
