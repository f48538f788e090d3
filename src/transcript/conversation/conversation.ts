import { ConversationRows } from "./conversation-row.ts";
import { History, type PlacedRow } from "../tree/history.ts";
import { findLeaf, type Leaf } from "../tree/leaf.ts";
import { localCommandRows } from "./local-commands.ts";
import { insertParallel } from "../tree/parallel-tool-results.ts";
import { type Rewind, rewindInForce } from "../tree/rewind.ts";
import { withPrompts } from "./queue-places.ts";
import { queuedPrompts, type QueuedPrompt } from "./queue.ts";
import { deliveredPrompts, furtherPrompts, trailingPrompts } from "./queued-prompts.ts";
import { ANSWERS, NONE, type RowIndex } from "../rows/row-index.ts";
import { ASSISTANT, isMessageKind } from "../rows/row-kinds.ts";
import type { RowList } from "../tree/row-list.ts";
import { type LoadRow, Tree } from "../tree/row-tree.ts";

export interface ConversationOptions {
  /** Size of the transcript in bytes: the official reader drops the past of large files. */
  readonly fileSize: number;
  /** The whole conversation, through compact boundaries (history.ts), and what is not connected to it. */
  readonly includeCompacted?: boolean;
  /** `all`: the abandoned branches too, after the current one. */
  readonly branches?: "current" | "all";
  /** Adds queued prompts that the model was never given, at the end. */
  readonly includeUndelivered?: boolean;
  /** Includes every queued prompt that the CLI gives to the model; default: as `includeCompacted`. */
  readonly allQueued?: boolean;
  /** The rows are a subagent's: sidechains count, and the last message is the end. `fileSize` must be 0. */
  readonly subagent?: boolean;
}

/** The rows of a conversation in order, and the facts about the whole that are needed to show one of them. */
export interface Conversation {
  readonly tree: Tree;
  readonly rows: ConversationRows;
  /** Rows of queued prompts that were delivered. */
  readonly delivered: ReadonlySet<number>;
  /** Queued prompts that are only in `queue-operation` rows. */
  readonly prompts: readonly QueuedPrompt[];
  /** Rows of finished local commands. */
  readonly localCommands: ReadonlySet<number>;
}

const NO_ROWS = new Int32Array(0);

/**
 * Returns which rows are the conversation, and in which order (official-helpers.md §5.3–5.7). Pure. `load` reads the value of
 * a row; it is only called if the index does not say enough.
 */
export function findConversation(index: RowIndex, load: LoadRow, options: ConversationOptions): Conversation {
  const { fileSize, includeCompacted = false, branches = "current", includeUndelivered } = options;
  const { allQueued = includeCompacted, subagent = false } = options;
  const skipped = index.firstRowAfterSkip(fileSize);
  const whole = includeCompacted || branches === "all";
  const from = whole ? 0 : skipped;
  const tree = new Tree(index, { from, allMain: subagent });
  tree.relinkCompactions(load);
  const leaf = subagent ? lastMessage(tree) : findLeaf(tree, rewindFor(index, fileSize), load);
  const onChain = new Uint8Array(index.count);
  const chain = leaf === undefined ? NO_ROWS : tree.pathTo(leaf.row, onChain);
  const history = whole ? new History(tree, load) : undefined;
  const line = history === undefined ? NO_ROWS : history.line(endOf(history, leaf, chain), chain);
  const isKept = history !== undefined && includeCompacted ? keptRows(history, line, chain, tree, load) : nothingKept;
  if (includeCompacted) tree.undoRelinks(0);

  // The past of the current branch is not an abandoned branch.
  for (const row of line) onChain[row] = 1;
  const main = insertParallel(tree, includeCompacted ? line : chain, onChain, load);
  const trailing = leaf === undefined ? [] : trailingPrompts(tree, onChain, leaf.row, load);
  const rows = new Int32Array(main.length + trailing.length);
  rows.set(main);
  rows.set(trailing, main.length);
  const localCommands = localCommandRows(tree, rows, load);
  const delivered = deliveredPrompts(tree, rows, new Set(trailing), localCommands, from, load);
  const addFurther = (some: RowList): void => {
    if (!allQueued) return;
    for (const row of furtherPrompts(tree, some, delivered, localCommands, load)) delivered.add(row);
  };
  addFurther(rows);
  const prompts = queuedPrompts(index, load);
  const withQueued = (all: ConversationRows): Conversation => ({
    tree,
    rows: withPrompts(index, load, all, prompts, { includeUndelivered, allMain: subagent }),
    delivered,
    prompts,
    localCommands,
  });
  if (history === undefined) return withQueued(columnsOf(rows));

  const borderRow = includeCompacted ? line[history.borderOf(line)] : undefined;
  const border = borderRow === undefined ? NONE : rows.indexOf(borderRow);
  const shown = new ConversationRows(rows.length);
  for (const [i, row] of rows.entries()) {
    const at = history.placeOf(row);
    shown.add(row, at, includeCompacted && (at < skipped || (i < border && !isKept(row))));
  }
  for (const row of trailing) onChain[row] = 1;
  const { branches: abandoned, unconnected } = history.offLine(onChain);
  const parts = includeCompacted ? unconnected : [];
  const further = branches === "all" ? abandoned : [];
  for (const part of [parts, further]) {
    const off = part.flat().map(({ row }) => row);
    for (const row of localCommandRows(tree, off, load)) localCommands.add(row);
    for (const row of deliveredPrompts(tree, off, endsOf(tree, part), localCommands, from, load)) delivered.add(row);
    addFurther(off);
  }
  const all = withParts(index, shown, parts, border);
  for (const [i, branch] of further.entries()) for (const { row, at } of branch) all.add(row, at, false, i + 1);
  return withQueued(all);
}

function columnsOf(rows: RowList): ConversationRows {
  const all = new ConversationRows(rows.length);
  for (const row of rows) all.add(row, row);
  return all;
}

/** Returns the rows after the last message of each part. */
function endsOf(tree: Tree, parts: readonly (readonly PlacedRow[])[]): Set<number> {
  const ends = new Set<number>();
  for (const part of parts) {
    for (let i = part.length - 1; i >= 0; i--) {
      const { row } = part[i] as PlacedRow;
      if (tree.isMessage(row)) break;
      ends.add(row);
    }
  }
  return ends;
}

/** Returns the last row of the whole conversation. Only a rewind may make it a copy of an old row. */
function endOf(history: History, leaf: Leaf | undefined, chain: Int32Array): number {
  if (leaf === undefined) return NONE;
  return history.endAfterKept(leaf.terminal === NONE ? leaf.row : history.endFor(leaf.row), chain);
}

/** Returns a test for rows that the model still has because the last compaction kept them. */
function keptRows(
  history: History,
  line: Int32Array,
  chain: Int32Array,
  tree: Tree,
  load: LoadRow,
): (row: number) => boolean {
  const border = history.borderOf(line);
  if (border <= 0) return nothingKept;
  const onChain = new Uint8Array(tree.index.count);
  for (const row of chain) onChain[row] = 1;
  if (!line.some((row, at) => at < border && onChain[row] !== 0)) return nothingKept;
  const current = new Set(insertParallel(tree, chain, onChain, load));
  return (row) => current.has(row);
}

const nothingKept = (): boolean => false;

/** Inserts unconnected parts at their position in the file, but never within an answer. `border`: see `borderOf`. */
function withParts(
  index: RowIndex,
  rows: ConversationRows,
  parts: readonly (readonly PlacedRow[])[],
  border: number,
): ConversationRows {
  if (parts.length === 0) return rows;
  const all = new ConversationRows(rows.length);
  let next = 0;
  const put = (before: number, compacted: boolean): void => {
    for (; (parts[next]?.[0]?.at ?? Infinity) < before; next++) {
      for (const { row, at } of parts[next] ?? []) all.add(row, at, compacted, 0, "unconnected");
    }
  };
  let answer = NONE;
  let i = 0;
  for (const row of rows) {
    if (!continues(index, row.row, answer)) put(row.at, i <= border);
    i++;
    all.push(row);
    if (index.kind[row.row] === ASSISTANT) answer = index.message[row.row] as number;
  }
  put(Infinity, false);
  return all;
}

/** Whether the row belongs to the answer before it: a result of a tool call, or another row of that API message. */
function continues(index: RowIndex, row: number, answer: number): boolean {
  if (((index.flags[row] as number) & ANSWERS) !== 0) return true;
  return index.kind[row] === ASSISTANT && answer !== NONE && index.message[row] === answer;
}

/** Returns the rewind in force, unless it points into the past that the reader of large files drops. */
function rewindFor(index: RowIndex, fileSize: number): Rewind | undefined {
  const rewind = rewindInForce(index);
  if (typeof rewind?.leaf !== "string") return rewind;
  const leaf = index.uuids.find(rewind.leaf);
  const from = index.firstRowAfterSkip(fileSize);
  return from === 0 || index.uuid.subarray(from, index.count).includes(leaf) ? rewind : undefined;
}

/** Returns the last message in the file. */
function lastMessage(tree: Tree): Leaf | undefined {
  const last = tree.index.kind.subarray(0, tree.index.count).findLastIndex(isMessageKind);
  if (last < 0) return undefined;
  const row = tree.rowOf[tree.index.uuid[last] as number] as number;
  return { row, terminal: row };
}

/**
 * Returns the conversation of a subagent as the official helper does (official-helpers.md §8.1): it ends at the last user or
 * assistant row, every row counts, and a compaction cuts off what is before it. If the file has several conversations,
 * `index` is only of its own rows.
 */
export function findSubagentConversation(index: RowIndex, load: LoadRow): Conversation {
  const tree = new Tree(index, { allMain: true });
  const leaf = lastMessage(tree);
  const onChain = new Uint8Array(index.count);
  const path = leaf === undefined ? NO_ROWS : tree.pathTo(leaf.row, onChain);
  const rows = insertParallel(tree, path, onChain, load);
  const localCommands = localCommandRows(tree, rows, load);
  // The official reader ignores `queue-operation` rows of subagents (official-helpers.md §8.1).
  const delivered = deliveredPrompts(tree, rows, new Set(), localCommands, Infinity, load);
  const prompts = queuedPrompts(index, load);
  const all = withPrompts(index, load, columnsOf(rows), prompts, { allMain: true });
  return { tree, rows: all, delivered, prompts, localCommands };
}
