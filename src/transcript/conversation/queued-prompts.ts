import { byTime } from "../tree/parallel-tool-results.ts";
import { textOf } from "../rows/queue-table.ts";
import { COMPACT_SUMMARY, META, NONE, QUEUED_COMMAND } from "../rows/row-index.ts";
import { ATTACHMENT, USER } from "../rows/row-kinds.ts";
import { push, type RowList } from "../tree/row-list.ts";
import { hasResult } from "../tree/tool-blocks.ts";
import type { LoadRow, Tree } from "../tree/row-tree.ts";
import { INTERRUPTIONS } from "../text/user-frames.ts";
import { asObject, asString, type JsonObject, membersOf } from "../rows/json-values.ts";

/**
 * Returns the rows of queued prompts (`attachment/queued_command`) that were delivered (official-helpers.md §5.7): a reply
 * follows, or they descend from the end of the conversation, or a `queue-operation` says so.
 */
export function deliveredPrompts(
  tree: Tree,
  rows: RowList,
  trailing: ReadonlySet<number>,
  localCommands: ReadonlySet<number>,
  from: number,
  load: LoadRow,
): Set<number> {
  const delivered = new Set<number>();
  if (!tree.index.hasFlag(QUEUED_COMMAND)) return delivered;
  const turnAfter = turnFinder(tree, rows, localCommands, load);
  let hasQueued = false;
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i] as number;
    if (!tree.isFlagged(row, QUEUED_COMMAND)) continue;
    hasQueued = true;
    if (turnAfter(i)?.kind === "reply" || trailing.has(row)) delivered.add(row);
  }
  if (hasQueued) applyAbsorbed(tree, rows, from, load, delivered);
  return delivered;
}

type Turn = Readonly<{ row: number; kind: "reply" | "prompt" }>;

/** Returns a function that finds the first turn after a place in `rows`. Calls must go backwards, so each row is read once. */
function turnFinder(
  tree: Tree,
  rows: RowList,
  localCommands: ReadonlySet<number>,
  load: LoadRow,
): (place: number) => Turn | undefined {
  const kindOf = (row: number): Turn["kind"] | undefined => {
    if (!tree.isMessage(row)) return undefined;
    if (tree.index.kind[row] !== USER) return "reply";
    const value = load(row);
    if ((value["parentUuid"] && hasResult(value)) || isInterruption(value)) return "reply";
    return tree.isFlagged(row, META | COMPACT_SUMMARY) || localCommands.has(row) ? undefined : "prompt";
  };
  let turn: Turn | undefined;
  let known = rows.length;
  return (place) => {
    for (let i = place + 1; i < known; i++) {
      const row = rows[i] as number;
      const kind = kindOf(row);
      if (kind === undefined) continue;
      turn = { row, kind };
      break;
    }
    known = place;
    return turn;
  };
}

/**
 * Returns the other queued prompts, which the official reader considers undelivered, but the CLI gives to the model. Leaves
 * out copies, and prompts that the next user row repeats.
 */
export function furtherPrompts(
  tree: Tree,
  rows: RowList,
  delivered: ReadonlySet<number>,
  localCommands: ReadonlySet<number>,
  load: LoadRow,
): number[] {
  if (!tree.index.hasFlag(QUEUED_COMMAND)) return [];
  const queued: number[] = [];
  for (const row of rows) if (tree.isFlagged(row, QUEUED_COMMAND)) queued.push(row);
  if (queued.every((row) => delivered.has(row))) return [];
  const idOf = (row: number): string | undefined => {
    const { deliveryId, sourceUuid } = idsOf(load(row));
    return deliveryId ?? sourceUuid;
  };
  const known = new Set(queued.filter((row) => delivered.has(row)).map(idOf));
  known.delete(undefined);
  const further: number[] = [];
  const turnAfter = turnFinder(tree, rows, localCommands, load);
  let turn: ReturnType<typeof turnAfter>;
  let asked: string | undefined;
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i] as number;
    if (!tree.isFlagged(row, QUEUED_COMMAND) || delivered.has(row)) continue;
    const next = turnAfter(i);
    // Many prompts may be before one long turn, which is read once.
    if (next !== turn)
      asked = next?.kind === "prompt" ? wordsOf(asObject(load(next.row)["message"])?.["content"]) : undefined;
    turn = next;
    const id = idOf(row);
    if (id !== undefined && known.has(id)) continue;
    if (id !== undefined) known.add(id);
    if (wordsOf(asObject(load(row)["attachment"])?.["prompt"]) !== asked) further.push(row);
  }
  return further;
}

/** Returns the text of a prompt without white space; of one without text, the whole content. */
const wordsOf = (content: unknown): string => textOf(content).replace(/\s+/g, "") || JSON.stringify(content ?? null);

/** Applies what the CLI says it took into turns: it decides, for the last copies of a prompt, as many as it says. */
function applyAbsorbed(tree: Tree, rows: RowList, from: number, load: LoadRow, delivered: Set<number>): void {
  const { index } = tree;
  // Operations before the first row that is read do not count.
  const absorbed = from === 0 ? index.absorbed : index.absorbed.filter(({ at }) => at > from);
  if (absorbed.length === 0) return;
  const counts = new Map<string, number>();
  for (const { deliveryId, commandUuid } of absorbed) {
    const key = keyOf(deliveryId, commandUuid);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // All copies in the file count, in the conversation or not.
  const deliveries = new Map<string, string[]>();
  const contents = new Map<string, string>();
  const seen = new Set<string>();
  for (let row = from; row < index.count; row++) {
    if (!tree.isFlagged(row, QUEUED_COMMAND)) continue;
    const value = load(row);
    const uuid = String(value["uuid"]);
    const { deliveryId, sourceUuid } = idsOf(value);
    if (deliveryId !== undefined) {
      if (seen.has(uuid)) continue;
      seen.add(uuid);
      push(deliveries, `delivery:${deliveryId}`, uuid);
    } else if (sourceUuid !== undefined) {
      const content = JSON.stringify(value["attachment"]);
      const first = contents.get(sourceUuid);
      if (first === undefined) contents.set(sourceUuid, content);
      // Copies with different contents make their uuid ambiguous, so operations on it do not count.
      else if (first !== content) counts.delete(`uuid:${sourceUuid}`);
    }
  }
  const confirmed = new Set<string>();
  for (const [key, uuids] of deliveries) {
    const count = counts.get(key) ?? 0;
    for (const uuid of uuids.slice(Math.max(0, uuids.length - count))) confirmed.add(uuid);
  }
  const byKey = new Map<string, number[]>();
  for (const row of rows) {
    if (!tree.isFlagged(row, QUEUED_COMMAND)) continue;
    const { deliveryId, sourceUuid } = idsOf(load(row));
    const key = keyOf(deliveryId, sourceUuid);
    if (key !== undefined && counts.has(key)) push(byKey, key, row);
  }
  for (const [key, copies] of byKey) {
    const count = counts.get(key) ?? 0;
    copies.forEach((row, i) => {
      const yes = key.startsWith("delivery:") ? confirmed.has(String(load(row)["uuid"])) : i >= copies.length - count;
      if (yes) delivered.add(row);
      else delivered.delete(row);
    });
  }
}

const keyOf = (deliveryId: string | undefined, uuid: string | undefined): string | undefined =>
  deliveryId ? `delivery:${deliveryId}` : uuid === undefined ? undefined : `uuid:${uuid}`;

function idsOf(value: JsonObject): Record<"deliveryId" | "sourceUuid", string | undefined> {
  const { delivery_id: delivery, source_uuid: source } = membersOf(value["attachment"]);
  return { deliveryId: asString(delivery) || undefined, sourceUuid: asString(source) || undefined };
}

/** Kinds of origin whose meta rows are shown (official-helpers.md §5.8). */
const SHOWN_ORIGINS = new Set(["channel", "observer", "observer-activity", "slack-ping", "voice-call", "peer"]);

export const hasShownOrigin = (origin: unknown): boolean => SHOWN_ORIGINS.has(String(membersOf(origin)["kind"]));

/** Returns the user row that shows a queued prompt; undefined if it is not shown. `taken`: the uuids in use, updated. */
export function queuedPrompt(value: JsonObject, taken: Set<string>, keepMeta: boolean): JsonObject | undefined {
  const attachment = membersOf(value["attachment"]);
  if (attachment["type"] !== "queued_command") return undefined;
  const { prompt, source_uuid: source, origin: rawOrigin, commandMode, runId, isMeta, forwardedIntent } = attachment;
  const origin = typeof asObject(rawOrigin)?.["kind"] === "string" ? rawOrigin : undefined;
  if (isMeta && !keepMeta && !hasShownOrigin(origin)) return undefined;
  if (typeof prompt !== "string" && !Array.isArray(prompt)) return undefined;
  if (isForwarded(forwardedIntent)) return undefined;
  const own = String(value["uuid"]);
  const uuid = asString(source) || own;
  if (uuid !== own && taken.has(uuid)) return undefined;
  taken.add(uuid);
  const shownOrigin = originOf(origin, commandMode, runId);
  return {
    type: "user",
    uuid,
    parentUuid: value["parentUuid"],
    sessionId: value["sessionId"],
    timestamp: value["timestamp"],
    message: { role: "user", content: prompt },
    isMeta: Boolean(isMeta),
    ...(shownOrigin !== undefined && { origin: shownOrigin }),
    isQueuedCommand: true,
    isSidechain: value["isSidechain"],
  };
}

function isForwarded(intent: unknown): boolean {
  const { lineage, source } = membersOf(intent);
  return typeof lineage === "string" && lineage !== "" && (source === undefined || typeof source === "string");
}

const RUN_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

const runIdOf = (value: unknown): string | undefined =>
  typeof value === "string" && RUN_ID.test(value) ? value : undefined;

/** Returns an origin as it is shown: a task notification with its known keys only, any other unchanged. */
export function shownOrigin(origin: unknown): unknown {
  const from = asObject(origin);
  if (from?.["kind"] !== "task-notification") return origin;
  const { subkind, fireReason, producer, runId, taskKind } = from;
  const run = runIdOf(runId);
  return {
    kind: "task-notification",
    ...(subkind !== undefined && { subkind }),
    ...(fireReason !== undefined && { fireReason }),
    ...(producer !== undefined && { producer }),
    ...(run !== undefined && { runId: run }),
    ...(taskKind === "mcp-task" && { taskKind }),
  };
}

function originOf(origin: unknown, commandMode: unknown, runId: unknown): unknown {
  const shown =
    shownOrigin(origin) ?? (commandMode === "task-notification" ? { kind: "task-notification" } : undefined);
  const run = runIdOf(runId);
  const from = asObject(shown);
  return run !== undefined && from?.["kind"] === "task-notification" && from["runId"] === undefined
    ? { ...from, runId: run }
    : shown;
}

function isInterruption(value: JsonObject): boolean {
  const content = asObject(value["message"])?.["content"];
  const starts = (text: unknown): boolean =>
    typeof text === "string" && INTERRUPTIONS.some((words) => text.startsWith(words));
  if (!Array.isArray(content)) return starts(content);
  return (
    content.length > 0 &&
    content.every((item: unknown) => {
      const block = asObject(item);
      if (block?.["type"] === "text") return starts(block["text"]);
      return block?.["type"] === "tool_result" && block["is_error"] === true && starts(block["content"]);
    })
  );
}

/** Returns the queued prompts below the end, in the order of the tree, siblings by time (official-helpers.md §5.7). */
export function trailingPrompts(tree: Tree, onChain: Uint8Array, leaf: number, load: LoadRow): number[] {
  const { index } = tree;
  if (!index.hasFlag(QUEUED_COMMAND)) return [];
  const { written, link } = tree;
  const children = new Map<number, number[]>();
  for (const row of tree.rows) {
    if (tree.isMessage(row)) continue;
    const before = written[row] as number;
    const now = link[row] as number;
    if (before !== NONE) push(children, before, row);
    if (now !== NONE && now !== before) push(children, now, row);
  }
  const aboveMessages = aboveAbandoned(tree, written, onChain);
  const seen = onChain.slice();
  const found: number[] = [];
  const open = [leaf];
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    if (row !== leaf) {
      if (seen[row] !== 0) continue;
      seen[row] = 1;
      const queued = index.kind[row] === ATTACHMENT && tree.isFlagged(row, QUEUED_COMMAND);
      if (queued && aboveMessages[row] === 0) found.push(row);
    }
    const below = children.get(index.uuid[row] as number) ?? [];
    for (const child of byTime(below, load, byUnits).reverse()) if (seen[child] === 0) open.push(child);
  }
  return found;
}

/** Marks the rows off the chain with an abandoned message below them, by the links as written, before relinks. */
function aboveAbandoned(tree: Tree, written: Int32Array, onChain: Uint8Array): Uint8Array {
  const above = new Uint8Array(tree.index.count);
  const parentAsWritten = (at: number): number => tree.rowOf[written[at] as number] ?? NONE;
  for (const row of tree.rows) {
    if (!tree.isMessage(row) || onChain[row] !== 0 || !tree.isMain(row)) continue;
    for (let at = parentAsWritten(row); at !== NONE && onChain[at] === 0 && above[at] === 0; at = parentAsWritten(at)) {
      above[at] = 1;
    }
  }
  return above;
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
