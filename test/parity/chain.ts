/** The chain of a transcript by the plain rules of official-helpers.md §5.4 and §8.1, for predicates. */
import type { Call } from "./calls.ts";
import { line, type PlainFile, type Row, type Store } from "./model.ts";
import { conversationRows, field, isMain, lastRows, parentOf, type Placed, uuidOf } from "./transforms.ts";

/** The rows from the root to the leaf that the official reader chooses, compactions left aside. */
export function chainOf(rows: readonly Placed[]): Placed[] {
  const byUuid = new Map(rows.map((placed) => [uuidOf(placed), placed]));
  const parents = new Set(rows.filter(isMain).map(parentOf));
  const ends = rows.filter((placed) => isMain(placed) && !parents.has(uuidOf(placed))).sort((a, b) => b.at - a.at);
  for (const end of ends) {
    const path = pathFrom(end, byUuid);
    const leaf = path.findIndex(({ row }) => row["type"] === "user" || row["type"] === "assistant");
    if (leaf >= 0) return path.slice(leaf).reverse();
  }
  return [];
}

function pathFrom(end: Placed | undefined, byUuid: ReadonlyMap<string, Placed>): Placed[] {
  const path: Placed[] = [];
  const seen = new Set<Placed>();
  for (let at = end; at !== undefined && !seen.has(at); at = byUuid.get(parentOf(at) ?? "")) {
    seen.add(at);
    path.push(at);
  }
  return path;
}

interface SubagentFile {
  readonly path: string;
  readonly lines: readonly Buffer[];
}

/** Transcripts that the call may read, of a session's subagents. */
export function subagentFiles(store: Store, call: Call): SubagentFile[] {
  const [sessionId, agentId] = call.args;
  if (typeof sessionId !== "string" || typeof agentId !== "string") return [];
  return store.entries.flatMap((entry) =>
    entry.kind === "file" &&
    entry.path.includes(`/${sessionId}/subagents/`) &&
    entry.path.endsWith(`/agent-${agentId}.jsonl`)
      ? [{ path: entry.path, lines: linesOf(entry) }]
      : [],
  );
}

function linesOf({ bytes }: PlainFile): Buffer[] {
  return bytes
    .toString("latin1")
    .split("\n")
    .map((text) => Buffer.from(text, "latin1"));
}

const ofOfficialSubagent = ({ row }: Placed): boolean =>
  row["type"] === "user" || row["type"] === "assistant" || row["type"] === "attachment";
const isMessage = ({ row }: Placed): boolean => row["type"] === "user" || row["type"] === "assistant";

/** Whether the official reader of a subagent may miss something: rows of other kinds in the chain, or results beside it. */
export function isTangled(lines: readonly Buffer[]): boolean {
  const all = conversationRows(lines);
  const rows = [...lastRows(all).values()];
  const read = lastRows(all.filter(ofOfficialSubagent));
  const parents = new Set(rows.map(parentOf));
  if (rows.some((placed) => !ofOfficialSubagent(placed) && parents.has(uuidOf(placed)))) return true;
  const known = new Set(rows.map(uuidOf));
  if (rows.some((placed) => parentOf(placed) !== undefined && !known.has(parentOf(placed) as string))) return true;
  const last = all.findLast(isMessage);
  const chain = pathFrom(last === undefined ? undefined : read.get(uuidOf(last)), read);
  const onChain = new Set(chain.map(uuidOf));
  const messages = new Set(chain.map(messageId));
  return rows.some(
    (placed) =>
      !onChain.has(uuidOf(placed)) &&
      (isResult(placed) || (messageId(placed) !== undefined && messages.has(messageId(placed)))),
  );
}

const messageId = ({ row }: Placed): unknown => (row["type"] === "assistant" ? field(row["message"], "id") : undefined);
const isResult = ({ row }: Placed): boolean => {
  const content = row["type"] === "user" ? field(row["message"], "content") : undefined;
  return Array.isArray(content) && content.some((block) => field(block, "type") === "tool_result");
};

/** The file without what may tangle: rows of other kinds taken out, and, where that is not enough, one row below the other. */
export function untangled(lines: readonly Buffer[]): Buffer[] {
  const rows = conversationRows(lines);
  const byUuid = lastRows(rows);
  const above = (uuid: string | undefined): string | null => {
    const placed = uuid === undefined ? undefined : byUuid.get(uuid);
    if (placed === undefined) return null;
    return ofOfficialSubagent(placed) ? uuidOf(placed) : above(parentOf(placed));
  };
  const left = rows
    .filter(ofOfficialSubagent)
    .map((placed) => line({ ...placed.row, parentUuid: above(parentOf(placed)) }));
  return isTangled(left) ? linear(left, [...new Set(conversationRows(left).map(uuidOf))]) : left;
}

/** The rows as a main transcript, whose conversation ends at the subagent's last message and shows every row. */
export function asMainTranscript(lines: readonly Buffer[], end: string): Row[] {
  const rows: Row[] = conversationRows(lines).map(({ row }) => {
    const {
      isSidechain: _s,
      teamName: _t,
      isMeta: _m,
      closesQuietTurn: _q,
      hostHiddenToolUseIds: _h,
      origin: _o,
      ...rest
    } = row;
    return rest;
  });
  const last = conversationRows(lines).findLast(isMessage);
  return last === undefined ? [] : [...rows, { type: "system", uuid: end, parentUuid: uuidOf(last) }];
}

/** The rows one below the other, in the order given. */
export function linear(lines: readonly Buffer[], order: readonly string[]): Buffer[] {
  const rows = lastRows(conversationRows(lines));
  let parentUuid: string | null = null;
  return order.flatMap((uuid) => {
    const placed = rows.get(uuid);
    if (placed === undefined || !ofOfficialSubagent(placed)) return [];
    const row = { ...placed.row, parentUuid };
    parentUuid = uuid;
    return [line(row)];
  });
}
