import { NONE, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, USER } from "../rows/row-kinds.ts";
import { push, withInserted } from "./row-list.ts";
import { answeredIds, callIds, hasResult } from "./tool-blocks.ts";
import type { LoadRow, Tree } from "./row-tree.ts";
import { asString } from "../rows/json-values.ts";

/**
 * Re-inserts rows of parallel tool calls that are not on the chain (official-helpers.md §5.6): the conversation continues from
 * only one result of an API message. The message's other rows, then the results of its calls, each by time, follow its last
 * row on the chain. Beyond the official rule, a result that no message claims follows the row that made the call.
 *
 * `onChain` marks the rows of `chain`, and is updated.
 */
export function insertParallel(tree: Tree, chain: Int32Array, onChain: Uint8Array, load: LoadRow): Int32Array {
  const isOff = (row: number): boolean => onChain[row] === 0 && tree.isMessage(row);
  if (!tree.rows.some(isOff)) return chain;
  const groups = chainGroups(tree, chain);
  const siblings = offChainSiblings(tree, groups, onChain);
  const results = offChainResults(tree, onChain, load);
  if (siblings.size === 0 && results.length === 0) return chain;

  const claims = results.length === 0 ? undefined : claimsOf(tree, chain, load, results);
  const inserted = new Map<number, number[]>();
  for (const [message, lastOnChain] of groups) {
    const beside = siblings.get(message) ?? [];
    const found = claims?.claim(message, onChain) ?? [];
    if (beside.length === 0 && found.length === 0) continue;
    const all = [...byTime(beside, load), ...byTime(found, load)];
    for (const row of all) onChain[row] = 1;
    inserted.set(lastOnChain, all);
  }
  const merged = inserted.size === 0 ? chain : withInserted(chain, inserted);
  return claims === undefined ? merged : claims.insertUnclaimed(merged, onChain);
}

/** Returns the API messages on the chain, in order, with the last chain row of each. */
function chainGroups(tree: Tree, chain: Int32Array): Map<number, number> {
  const groups = new Map<number, number>();
  for (const row of chain) {
    const message = tree.index.message[row] as number;
    if (tree.index.kind[row] === ASSISTANT && message !== NONE) groups.set(message, row);
  }
  return groups;
}

function offChainSiblings(tree: Tree, groups: Map<number, number>, onChain: Uint8Array): Map<number, number[]> {
  const siblings = new Map<number, number[]>();
  for (const row of tree.rows) {
    const message = tree.index.message[row] as number;
    if (tree.index.kind[row] !== ASSISTANT || message === NONE || onChain[row] !== 0 || !groups.has(message)) continue;
    push(siblings, message, row);
  }
  return siblings;
}

interface ResultRow {
  readonly row: number;
  readonly toolUseIds: readonly string[];
  /** Row that the result names as its caller, or -1. */
  readonly source: number;
  readonly agentId: unknown;
  /** Calls that are answered here, by API message. */
  readonly callsOf: Map<number, string[]>;
}

function offChainResults(tree: Tree, onChain: Uint8Array, load: LoadRow): ResultRow[] {
  const results: ResultRow[] = [];
  for (const row of tree.rows) {
    if (tree.index.kind[row] !== USER || onChain[row] !== 0) continue;
    const value = load(row);
    if (!hasResult(value)) continue;
    results.push({
      row,
      toolUseIds: answeredIds(value),
      source: tree.rowWith(value["sourceToolAssistantUUID"]),
      agentId: value["agentId"],
      callsOf: new Map(),
    });
  }
  return results;
}

/** Decides which API message each result off the chain belongs to. */
function claimsOf(tree: Tree, chain: Int32Array, load: LoadRow, results: readonly ResultRow[]) {
  const { kind, message: messageOf } = tree.index;
  /** All rows of each API message that is on the chain. */
  const groupRows = new Map<number, number[]>();
  /** Results by a row that is their parent, that they name, or that has a call they answer. */
  const byRow = new Map<number, ResultRow[]>();
  /** Row that made a call; -1 if calls of two messages have the same id. */
  const callers = new Map<string, number>();
  /** Calls that have their result on the chain. */
  const answeredOnChain = new Set<string>();
  /** Position of a row in `tree.rows`. */
  const places = new Int32Array(tree.index.count);
  /** Calls of chain rows in order, with their row. */
  const calls: [string, number][] = [];
  const agents = new Map<number, unknown>();
  for (let place = 0; place < tree.rows.length; place++) {
    const row = tree.rows[place] as number;
    places[row] = place;
    if (kind[row] !== ASSISTANT) continue;
    const message = messageOf[row] as number;
    const value = load(row);
    agents.set(row, value["agentId"]);
    if (message === NONE) continue;
    push(groupRows, message, row);
    for (const id of callIds(value)) {
      const before = callers.get(id);
      const same = before === undefined || (before !== NONE && messageOf[before] === message);
      callers.set(id, same ? row : NONE);
    }
  }
  for (const row of chain) {
    if (kind[row] === USER) {
      for (const id of answeredIds(load(row))) answeredOnChain.add(id);
    } else if (kind[row] === ASSISTANT) {
      for (const id of callIds(load(row))) calls.push([id, row]);
    }
  }
  const isSameSide = (result: ResultRow, row: number): boolean =>
    tree.isFlagged(result.row, SIDECHAIN) === tree.isFlagged(row, SIDECHAIN) && result.agentId === agents.get(row);
  const { link } = tree;
  for (const result of results) {
    const above = link[result.row] as number;
    if (above === NONE) continue;
    const targets = new Set<number>();
    const parent = tree.rowOf[above] as number;
    if (parent !== NONE) targets.add(parent);
    if (result.source !== NONE && isSameSide(result, result.source)) targets.add(result.source);
    for (const id of result.toolUseIds) {
      const caller = callers.get(id) ?? NONE;
      if (caller === NONE) continue;
      push(result.callsOf, messageOf[caller] as number, id);
      if (isSameSide(result, caller)) targets.add(caller);
    }
    for (const row of targets) push(byRow, row, result);
  }

  /** Returns the results for one message: first its children, then those that answer a call without a result. */
  const claim = (message: number, onChain: Uint8Array): number[] => {
    const rows = groupRows.get(message) ?? [];
    const group = new Set(rows);
    const direct: ResultRow[] = [];
    const indirect: ResultRow[] = [];
    const seen = new Set<number>();
    for (const row of rows) {
      for (const result of byRow.get(row) ?? []) {
        if (onChain[result.row] !== 0 || seen.has(result.row)) continue;
        seen.add(result.row);
        (group.has(tree.parent(result.row)) ? direct : indirect).push(result);
      }
    }
    if (indirect.length > 0) {
      const answered = new Set(direct.flatMap(({ toolUseIds }) => toolUseIds));
      indirect.sort((a, b) => (places[a.row] as number) - (places[b.row] as number));
      for (const result of indirect) {
        const ids = result.callsOf.get(message) ?? [];
        if (!ids.some((id) => !answeredOnChain.has(id) && !answered.has(id))) continue;
        for (const id of result.toolUseIds) answered.add(id);
        direct.push(result);
      }
    }
    return direct.map(({ row }) => row);
  };

  /** Inserts after each call on the chain that has no result yet the result that answers it. */
  const insertUnclaimed = (rows: Int32Array, onChain: Uint8Array): Int32Array => {
    const spare = new Map<string, ResultRow>();
    const taken: string[] = [];
    for (const result of results) {
      for (const id of result.toolUseIds) {
        if (onChain[result.row] !== 0) taken.push(id);
        else if (tree.isMain(result.row)) spare.set(id, result);
      }
    }
    if (spare.size === 0) return rows;
    const answered = new Set([...answeredOnChain, ...taken]);
    const inserted = new Map<number, number[]>();
    for (const [id, row] of calls) {
      const result = answered.has(id) ? undefined : spare.get(id);
      if (result === undefined || onChain[result.row] !== 0) continue;
      onChain[result.row] = 1;
      for (const answeredId of result.toolUseIds) answered.add(answeredId);
      push(inserted, row, result.row);
    }
    return inserted.size === 0 ? rows : withInserted(rows, inserted);
  };

  return { claim, insertUnclaimed };
}

/** Sorts rows by their time, as a text. */
export function byTime(
  rows: readonly number[],
  load: LoadRow,
  compare = (a: string, b: string): number => a.localeCompare(b),
): number[] {
  if (rows.length < 2) return [...rows];
  const time = new Map(rows.map((row) => [row, asString(load(row)["timestamp"]) ?? ""]));
  return [...rows].sort((a, b) => compare(time.get(a) ?? "", time.get(b) ?? ""));
}
