import { isAbsolute, resolve } from "node:path";
import { RequestError } from "@agentclientprotocol/sdk/unstable";
import * as z from "zod";
import { PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { invalidParams } from "./to-acp-error.ts";
import { withoutNote } from "./note-id.ts";

/** Where our own facts and options stand in `_meta`, in requests and in answers. */
export const META = "claude-transcripts";

/**
 * Parsers of request params. Ours and not the SDK's, because its schemas answer bad input with a tree of issues and
 * take some wrong types for absent ones. Here: `null` is the same as absent for whatever is optional, and the first
 * thing that is wrong is named. Unknown keys are passed over.
 */
export const listParams = parser(() =>
  z.object({
    cwd: absolutePath().nullish(),
    cursor: z.string().nullish(),
    archived: z.enum(["exclude", "include", "only"]).nullish(),
    _meta: metaWith({
      limit: z.int().min(1).nullish(),
      includeWorktrees: z.boolean().nullish(),
      includeProgrammatic: z.boolean().nullish(),
    }),
  }),
);

/** Params of `session/load`. `limit`: the last messages only; `cursor`: those before what an earlier answer began with. */
export const loadParams = (params: unknown): ReturnType<typeof anyLoadParams> =>
  plainLoadParams(params) ?? anyLoadParams(params);

const anyLoadParams = parser(() =>
  z.object({
    sessionId: z.string(),
    ...place(),
    _meta: metaWith({ limit: z.int().min(1).nullish(), cursor: z.string().nullish() }),
  }),
);

/** Those of nearly every load; undefined where there is more to them. To make a schema takes longer than a short load. */
function plainLoadParams(params: unknown): { sessionId: string; cwd: string } | undefined {
  const { sessionId, cwd, mcpServers, ...more } = membersOf(params);
  if (typeof sessionId !== "string" || typeof cwd !== "string" || Object.keys(more).length > 0) return undefined;
  if (!isPath(cwd) || (mcpServers != null && !(Array.isArray(mcpServers) && mcpServers.every(isObject))))
    return undefined;
  return { sessionId, cwd: resolve(cwd) };
}

/** Params of resume: a session, opened in a directory. */
export const openParams = parser(() => z.object({ sessionId: z.string(), ...place() }));

/** Params of `session/fork`. */
export const forkParams = parser(() =>
  z.object({ sessionId: z.string(), ...place(), _meta: metaWith({ messageId: z.string().min(1).nullish() }) }),
);

/** Params of `session/new`. */
export const newParams = parser(() => z.object(place()));

/** Params of whatever is about a session and nothing else. */
export const sessionParams = parser(() => z.object({ sessionId: z.string() }));

/**
 * Params of `session/prompt`. Blocks keep what is shown of them: text, or a link. Other kinds are refused, since no
 * capability for them is declared (acp-coverage.md B5).
 */
export const promptParams = parser(() =>
  z.object({
    sessionId: z.string(),
    prompt: z.array(
      z.discriminatedUnion(
        "type",
        [
          z.object({ type: z.literal("text"), text: z.string() }),
          z.object({
            type: z.literal("resource_link"),
            uri: z.string(),
            name: z.string(),
            title: z.string().nullable().exactOptional(),
            description: z.string().nullable().exactOptional(),
            mimeType: z.string().nullable().exactOptional(),
            size: z.int().nullable().exactOptional(),
          }),
        ],
        "must be a block of type text or resource_link: promptCapabilities declares no other",
      ),
    ),
  }),
);

/** Params of `session/set_title`. */
export const titleParams = parser(() => z.object({ sessionId: z.string(), title: z.string() }));

/** Params of `session/set_mode`. */
export const modeParams = parser(() => z.object({ sessionId: z.string(), modeId: z.string() }));

/** Params of `session/set_config_option`. */
export const configOptionParams = parser(() => z.object({ sessionId: z.string(), configId: z.string() }));

/**
 * Params of `initialize`: whether the client knows `compaction_update`. Read without a schema, since it is the first thing
 * that is asked, and to make one takes longer than the answer. What is no capability is none.
 */
export function initializeParams(params: unknown): { readonly compactions: boolean } {
  const { protocolVersion, clientCapabilities } = membersOf(params);
  if (!Number.isInteger(protocolVersion) || Number(protocolVersion) < 0 || Number(protocolVersion) > 65_535) {
    const problem = "must be a whole number from 0 to 65535";
    // As the SDK words what is wrong, and as everything here does.
    throw RequestError.invalidParams(
      { field: "protocolVersion", problem, protocolVersion: { _errors: [problem] } },
      `protocolVersion: ${problem}`,
    );
  }
  const { compaction } = membersOf(membersOf(clientCapabilities)["session"]);
  return { compactions: typeof compaction === "object" && compaction !== null };
}

/** Params of `authenticate`. */
export const authenticateParams = parser(() => z.object({ methodId: z.string() }));

/** The session that a cancel is about. Nobody could be told that one names none. */
export const cancelParams = (params: unknown): { sessionId: string | undefined } => ({
  sessionId: asString(membersOf(params)["sessionId"]),
});

export interface ListRequest {
  readonly cwd: string | undefined;
  readonly cursor: string | undefined;
  readonly archived: "exclude" | "include" | "only" | undefined;
  /** Sessions on the page; at most `PAGE_SESSIONS_MAX`. */
  readonly limit: number | undefined;
  readonly includeWorktrees: boolean | undefined;
  readonly includeProgrammatic: boolean | undefined;
}

/** `session/list` params with absent for null and our `_meta` options beside the standard ones. */
export function toListRequest({ cwd, cursor, archived, _meta }: ReturnType<typeof listParams>): ListRequest {
  const { limit, includeWorktrees, includeProgrammatic } = _meta?.[META] ?? {};
  return {
    cwd: cwd ?? undefined,
    cursor: cursor ?? undefined,
    archived: archived ?? undefined,
    // A smaller page than asked for is no loss: nextCursor leads to the rest.
    limit: limit == null ? undefined : Math.min(limit, PAGE_SESSIONS_MAX),
    includeWorktrees: includeWorktrees ?? undefined,
    includeProgrammatic: includeProgrammatic ?? undefined,
  };
}

/** `session/fork` params with absent for null. `messageId`: the fork ends with this message. */
export function toForkRequest({ sessionId, cwd, _meta }: ReturnType<typeof forkParams>): {
  readonly sessionId: string;
  readonly cwd: string;
  readonly messageId: string | undefined;
} {
  const { messageId } = _meta?.[META] ?? {};
  return { sessionId, cwd, messageId: messageId == null ? undefined : withoutNote(messageId) };
}

/** `session/load` params with absent for null. */
export function toLoadRequest({ sessionId, cwd, _meta }: ReturnType<typeof loadParams>): {
  readonly sessionId: string;
  readonly cwd: string;
  readonly limit: number | undefined;
  readonly cursor: string | undefined;
} {
  const { limit, cursor } = _meta?.[META] ?? {};
  return { sessionId, cwd, limit: limit ?? undefined, cursor: cursor ?? undefined };
}

/** Builds the schema at its first use: constructing zod objects is a part of the start-up time otherwise. */
function parser<T>(schema: () => z.ZodType<T>): (params: unknown) => T {
  let built: z.ZodType<T> | undefined;
  return (params) => {
    built ??= schema();
    const result = built.safeParse(params ?? {});
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw invalidParams(fieldName(issue?.path ?? []), issue?.message ?? "invalid");
  };
}

/** `["_meta", "claude-transcripts", "limit"]` → `_meta["claude-transcripts"].limit`. */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return /^[\w$]+$/.test(String(key)) ? `${text}.${String(key)}` : `${text}["${String(key)}"]`;
  }, "");
  return name.replace(/^\./, "") || "params";
}

/** The members of a request that opens a session somewhere. */
const place = () => ({
  cwd: absolutePath(),
  // Required by the schema for some; nothing here would connect to a server, so its absence is no reason to refuse.
  mcpServers: z.array(z.looseObject({})).nullish(),
  additionalDirectories: unsupportedList("sessionCapabilities.additionalDirectories"),
  systemPrompt: unsupported("sessionCapabilities.systemPrompt"),
});

const isPath = (path: string): boolean => isAbsolute(path) && !path.includes("\0");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** An absolute path, spelt the one way that project keys are made of: no final slash, no dots. */
const absolutePath = () =>
  z
    .string()
    .refine(isPath, "must be an absolute path")
    .transform((path) => resolve(path));

/** A list that may only be empty, since the capability for it is not declared: dropping its entries would be a lie. */
const unsupportedList = (capability: string) =>
  z.array(absolutePath()).max(0, `not supported: ${capability} is not declared`).nullish();

const unsupported = (capability: string) =>
  z
    .unknown()
    .refine((value) => value == null, `not supported: ${capability} is not declared`)
    .optional();

/** `_meta` belongs to everybody: only our own part of it is looked at, and a `_meta` that is no object is ignored. */
function metaWith<Shape extends z.ZodRawShape>(ours: Shape) {
  const objectOrAbsent = (value: unknown): unknown => (isObject(value) ? value : undefined);
  return z.preprocess(objectOrAbsent, z.object({ [META]: z.object(ours).nullish() }).optional());
}
