import { asObject, asString, type JsonObject } from "../rows/json-values.ts";
import { costRow, highestResult } from "./cost-row.ts";
import { isSpoken, MESSAGE_ROW, withMark } from "./saved-row.ts";

/** What the rows of a save have in common. */
export interface SaveContext {
  readonly sessionId: string;
  /** The working directory of all rows. Undefined: that of the last `init` message, else `lastCwd`. */
  readonly cwd: string | undefined;
  readonly lastCwd: string;
  /** Whether they are those of a program, not of a person. */
  readonly programmatic: boolean;
  /** ISO time of messages without one, unless a message before or after them has one. */
  readonly now: string;
  /** Makes the uuids of rows whose messages have none, or one that is taken. */
  readonly freshId: () => string;
  /** Compares two values of JSON, members in any order. */
  readonly isSame: (one: unknown, other: unknown) => boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `entrypoint` of rows: of a person's own session, and of one that a program began with the Agent SDK. */
const OF_A_PERSON = "cli";
const OF_A_PROGRAM = "sdk-ts";

/**
 * Makes the rows of messages: a chain of those of the conversation, one for each subagent on the side, and rows between them for
 * all other messages. Goes on after the rows that the transcript has.
 */
export class SavedRows {
  readonly #context: SaveContext;
  /** Parents of the rows by uuid; undefined for rows that Claude Code wrote. */
  readonly #parents = new Map<string, string | null | undefined>();
  /** Messages of the conversation by the uuid that they were given. */
  readonly #given = new Map<string, JsonObject>();
  /** Last row of each subagent, by the call that started it. */
  readonly #ends = new Map<string, string>();
  #end: string | null = null;
  /** Whether the last message of the conversation was one that a compaction took from the model. */
  #compacted = false;
  /** Whether another conversation begins. */
  #isReset = false;
  #cwd: string;
  #version: string | undefined;

  constructor(context: SaveContext) {
    this.#context = context;
    this.#cwd = context.cwd ?? context.lastCwd;
  }

  /** The working directory of the next row. */
  get cwd(): string {
    return this.#cwd;
  }

  /** Takes note of a message that the transcript has. `row`: the row of one that was saved; undefined if Claude Code wrote it. */
  pass(message: JsonObject, row: JsonObject | undefined): void {
    this.#noteInit(message);
    if (message["type"] === "conversation_reset") this.#isReset = true;
    const uuid = asString((row ?? message)["uuid"]);
    if (uuid === undefined) return;
    if (isSpoken(message)) this.#given.set(asString(message["uuid"]) ?? uuid, message);
    this.#parents.set(uuid, row === undefined ? undefined : (asString(row["parentUuid"]) ?? null));
    const call = callOf(message);
    if (call !== undefined) {
      this.#ends.set(call, uuid);
      return;
    }
    this.#compacted = message["compacted"] === true;
    this.#isReset = false;
  }

  /** Goes on after the row with this uuid; null if the conversation is empty. Call it after all calls of `pass`. */
  goOnAfter(uuid: string | null): void {
    this.#end = this.#isReset ? null : uuid;
  }

  /** Yields the rows of messages, in order. */
  *rowsOf(messages: readonly JsonObject[]): Generator<JsonObject> {
    const compactions = compactionsIn(messages);
    const begun = messages.map(timeOf).find((known) => known !== undefined) ?? this.#context.now;
    const result = highestResult(messages);
    let time = begun;
    for (const [i, message] of messages.entries()) {
      time = timeOf(message) ?? time;
      this.#noteInit(message);
      // Before the message, so that it is written again with that if the two are cut short.
      if (message === result)
        yield costRow(result, { sessionId: this.#context.sessionId, startTime: Date.parse(begun) });
      yield withMark(this.#rowOf(message, time, compactions.get(i)), message);
    }
  }

  #rowOf(message: JsonObject, time: string, part: "boundary" | "summary" | undefined): JsonObject {
    const isTaken = this.#parents.has(asString(message["uuid"]) ?? "");
    if (isSpoken(message) && !(isTaken && this.#isRepeated(message)))
      return this.#spoken(message, time, part === "summary");
    if (part === "boundary" && !isTaken) return this.#boundary(message, time);
    // What follows a reset is another conversation, for the model too.
    if (message["type"] === "conversation_reset") this.#end = null;
    return { type: MESSAGE_ROW, sessionId: this.#context.sessionId, timestamp: time, cwd: this.#cwd };
  }

  /** Whether a message whose uuid is taken is said again, and not another one: a program may number them itself. */
  #isRepeated(message: JsonObject): boolean {
    const before = this.#given.get(asString(message["uuid"]) ?? "");
    return message["isReplay"] === true || this.#context.isSame(before?.["message"], message["message"]);
  }

  #spoken(message: JsonObject, time: string, summary: boolean): JsonObject {
    const call = callOf(message);
    const isCompactSummary = summary || message["isCompactSummary"] === true;
    if (call === undefined) {
      this.#dropSuperseded(message["supersedes"]);
      // The messages that a compaction took from the model stay in the file, but not above those that it has.
      const compacted = message["compacted"] === true;
      if (this.#compacted && !compacted && !summary) this.#end = null;
      this.#compacted = compacted;
    }
    const parent = call === undefined ? this.#end : (this.#ends.get(call) ?? null);
    const uuid = this.#addRow(message, parent);
    if (call === undefined) this.#end = uuid;
    else this.#ends.set(call, uuid);
    const { agent_id: agentId, request_id: requestId, tool_use_result: result, origin, error } = message;
    const isMeta = !isCompactSummary && (message["isSynthetic"] === true || message["is_meta"] === true);
    return {
      parentUuid: parent,
      isSidechain: call !== undefined,
      ...(typeof agentId === "string" && agentId !== "" && { agentId }),
      type: message["type"],
      message: message["message"],
      uuid,
      timestamp: time,
      ...(isMeta && { isMeta }),
      ...(isCompactSummary && { isVisibleInTranscriptOnly: true, isCompactSummary }),
      ...(typeof requestId === "string" && { requestId }),
      ...(typeof error === "string" && { isApiErrorMessage: true, error }),
      ...(result !== undefined && { toolUseResult: result }),
      ...(origin !== undefined && { origin }),
      ...this.#common(),
    };
  }

  /** Makes the boundary of a compaction, from which on the model has the conversation. */
  #boundary(message: JsonObject, time: string): JsonObject {
    const logicalParentUuid = this.#end;
    const uuid = this.#addRow(message, null);
    this.#end = uuid;
    return {
      parentUuid: null,
      logicalParentUuid,
      isSidechain: false,
      type: "system",
      subtype: "compact_boundary",
      content: "Conversation compacted",
      isMeta: false,
      timestamp: time,
      uuid,
      level: "info",
      compactMetadata: inCamelCase(message["compact_metadata"]),
      ...this.#common(),
    };
  }

  #addRow(message: JsonObject, parent: string | null): string {
    const given = asString(message["uuid"]);
    const isFree = given !== undefined && UUID.test(given) && !this.#parents.has(given);
    const uuid = isFree ? given : this.#context.freshId();
    this.#parents.set(uuid, parent);
    this.#given.set(given ?? uuid, message);
    return uuid;
  }

  #common(): JsonObject {
    const { sessionId, programmatic } = this.#context;
    const version = this.#version === undefined ? {} : { version: this.#version };
    const entrypoint = programmatic ? OF_A_PROGRAM : OF_A_PERSON;
    return { userType: "external", entrypoint, cwd: this.#cwd, sessionId, ...version };
  }

  /** Goes back before the last messages, as far as a new one says that it replaces them. */
  #dropSuperseded(uuids: unknown): void {
    if (!Array.isArray(uuids)) return;
    while (this.#end !== null && uuids.includes(this.#end)) {
      const parent = this.#parents.get(this.#end);
      if (parent === undefined) return;
      this.#end = parent;
    }
  }

  #noteInit({ type, subtype, cwd, claude_code_version: version }: JsonObject): void {
    if (type !== "system" || subtype !== "init") return;
    if (typeof cwd === "string" && cwd !== "") this.#cwd = this.#context.cwd ?? cwd;
    if (typeof version === "string") this.#version = version;
  }
}

/** Returns the call that started the subagent whose message it is; undefined for the main conversation. */
const callOf = ({ parent_tool_use_id: call }: JsonObject): string | undefined => asString(call) || undefined;

function timeOf({ timestamp }: JsonObject): string | undefined {
  return typeof timestamp === "string" && !Number.isNaN(Date.parse(timestamp)) ? timestamp : undefined;
}

const isBoundary = ({ type, subtype }: JsonObject): boolean => type === "system" && subtype === "compact_boundary";

/**
 * Returns the boundaries of compactions and their summaries, by their places. A boundary without a summary after it is none: it
 * would take the conversation from the model, and put nothing in its place.
 */
function compactionsIn(messages: readonly JsonObject[]): ReadonlyMap<number, "boundary" | "summary"> {
  const found = new Map<number, "boundary" | "summary">();
  let boundary: number | undefined;
  for (const [i, message] of messages.entries()) {
    if (isBoundary(message)) boundary = i;
    if (boundary === undefined || !isSpoken(message) || callOf(message) !== undefined) continue;
    if (message["type"] === "user" && message["isSynthetic"] === true)
      found.set(boundary, "boundary").set(i, "summary");
    boundary = undefined;
  }
  return found;
}

/** Returns a value with the keys of its objects in camel case, as rows have them. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  const object = asObject(value);
  if (object === undefined) return value;
  const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [camel(key), inCamelCase(item)]));
}
