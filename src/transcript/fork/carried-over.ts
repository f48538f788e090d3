import { COMPACT_BOUNDARY, DATA_FLOW_ON, SIDECHAIN } from "../rows/row-index.ts";
import { type JsonObject, membersOf } from "../rows/json-values.ts";
import { UUID } from "../rows/interned-ids.ts";

/** Byte range of a row that is read again when it is written, because a few may be as large as all other rows. */
export interface StoredRow {
  readonly offset: number;
  readonly length: number;
}

/** Reasons why the data-flow records of a session are incomplete. */
const ROWS_WITHOUT_RECORDS = 11;
const COMPACTED_SINCE_SNAPSHOT = 13;

/** Facts that a fork carries over from rows outside the conversation (official-helpers.md §6.5). The last value counts. */
export class ForkFacts {
  historySuppressed = false;
  readonly organizations = new Set<string>();
  /** Rows whose `replacements` are carried over. */
  readonly replacements: StoredRow[] = [];
  atis: string | undefined;
  tools: readonly string[] | undefined;
  /** Entries by their JSON, including those of unknown kinds. */
  derivedFrom: Map<string, unknown> | undefined;
  relocatedCwd: string | undefined;
  /** The last title of each kind; may be `""`. */
  customTitle: string | undefined;
  aiTitle: string | undefined;
  readonly #sessionId: string;
  /** The rows whose entries of unknown kinds are in `derivedFrom`. */
  #unknownOrigins: StoredRow[] = [];
  readonly #dataFlow: StoredRow[] = [];
  #flowBegan = false;
  /** Whether the session has data-flow rows of its own. Only then those of other sessions in the file count. */
  #ownFlow = false;
  #lacksRecords = false;
  #isCompacted = false;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** Takes note of a conversation row, by its flags. */
  pass(flags: number): void {
    if ((flags & SIDECHAIN) !== 0) return;
    if (this.#flowBegan && (flags & DATA_FLOW_ON) === 0) this.#lacksRecords = true;
    if ((flags & COMPACT_BOUNDARY) !== 0) this.#isCompacted = true;
  }

  /** Rows that are carried over unchanged except for the id of this session. */
  get dataFlow(): readonly StoredRow[] {
    return this.#ownFlow ? this.#dataFlow : [];
  }

  /** Returns why the records are incomplete. Must be said in the fork, where the order of the rows no longer shows it. */
  incompleteCodes(): number[] {
    if (!this.#ownFlow) return [];
    return [
      ...(this.#lacksRecords ? [ROWS_WITHOUT_RECORDS] : []),
      ...(this.#isCompacted ? [COMPACTED_SINCE_SNAPSHOT] : []),
    ];
  }

  /** Adds a row for which `isForkFact` is true. */
  add(row: JsonObject, offset: number, length: number): void {
    const { type, sessionId, organizationUuid, replacements, atis, tools, relocatedCwd, customTitle, aiTitle } = row;
    const own = sessionId === this.#sessionId;
    switch (type) {
      case "history-suppression":
        this.historySuppressed = true;
        return;
      case "hybrid-organization":
        if (typeof organizationUuid === "string" && UUID.test(organizationUuid))
          this.organizations.add(organizationUuid.toLowerCase());
        return;
      case "content-replacement":
        if (own && Array.isArray(replacements)) this.replacements.push({ offset, length });
        return;
      case "atis-latch":
        if (own && typeof atis === "string" && /^[\x21-\x7e]*$/.test(atis)) this.atis = atis;
        return;
      case "tools-used":
        if (own && Array.isArray(tools))
          this.tools = tools.filter((tool): tool is string => typeof tool === "string" && tool !== "");
        return;
      case "data-flow-records":
      case "data-flow-incomplete":
        if (typeof sessionId === "string" && row["agentId"] === undefined) this.#addFlow(row, own, { offset, length });
        return;
      case "derived-from":
        if (own) this.#addOrigins(row, { offset, length });
        return;
      case "relocated":
        if (own && typeof relocatedCwd === "string" && relocatedCwd !== "") this.relocatedCwd = relocatedCwd;
        return;
      case "custom-title":
        if (typeof customTitle === "string") this.customTitle = customTitle;
        return;
      case "ai-title":
        if (typeof aiTitle === "string") this.aiTitle = aiTitle;
    }
  }

  #addFlow({ type, snapshot }: JsonObject, own: boolean, at: StoredRow): void {
    this.#dataFlow.push(at);
    this.#flowBegan = true;
    if (!own) return;
    this.#ownFlow = true;
    if (type === "data-flow-records" && snapshot === true) this.#isCompacted = false;
  }

  /** Replaces earlier lists, unless this one has entries of unknown kinds: then it may not be complete. */
  #addOrigins(row: JsonObject, at: StoredRow): void {
    const list = originsOf(row);
    const isKnown = list?.every(isKnownOrigin) === true;
    const isFirst = !this.#ownFlow;
    if (!isKnown) this.#flowBegan = this.#ownFlow = true;
    if (list === undefined) {
      this.#dataFlow.push(at);
      return;
    }
    if (isKnown || this.derivedFrom === undefined) this.derivedFrom = new Map();
    for (const origin of list) this.derivedFrom.set(JSON.stringify(origin), origin);
    if (isKnown) {
      for (const row of this.#unknownOrigins) this.#dataFlow.push(row);
      this.#unknownOrigins = [];
      return;
    }
    // Of two sessions, the one whose rows come first is believed.
    (isFirst ? this.#dataFlow : this.#unknownOrigins).push(at);
  }
}

/** Returns the entries of a `derived-from` row; undefined if it is of a later version. */
export const originsOf = ({ v, sessions }: JsonObject): readonly unknown[] | undefined =>
  v === 1 && Array.isArray(sessions) ? sessions : undefined;

/** Known ways to derive a session from another. */
const VIAS: ReadonlySet<unknown> = new Set([
  "fork",
  "branch",
  "resume",
  "clear",
  "compact",
  "import",
  "teleport",
  "cloud",
  "background",
  "launch",
  "subprocess",
  "teammate",
]);

export function isKnownOrigin(value: unknown): boolean {
  const { type, id, via } = membersOf(value);
  if (!VIAS.has(via)) return false;
  return type === "unknown" ? id === null : type === SESSION && typeof id === "string" && id !== "";
}

/** Type of an entry that names a session. */
export const SESSION = "claude_code_session";
