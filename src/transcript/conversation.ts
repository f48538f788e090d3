import { findLeaf } from "./leaf.ts";
import { localCommandRows } from "./local-commands.ts";
import { insertParallel } from "./parallel.ts";
import { type Rewind, rewindInForce } from "./rewind.ts";
import { deliveredPrompts, trailingPrompts } from "./queued.ts";
import { COMPACT_BOUNDARY, type RowIndex, SYSTEM } from "./row-index.ts";
import { type LoadRow, Tree } from "./tree.ts";

export interface ConversationOptions {
  /** Size of the transcript, bytes: the official reader drops the past of large files. */
  readonly fileSize: number;
  /** The whole conversation, through compact boundaries; a message that was kept stands once, where it was said. */
  readonly includeCompacted?: boolean;
  /** `all`: the abandoned branches too, behind the current one. */
  readonly branches?: "current" | "all";
}

/** One row of a conversation. */
export interface ConversationRow {
  readonly row: number;
  /** Stands before a compaction, so the model no longer has it. */
  readonly compacted: boolean;
  /** 0 for the current branch; abandoned ones are counted from 1 in file order. */
  readonly branch: number;
}

/** The rows of a conversation in order, with what has to be known of the whole before one of them can be shown. */
export interface Conversation {
  readonly tree: Tree;
  readonly rows: readonly ConversationRow[];
  /** Queued prompts that were delivered. */
  readonly delivered: ReadonlySet<number>;
  /** Rows of finished local commands. */
  readonly localCommands: ReadonlySet<number>;
}

const NONE = -1;

/**
 * Which rows are the conversation, and in which order (sdk-spec §5.3–5.7). Pure: `load` gives the value of a row, and is
 * only asked for the few whose numbers do not say enough.
 */
export function findConversation(index: RowIndex, load: LoadRow, options: ConversationOptions): Conversation {
  const { fileSize, includeCompacted = false, branches = "current" } = options;
  const whole = includeCompacted || branches === "all";
  const from = whole ? 0 : index.firstRowAfterSkip(fileSize);
  const tree = new Tree(index, { from });
  tree.relinkCompactions(load);
  const leaf = findLeaf(tree, rewindFor(index, fileSize), load);

  const onChain = new Uint8Array(index.count);
  const chain = leaf === undefined ? [] : tree.pathTo(leaf.row, onChain);
  // Of all branches, the past of this one is none of the abandoned.
  const past = whole ? pastOf(tree, chain, onChain, load) : [];
  const kept = new Set(includeCompacted ? past : []);
  const current = insertParallel(tree, [...kept, ...chain.filter((row) => !kept.has(row))], onChain, load);
  const trailing = leaf === undefined ? [] : trailingPrompts(tree, onChain, leaf.row, load);
  const rows = [...current, ...trailing];

  const firstKept = chain.find((row) => !kept.has(row));
  const border = firstKept === undefined ? 0 : rows.indexOf(firstKept);
  const localCommands = localCommandRows(tree, rows, load);
  const delivered = deliveredPrompts(tree, rows, new Set(trailing), localCommands, from, load);
  const shown = rows.map((row, at) => ({ row, compacted: at < border, branch: 0 }));
  if (branches === "current") return { tree, rows: shown, delivered, localCommands };

  const abandoned = abandonedBranches(tree, onChain, new Set(trailing));
  const further = abandoned.flatMap((branch, i) => branch.map((row) => ({ row, compacted: false, branch: i + 1 })));
  for (const row of localCommandRows(tree, abandoned.flat(), load)) localCommands.add(row);
  for (const row of deliveredPrompts(tree, abandoned.flat(), new Set(), localCommands, from, load)) delivered.add(row);
  return { tree, rows: [...shown, ...further], delivered, localCommands };
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
 * The conversation of a subagent (sdk-spec §8.1): it ends at the last user or assistant row in the file, and every row of it
 * counts. `keep` marks the rows that are its own, where others stand in the same file.
 */
export function findSubagentConversation(index: RowIndex, load: LoadRow, keep?: Uint8Array): Conversation {
  const tree = new Tree(index, { allMain: true, ...(keep !== undefined && { keep }) });
  const isOwn = (row: number): boolean => keep === undefined || keep[row] !== 0;
  let leaf = index.count - 1;
  while (leaf >= 0 && !(tree.isMessage(leaf) && isOwn(leaf))) leaf--;
  const onChain = new Uint8Array(index.count);
  const path = leaf < 0 ? [] : tree.pathTo(tree.rowOf[index.uuid[leaf] as number] as number, onChain);
  const rows = insertParallel(tree, path, onChain, load);
  const localCommands = localCommandRows(tree, rows, load);
  // Of a subagent the official reader reads no `queue-operation` (sdk-spec §8.1).
  const delivered = deliveredPrompts(tree, rows, new Set(), localCommands, Infinity, load);
  return { tree, rows: rows.map((row) => ({ row, compacted: false, branch: 0 })), delivered, localCommands };
}

/**
 * What was said before the compaction that `chain` begins with, and before the one that begins with, and so on: from each
 * boundary on to the row it names as its logical parent, or, where that is not in the file, to the nearest row of the main
 * chain before it. Messages that a compaction kept are found here, where they were said.
 */
function pastOf(tree: Tree, chain: readonly number[], onChain: Uint8Array, load: LoadRow): number[] {
  const segments: (readonly number[])[] = [];
  // Rows of `chain` may be met again, at their original place; those of the segments found here may not.
  const seen = new Uint8Array(tree.index.count);
  let root = chain[0];
  let segment: readonly number[] = [];
  while (root !== undefined && tree.isFlagged(root, COMPACT_BOUNDARY)) {
    seen[root] = 1;
    tree.undoRelinks(root);
    // What this compaction kept was met behind its summary, and is met again where it was said.
    const moved = segment.map((row, at) => at > 0 && tree.parent(row) !== segment[at - 1]);
    const kept = moved.includes(true) ? segment.slice(moved.indexOf(true), moved.lastIndexOf(true) + 1) : [];
    for (const row of kept) seen[row] = 0;
    const before = logicalParent(tree, root, load);
    if (before === NONE || seen[before] !== 0) break;
    segment = tree.pathTo(before, seen);
    for (const row of segment) onChain[row] = 1;
    segments.push(segment);
    root = segment[0];
  }
  return [...new Set(segments.reverse().flat())];
}

function logicalParent(tree: Tree, boundary: number, load: LoadRow): number {
  const logical = load(boundary)["logicalParentUuid"];
  const number = typeof logical === "string" ? tree.index.uuids.find(logical) : NONE;
  const seen = new Set([boundary]);
  let row = number === NONE ? NONE : (tree.rowOf[number] as number);
  while (row !== NONE && !seen.has(row)) {
    if (tree.isMain(row)) return row;
    seen.add(row);
    row = tree.parent(row);
  }
  for (let at = boundary - 1; at >= 0; at--) {
    if (tree.rowOf[tree.index.uuid[at] as number] === at && tree.isMain(at)) return at;
  }
  return NONE;
}

/** The messages of the main chain that are on no branch so far, each branch from where it leaves what is known. */
function abandonedBranches(tree: Tree, onChain: Uint8Array, trailing: ReadonlySet<number>): number[][] {
  const { index } = tree;
  const taken = onChain.slice();
  for (const row of trailing) taken[row] = 1;
  const hasChild = new Uint8Array(index.uuids.count);
  // Progress and sidechain rows may stand between a message and its answer.
  const passed = new Uint8Array(index.count);
  for (const row of tree.rows) {
    if (!tree.isMain(row)) continue;
    let above = tree.parent(row);
    while (above !== NONE && !tree.isMain(above) && passed[above] === 0) {
      passed[above] = 1;
      above = tree.parent(above);
    }
    if (above !== NONE) hasChild[index.uuid[above] as number] = 1;
  }
  const ends = [...tree.rows].filter((row) => taken[row] === 0 && tree.isMain(row)).sort((a, b) => a - b);
  const branches: number[][] = [];
  const follow = (end: number): void => {
    if (taken[end] !== 0) return;
    const branch = tree.pathTo(end, taken).filter((row) => tree.isMain(row));
    if (branch.some((row) => tree.isMessage(row) || index.kind[row] === SYSTEM)) branches.push(branch);
  };
  for (const row of ends) if (hasChild[index.uuid[row] as number] === 0) follow(row);
  // What is left hangs in a circle.
  for (const row of ends) follow(row);
  return branches.sort((a, b) => (a[0] as number) - (b[0] as number));
}
