import { basename, join } from "node:path";
import type { ConversationRows } from "../../transcript/conversation/conversation-row.ts";
import {
  type Conversation,
  findConversation,
  findSubagentConversation,
} from "../../transcript/conversation/conversation.ts";
import type { MessageContext } from "../../transcript/conversation/message.ts";
import { type ConversationEntry, MessageMaker, visibleRows } from "../../transcript/conversation/visible-messages.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { InlineAgents } from "./inline-agents.ts";
import { findSession } from "../projects/find-copies.ts";
import { oldSubagentPath, subagentsPath } from "../layout/paths.ts";
import { page, type TranscriptMessage } from "./session-messages.ts";
import { readSmall } from "../disk/read-small-file.ts";
import { isSessionId } from "../layout/session-id.ts";
import { firstSessionId, oldSubagents } from "../projects/sidecars.ts";
import { TranscriptFile } from "./transcript-file.ts";
import type { OrUndefined, SessionMutationOptions, TranscriptCopy } from "../types.ts";
import { entriesOf } from "../disk/walk.ts";
import { attempt } from "../errors.ts";

export type ListSubagentsOptions = SessionMutationOptions & {
  /** Includes older layouts: `agent-*.jsonl` next to the transcript, and sidechain rows inside it. Default false. */
  includeLegacy?: boolean;
};

export type GetSubagentMessagesOptions = SessionMutationOptions & {
  limit?: number;
  offset?: number;
  /**
   * Includes the whole conversation, across compactions and with what no link connects, marked as by `getSessionMessages`.
   * Default false, as in the official helper.
   */
  includeCompacted?: boolean;
  signal?: AbortSignal;
};

/** The location of a subagent's rows, and the content of its meta file. */
export interface Subagent {
  /** The official id: the text between `agent-` and `.jsonl`; for inline rows their `agentId`, else the first row's uuid. */
  readonly agentId: string;
  readonly layout: "directory" | "beside" | "inline";
  readonly path: string;
  /** Tool call that started it; null if unknown. */
  readonly toolUseId: string | null;
  /** Subagent that started it; null if the main conversation did, or if unknown. */
  readonly parentAgentId: string | null;
  readonly agentType: string | undefined;
  readonly description: string | undefined;
  /** The workflow run that it was part of: the name of its directory. */
  readonly workflow: string | undefined;
}

/**
 * Returns the ids of a session's subagents in the official order: the tree below `<id>/subagents`, walked by name
 * (official-helpers.md §8.1). An id that occurs twice is returned twice. `[]` for an invalid or unknown session.
 */
export async function listSubagents(
  sessionId: string,
  options?: OrUndefined<ListSubagentsOptions> | null,
): Promise<string[]> {
  return (await describeSubagents(sessionId, options)).map(({ agentId }) => agentId);
}

/** Like `listSubagents`, with what is known of each. */
export async function describeSubagents(
  sessionId: string,
  options?: OrUndefined<ListSubagentsOptions> | null,
): Promise<Subagent[]> {
  const copy = isSessionId(sessionId) ? findSession(sessionId, options ?? {}) : undefined;
  if (copy === undefined) return [];
  const found = inDirectory(copy);
  if (options?.includeLegacy !== true) return found;
  const opened = await openSubagents(copy);
  opened.close();
  return [...opened.all];
}

/** The subagents of a session, of any layout, to be read one after another. `close` it. */
export interface OpenSubagents {
  readonly all: readonly Subagent[];
  /** Yields the messages of one with their rows. Throws file-system errors, and `signal.reason` when aborted. */
  entries(subagent: Subagent, signal?: AbortSignal): AsyncGenerator<ConversationEntry>;
  close(): void;
}

/** Opens a session's subagents. Its transcript is read once for all inline ones; if it is unreadable, they are left out. */
export async function openSubagents(copy: TranscriptCopy, signal?: AbortSignal): Promise<OpenSubagents> {
  const beside = oldSubagents(copy.project, copy.sessionId).map((path) => describe(path, "beside"));
  const found = [...inDirectory(copy), ...beside];
  const main = await TranscriptFile.tryOpen(copy.path, signal);
  const inline = main && new InlineAgents(main);
  const ids = [...(inline?.ids ?? [])];
  if (ids.length === 0) main?.close();
  return {
    all: [...found, ...ids.map((agentId) => inlineAgent(agentId, copy.path))],
    async *entries(subagent, stop) {
      if (subagent.layout === "inline") {
        const rows = inline?.rows(subagent.agentId);
        if (main !== undefined && rows !== undefined) yield* messagesOf(opened(subagent, main.only(rows), "all"));
        return;
      }
      const file = await TranscriptFile.open(subagent.path, stop);
      try {
        yield* messagesOf(opened(subagent, file, "all"));
      } finally {
        file.close();
      }
    },
    close() {
      if (ids.length > 0) main?.close();
    },
  };
}

function* messagesOf({ conversation, file, rows, context }: OpenSubagent): Generator<ConversationEntry> {
  const maker = new MessageMaker(conversation, file.load);
  for (const row of rows) yield maker.make(row, context);
}

/**
 * Returns the messages of one subagent, in the form of `getSessionMessages` (official-helpers.md §8.1). Searches every
 * layout, the newest first. `[]` for an unknown session or agent and for a file that cannot be read.
 */
export async function getSubagentMessages(
  sessionId: string,
  agentId: string,
  options?: OrUndefined<GetSubagentMessagesOptions> | null,
): Promise<TranscriptMessage[]> {
  const copy = isSessionId(sessionId) && agentId ? findSession(sessionId, options ?? {}) : undefined;
  if (copy === undefined) return [];
  const { limit, offset, includeCompacted = false, signal } = options ?? {};
  const extent = includeCompacted ? "current" : "official";
  let open: OpenSubagent | undefined;
  try {
    open = await openSubagent(copy, agentId, { extent, signal });
    if (open === undefined) return [];
    const { rows, context, conversation, file } = open;
    const maker = new MessageMaker(conversation, file.load);
    return Array.from(page(rows, offset, limit), (row) => maker.make(row, context).message);
  } catch {
    signal?.throwIfAborted();
    return [];
  } finally {
    open?.close();
  }
}

/** The conversation of a subagent whose transcript is open. `close` it. */
export interface OpenSubagent {
  readonly subagent: Subagent;
  /** Only its rows. */
  readonly file: TranscriptFile;
  /** The session's transcript, if its rows are in that; undefined for a subagent with its own file. */
  readonly main: TranscriptFile | undefined;
  readonly conversation: Conversation;
  /** The rows that are shown. */
  readonly rows: ConversationRows;
  /** Members of its messages that refer to the conversation that started it. */
  readonly context: MessageContext;
  close(): void;
}

/**
 * Parts of a subagent's transcript: what the official helper returns; the whole conversation, across compactions; or `all`,
 * with notices and abandoned branches too.
 */
type Extent = "official" | "current" | "all";

/** Opens a subagent's transcript of any layout, the newest first; undefined if the session has none with that id. */
export async function openSubagent(
  copy: TranscriptCopy,
  agentId: string,
  { extent, signal }: { readonly extent: Extent; readonly signal?: AbortSignal | undefined },
): Promise<OpenSubagent | undefined> {
  const ownFile = fileOf(copy, agentId, filesBelow(subagentsPath(copy.project, copy.sessionId)));
  const subagent = ownFile ?? inlineAgent(agentId, copy.path);
  const file = await TranscriptFile.open(subagent.path, signal);
  try {
    if (subagent === ownFile) return opened(subagent, file, extent);
    const rows = new InlineAgents(file).rows(agentId);
    if (rows !== undefined)
      return { ...opened(subagent, file.only(rows), extent), main: file, close: () => file.close() };
    file.close();
    return undefined;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The subagents that `openSubagent` would open, by the names in their directory at the first lookup. */
export class SubagentNames {
  readonly #copy: TranscriptCopy;
  readonly #main: TranscriptFile | undefined;
  readonly #known = new Map<string, boolean>();
  #files: readonly string[] | undefined;
  #inline: InlineAgents | undefined;

  /** `main`: the session's transcript, if it is open; without it, inline subagents are not found. */
  constructor(copy: TranscriptCopy, main: TranscriptFile | undefined) {
    this.#copy = copy;
    this.#main = main;
  }

  has(agentId: string): boolean {
    if (this.#files === undefined) {
      this.#files = [...filesBelow(subagentsPath(this.#copy.project, this.#copy.sessionId))];
      for (const path of this.#files) this.#known.set(idInPath(path), true);
    }
    // No file has such a name, and such long ids are not cached.
    if (agentId.length > ID_UNITS) return this.#isInline(agentId);
    let known = this.#known.get(agentId);
    if (known === undefined) {
      known = fileOf(this.#copy, agentId, []) !== undefined || this.#isInline(agentId);
      this.#known.set(agentId, known);
    }
    return known;
  }

  #isInline(agentId: string): boolean {
    if (this.#main === undefined) return false;
    this.#inline ??= new InlineAgents(this.#main);
    return this.#inline.has(agentId);
  }
}

/** Maximum length of an id in a file name: names have at most 255 bytes. */
const ID_UNITS = 255;

/** Returns a subagent that has its own file: one of `paths`, or one next to the transcript. */
function fileOf(
  { project, sessionId }: TranscriptCopy,
  agentId: string,
  paths: Iterable<string>,
): Subagent | undefined {
  for (const path of paths) if (idInPath(path) === agentId) return describe(path, "directory");
  const path = oldSubagentPath(project, agentId);
  if (path === undefined || firstSessionId(path) !== sessionId) return undefined;
  return describe(path, "beside");
}

function opened(subagent: Subagent, file: TranscriptFile, extent: Extent): OpenSubagent {
  const { index, load } = file;
  const isAll = extent === "all";
  const whole = { fileSize: 0, subagent: true, includeCompacted: true, includeUndelivered: isAll } as const;
  const conversation =
    extent === "official"
      ? findSubagentConversation(index, load)
      : findConversation(index, load, { ...whole, branches: isAll ? "all" : "current" });
  const rows = visibleRows(conversation, load, { subagent: true, includeSystemMessages: isAll });
  const context = { parentToolUseId: subagent.toolUseId, parentAgentId: subagent.parentAgentId };
  return { subagent, file, main: undefined, conversation, rows, context, close: () => file.close() };
}

const NAME = /^agent-(.*)\.jsonl$/s;

const inDirectory = ({ project, sessionId }: TranscriptCopy): Subagent[] =>
  [...filesBelow(subagentsPath(project, sessionId))].map((path) => describe(path, "directory"));

/** Yields the transcripts below a directory, files and directories by name. Does not follow links. */
function* filesBelow(dir: string): Generator<string> {
  for (const entry of entriesOf(dir, [])) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() && NAME.test(entry.name)) yield path;
  }
}

const idInPath = (path: string): string => NAME.exec(basename(path))?.[1] ?? "";

const TOOL_USE_ID = /^[A-Za-z0-9_.:-]{1,128}$/;
const AGENT_ID = /^[\w-]{1,128}$/;
/** Maximum size of a meta file, which holds a few short fields. */
const META_BYTES = 64 * 1024;

function describe(path: string, layout: "directory" | "beside"): Subagent {
  const { toolUseId, parentAgentId, agentType, description } = readMeta(path.replace(/\.jsonl$/, ".meta.json"));
  return {
    agentId: idInPath(path),
    layout,
    path,
    toolUseId: typeof toolUseId === "string" && TOOL_USE_ID.test(toolUseId) ? toolUseId : null,
    parentAgentId: typeof parentAgentId === "string" && AGENT_ID.test(parentAgentId) ? parentAgentId : null,
    agentType: asString(agentType),
    description: asString(description),
    workflow: /[\\/]workflows[\\/]([^\\/]+)[\\/][^\\/]+$/.exec(path)?.[1],
  };
}

function inlineAgent(agentId: string, path: string): Subagent {
  const unknown = { agentType: undefined, description: undefined, workflow: undefined };
  return { agentId, layout: "inline", path, toolUseId: null, parentAgentId: null, ...unknown };
}

function readMeta(path: string): JsonObject {
  return membersOf(attempt(() => JSON.parse(readSmall(path, META_BYTES) ?? "null") as unknown));
}
