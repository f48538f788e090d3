import type { ConversationRow } from "./conversation-row.ts";
import { History, type PlacedRow } from "../tree/history.ts";
import { findLeaf, type Leaf } from "../tree/leaf.ts";
import { localCommandRows } from "./local-commands.ts";
import { insertParallel } from "../tree/parallel-tool-results.ts";
import { type Rewind, rewindInForce } from "../tree/rewind.ts";
import { withPrompts } from "./queue-places.ts";
import { queuedPrompts, type QueuedPrompt } from "./queue.ts";
import { deliveredPrompts, furtherPrompts, trailingPrompts } from "./queued-prompts.ts";
import { ANSWERS, ASSISTANT, type RowIndex } from "../rows/row-index.ts";
import { type LoadRow, Tree } from "../tree/row-tree.ts";

export interface ConversationOptions {
  /** Size of the transcript, bytes: the official reader drops the past of large files. */
  readonly fileSize: number;
  /** The whole conversation, through compact boundaries (history.ts), and what is not connected with it. */
  readonly includeCompacted?: boolean;
  /** `all`: the abandoned branches too, behind the current one. */
  readonly branches?: "current" | "all";
  /** Also queued prompts that nobody gave to the model, at the end. */
  readonly includeUndelivered?: boolean;
  /** Every queued prompt that the CLI gives to the model, as the whole conversation has it. */
  readonly allQueued?: boolean;
}

/** The rows of a conversation in order, with what has to be known of the whole before one of them can be shown. */
export interface Conversation {
  readonly tree: Tree;
  readonly rows: readonly ConversationRow[];
  /** Queued prompts, of those that have rows, that were delivered. */
  readonly delivered: ReadonlySet<number>;
  /** Those that stand in `queue-operation` rows alone. */
  readonly prompts: readonly QueuedPrompt[];
  /** Rows of finished local commands. */
  readonly localCommands: ReadonlySet<number>;
}

const NONE = -1;

/**
 * Which rows are the conversation, and in which order (official-helpers.md §5.3–5.7). Pure: `load` gives the value of a row, and is
 * only asked for the few whose numbers do not say enough.
 */
export function findConversation(index: RowIndex, load: LoadRow, options: ConversationOptions): Conversation {
  const { fileSize, includeCompacted = false, branches = "current", includeUndelivered } = options;
  const { allQueued = includeCompacted } = options;
  const skipped = index.firstRowAfterSkip(fileSize);
  const whole = includeCompacted || branches === "all";
  const from = whole ? 0 : skipped;
  const tree = new Tree(index, { from });
  tree.relinkCompactions(load);
  const leaf = findLeaf(tree, rewindFor(index, fileSize), load);
  const onChain = new Uint8Array(index.count);
  const chain = leaf === undefined ? [] : tree.pathTo(leaf.row, onChain);
  const history = whole ? new History(tree, load) : undefined;
  const line = history === undefined ? [] : history.line(endOf(history, leaf, chain), chain);
  const isKept =
    history !== undefined && includeCompacted ? keptRows(history, line, chain, { tree, load }) : nothingKept;
  if (includeCompacted) tree.undoRelinks(0);

  // Of all branches, the past of this one is none of the abandoned.
  for (const row of line) onChain[row] = 1;
  const main = insertParallel(tree, includeCompacted ? line : chain, onChain, load);
  const trailing = leaf === undefined ? [] : trailingPrompts(tree, onChain, leaf.row, load);
  const rows = [...main, ...trailing];
  const localCommands = localCommandRows(tree, rows, load);
  const delivered = deliveredPrompts(tree, rows, new Set(trailing), localCommands, from, load);
  const addFurther = (some: readonly number[]): void => {
    if (!allQueued) return;
    for (const row of furtherPrompts(tree, some, delivered, localCommands, load)) delivered.add(row);
  };
  addFurther(rows);
  const prompts = queuedPrompts(index, load);
  if (history === undefined) {
    const current = rows.map((row) => ({ row, at: row, compacted: false, branch: 0 }));
    const all = withPrompts(index, load, current, prompts, { includeUndelivered });
    return { tree, rows: all, delivered, prompts, localCommands };
  }

  const borderRow = includeCompacted ? line[history.borderOf(line)] : undefined;
  const border = borderRow === undefined ? NONE : rows.indexOf(borderRow);
  const shown = rows.map((row, i): ConversationRow => {
    const at = history.placeOf(row);
    return { row, at, compacted: includeCompacted && (at < skipped || (i < border && !isKept(row))), branch: 0 };
  });
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
  const left = further.flatMap((branch, i) =>
    branch.map(({ row, at }) => ({ row, at, compacted: false, branch: i + 1 })),
  );
  const all = [...withParts(index, shown, parts, border), ...left];
  return {
    tree,
    rows: withPrompts(index, load, all, prompts, { includeUndelivered }),
    delivered,
    prompts,
    localCommands,
  };
}

/** What stands behind the last message of each part. */
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

/** A rewind says where the conversation ends; else a copy of an old row does not. */
function endOf(history: History, leaf: Leaf | undefined, chain: readonly number[]): number {
  if (leaf === undefined) return NONE;
  return history.behindKept(leaf.terminal === NONE ? leaf.row : history.endFor(leaf.row), chain);
}

/** Tells which rows before the last compaction the model still has, because that kept them. */
function keptRows(
  history: History,
  line: readonly number[],
  chain: readonly number[],
  { tree, load }: { readonly tree: Tree; readonly load: LoadRow },
): (row: number) => boolean {
  const border = Math.max(0, history.borderOf(line));
  const onChain = new Uint8Array(tree.index.count);
  for (const row of chain) onChain[row] = 1;
  if (!line.some((row, at) => at < border && onChain[row] !== 0)) return nothingKept;
  const current = new Set(insertParallel(tree, chain, onChain, load));
  return (row) => current.has(row);
}

const nothingKept = (): boolean => false;

/**
 * Puts parts that nothing connects with the rest where they stand in the file, but never into an answer. `border`: place of the
 * boundary behind which the model reads, or -1.
 */
function withParts(
  index: RowIndex,
  rows: readonly ConversationRow[],
  parts: readonly (readonly PlacedRow[])[],
  border: number,
): ConversationRow[] {
  if (parts.length === 0) return [...rows];
  const all: ConversationRow[] = [];
  let next = 0;
  const put = (before: number, compacted: boolean): void => {
    for (; (parts[next]?.[0]?.at ?? Infinity) < before; next++) {
      for (const { row, at } of parts[next] ?? []) all.push({ row, at, compacted, branch: 0, apart: "unconnected" });
    }
  };
  let answer = NONE;
  for (const [i, row] of rows.entries()) {
    if (!continues(index, row.row, answer)) put(row.at, i <= border);
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

/** The rewind in force, unless it points into the past that the reader of large files drops. */
function rewindFor(index: RowIndex, fileSize: number): Rewind | undefined {
  const rewind = rewindInForce(index);
  if (typeof rewind?.leaf !== "string") return rewind;
  const leaf = index.uuids.find(rewind.leaf);
  const from = index.firstRowAfterSkip(fileSize);
  return from === 0 || index.uuid.subarray(from, index.count).includes(leaf) ? rewind : undefined;
}

/**
 * The conversation of a subagent (official-helpers.md §8.1): it ends at the last user or assistant row, and every row counts. If others
 * stand in the same file, `index` is of its own rows alone.
 */
export function findSubagentConversation(index: RowIndex, load: LoadRow): Conversation {
  const tree = new Tree(index, { allMain: true });
  let leaf = index.count - 1;
  while (leaf >= 0 && !tree.isMessage(leaf)) leaf--;
  const onChain = new Uint8Array(index.count);
  const path = leaf < 0 ? [] : tree.pathTo(tree.rowOf[index.uuid[leaf] as number] as number, onChain);
  const rows = insertParallel(tree, path, onChain, load);
  const localCommands = localCommandRows(tree, rows, load);
  // Of a subagent the official reader reads no `queue-operation` (official-helpers.md §8.1).
  const delivered = deliveredPrompts(tree, rows, new Set(), localCommands, Infinity, load);
  const prompts = queuedPrompts(index, load);
  const own = rows.map((row) => ({ row, at: row, compacted: false, branch: 0 }));
  const all = withPrompts(index, load, own, prompts, { includeUndelivered: true, allMain: true });
  return { tree, rows: all, delivered, prompts, localCommands };
}
