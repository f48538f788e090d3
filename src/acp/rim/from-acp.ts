import { isAbsolute, resolve } from "node:path";
import { RequestError } from "@agentclientprotocol/sdk/unstable";
import * as z from "zod";
import { PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { invalidParams } from "./to-acp-error.ts";
import { withoutNote } from "./note-id.ts";

/** Key of our own facts and options in `_meta`, in requests and in answers. */
export const META = "claude-transcripts";

/** Our methods: the name of an extension begins with a low line. */
export const SEARCH_METHOD = `_${META}/session/search`;
export const ANNOTATE_METHOD = `_${META}/session/annotate`;

/**
 * Parser of `session/list` params. The SDK's own schemas report bad input as a tree of issues and treat some wrong types as
 * absent. The parsers here name the first problem, treat `null` as absent for optional members, and ignore unknown keys.
 */
export const listParams = parser(() =>
  z
    .object({
      cwd: absentIfNull(absolutePath()),
      cursor: absentIfNull(z.string()),
      archived: absentIfNull(z.enum(["exclude", "include", "only"])),
      _meta: metaWith({
        // A smaller page than requested loses nothing: nextCursor leads to the rest.
        limit: absentIfNull(z.int().min(1)).transform((limit) => limit && Math.min(limit, PAGE_SESSIONS_MAX)),
        includeWorktrees: absentIfNull(z.boolean()),
        includeProgrammatic: absentIfNull(z.boolean()),
        query: absentIfNull(z.string()),
      }),
    })
    .transform(({ _meta, ...params }) => ({ ...params, ..._meta })),
);

/** Parser of the params of our method for searches. */
export const searchParams = parser(() =>
  z.object({
    query: z.string(),
    cwd: absentIfNull(absolutePath()),
    cursor: absentIfNull(z.string()),
    limit: absentIfNull(z.int().min(1)).transform((limit) => limit && Math.min(limit, PAGE_SESSIONS_MAX)),
    includeWorktrees: absentIfNull(z.boolean()),
    includeProgrammatic: absentIfNull(z.boolean()),
  }),
);

/** Parser of `session/load` params. `limit`: only the last messages; `cursor`: the part before an earlier answer. */
export const loadParams = (params: unknown): ReturnType<typeof anyLoadParams> =>
  plainLoadParams(params) ?? anyLoadParams(params);

const anyLoadParams = parser(() =>
  z
    .object({
      sessionId: z.string(),
      ...place(),
      _meta: metaWith({ limit: absentIfNull(z.int().min(1)), cursor: absentIfNull(z.string()) }),
    })
    .transform(({ sessionId, cwd, _meta }) => ({ sessionId, cwd, ..._meta })),
);

/** Reads the usual params without a schema, since building one takes longer than a short load; undefined for others. */
function plainLoadParams(params: unknown): { sessionId: string; cwd: string } | undefined {
  const { sessionId, cwd, mcpServers, ...more } = membersOf(params);
  if (typeof sessionId !== "string" || typeof cwd !== "string" || Object.keys(more).length > 0) return undefined;
  if (!isPath(cwd) || (mcpServers != null && !(Array.isArray(mcpServers) && mcpServers.every(isObject))))
    return undefined;
  return { sessionId, cwd: resolve(cwd) };
}

/** Parser of `session/fork` params. `messageId`: the fork ends with this message. */
export const forkParams = parser(() =>
  z
    .object({ sessionId: z.string(), ...place(), _meta: metaWith({ messageId: absentIfNull(z.string().min(1)) }) })
    .transform(({ sessionId, cwd, _meta: { messageId } }) => ({
      sessionId,
      cwd,
      messageId: messageId && withoutNote(messageId),
    })),
);

/** Parsers of params without options of ours. */
export const authenticateParams = parser(() => z.object({ methodId: z.string() }));
export const newParams = parser(() => z.object(place()));
export const openParams = parser(() => z.object({ sessionId: z.string(), ...place() }));
export const sessionParams = parser(() => z.object({ sessionId: z.string() }));
export const titleParams = parser(() => z.object({ sessionId: z.string(), title: z.string() }));
/** Parser of the params of `ANNOTATE_METHOD`. An empty `description` removes it. */
export const annotateParams = parser(() => {
  const tags = absentIfNull(z.array(z.string()));
  return z.object({
    sessionId: z.string(),
    setTags: tags,
    addTags: tags,
    removeTags: tags,
    description: absentIfNull(z.string()),
  });
});
export const modeParams = parser(() => z.object({ sessionId: z.string(), modeId: z.string() }));
export const configOptionParams = parser(() => z.object({ sessionId: z.string(), configId: z.string() }));

/** Parser of `session/prompt` params. Refuses blocks whose capability is not declared (acp-coverage.md B5). */
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

/** Reads whether the client knows `compaction_update`. Uses no schema: building one would delay the first answer. */
export function initializeParams(params: unknown): { readonly compactions: boolean } {
  const { protocolVersion, clientCapabilities } = membersOf(params);
  if (!Number.isInteger(protocolVersion) || Number(protocolVersion) < 0 || Number(protocolVersion) > 65_535) {
    const problem = "must be an integer from 0 to 65535";
    // The SDK's form of the error, and ours.
    throw RequestError.invalidParams(
      { field: "protocolVersion", problem, protocolVersion: { _errors: [problem] } },
      `protocolVersion: ${problem}`,
    );
  }
  const { compaction } = membersOf(membersOf(clientCapabilities)["session"]);
  return { compactions: typeof compaction === "object" && compaction !== null };
}

/** Reads the session of `session/cancel`. Never throws, since a notification cannot be answered. */
export const cancelParams = (params: unknown): { sessionId: string | undefined } => ({
  sessionId: asString(membersOf(params)["sessionId"]),
});

/** Returns a parser that builds its schema at first use, so that start-up does not construct zod objects. */
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

/** Formats `["_meta", "claude-transcripts", "limit"]` as `_meta["claude-transcripts"].limit`. */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return /^[\w$]+$/.test(String(key)) ? `${text}.${String(key)}` : `${text}["${String(key)}"]`;
  }, "");
  return name.replace(/^\./, "") || "params";
}

/** Members of a request that opens a session in a directory. */
const place = () => ({
  cwd: absolutePath(),
  // The protocol requires it in some requests. It may be absent here, since this agent connects to no MCP server.
  mcpServers: z.array(z.looseObject({})).nullish(),
  additionalDirectories: unsupportedList("sessionCapabilities.additionalDirectories"),
  systemPrompt: unsupported("sessionCapabilities.systemPrompt"),
});

const isPath = (path: string): boolean => isAbsolute(path) && !path.includes("\0");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** Schema of an absolute path. Normalises it as project keys need: no final slash, no dots. */
const absolutePath = () =>
  z
    .string()
    .refine(isPath, "must be an absolute path")
    .transform((path) => resolve(path));

/** Schema of a list that must be empty, since its capability is not declared. Ignoring entries would mislead the client. */
const unsupportedList = (capability: string) =>
  z.array(absolutePath()).max(0, `not supported: ${capability} is not declared`).nullish();

const unsupported = (capability: string) =>
  z
    .unknown()
    .refine((value) => value == null, `not supported: ${capability} is not declared`)
    .optional();

const absentIfNull = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

/** Schema of our options in `_meta`. Ignores its other members, and a `_meta` that is not an object. */
function metaWith<Shape extends z.ZodRawShape>(ours: Shape) {
  const objectOrAbsent = (value: unknown): unknown => (isObject(value) ? value : undefined);
  return z
    .preprocess(objectOrAbsent, z.object({ [META]: z.object(ours).nullish() }).optional())
    .transform((meta): Partial<z.output<z.ZodObject<Shape>>> => meta?.[META] ?? {});
}
