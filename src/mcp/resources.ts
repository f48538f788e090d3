import { TranscriptError } from "../store/errors.ts";
import type { TranscriptCopy } from "../store/types.ts";
import { idsFrom, projectKeysFrom } from "./complete-values.ts";
import type { Context } from "./context.ts";
import { plainLine, quoted, titleLine } from "./quote.ts";
import { readRaw } from "./resources-raw.ts";
import type { Service } from "./service.ts";
import { rowFacts, rowLine, sessionRow, timeText } from "./session-row.ts";
import type { Tables } from "./tables.ts";
import { ToolFailure } from "./tool.ts";
import { parseUri, type Place, projectUri, sessionUri, TEMPLATES } from "./uri.ts";
import { watchResources } from "./watch.ts";

type Resources = Tables["resources"];
type Contents = NonNullable<Awaited<ReturnType<Resources["read"]>>>;

const MARKDOWN = "text/markdown";
/** Sessions of a list, and of a project. */
const LISTED = 50;
/** Tokens of a page: what read_session gives at most, and what it gives by itself. */
const LONG_PAGE = 20_000;
const PAGE = 8000;

/** Sessions and projects by their URIs. Nothing here is needed by a model: the tools give the same. */
export const resources: Resources = {
  templates: [
    {
      uriTemplate: TEMPLATES.session,
      name: "session",
      title: "Session",
      description: "A session's conversation from its start. Its last lines name the cursor to go on: ?cursor=",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.messages,
      name: "messages",
      title: "Messages of a session",
      description: "The same as JSON, a shorter page at a time; next and previous are cursors",
      mimeType: "application/json",
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.raw,
      name: "raw",
      title: "Transcript",
      description: "The stored rows, 256 KiB at a time; the cursor is the number of the first byte",
      mimeType: "application/jsonl",
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.subagent,
      name: "subagent",
      title: "Subagent of a session",
      description: "The conversation of a subagent",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
    {
      uriTemplate: TEMPLATES.project,
      name: "project",
      title: "Project",
      description: "The sessions of a project directory, the last active first",
      mimeType: MARKDOWN,
      complete: completeTemplate,
    },
  ],

  async list(cursor, { signal }, { store }) {
    const { sessions, nextCursor } = await store.page({ limit: LISTED, cursor, signal });
    return {
      resources: sessions.map(({ sessionId, summary, cwd, activity }) => ({
        uri: sessionUri(sessionId),
        name: sessionId,
        title: titleLine(summary),
        description: [timeText(activity), cwd === undefined ? undefined : plainLine(cwd)].filter(Boolean).join(" · "),
        mimeType: MARKDOWN,
      })),
      nextCursor,
    };
  },

  async read(uri, context, service) {
    const place = parseUri(uri);
    if (place === undefined) return undefined;
    try {
      return place.kind === "project"
        ? await readProject(uri, place, context, service)
        : await readOf(uri, place, context, service);
    } catch (error) {
      if (error instanceof TranscriptError && error.code === "SessionNotFound") return undefined;
      throw error;
    }
  },

  watch: watchResources,
};

function completeTemplate(variable: string, value: string, context: Context, service: Service) {
  if (variable === "id") return idsFrom(value, context, service);
  if (variable === "key") return projectKeysFrom(value, context, service);
  return Promise.resolve({ values: [], total: 0 });
}

async function readOf(
  uri: string,
  place: Exclude<Place, { kind: "project" }>,
  context: Context,
  service: Service,
): Promise<Contents | undefined> {
  const copy = await copyOf(place.session, service);
  const { cursor } = place;
  if (place.kind === "raw") return readRaw(service.store, copy, cursor, uri);
  const json = place.kind === "messages";
  const { readSession } = await import("./tools/read-session.ts");
  const { text } = await readSession.call(
    {
      session: copy.sessionId,
      cursor,
      maxTokens: json ? PAGE : LONG_PAGE,
      ...(place.kind === "subagent" && { agentId: place.agentId }),
      ...(json && { format: "json" }),
    },
    context,
    service,
  );
  return [{ uri, mimeType: json ? "application/json" : MARKDOWN, text }];
}

/** Throws `SessionNotFound`, and `ToolFailure` where several begin so. */
async function copyOf(session: string, { store }: Service): Promise<TranscriptCopy> {
  try {
    return await store.find(session);
  } catch (error) {
    if (!(error instanceof TranscriptError) || error.code !== "InvalidSessionId") throw error;
    throw new ToolFailure([error.message, error.hint].filter(Boolean).join(". "));
  }
}

async function readProject(
  uri: string,
  { key, cursor }: Extract<Place, { kind: "project" }>,
  context: Context,
  service: Service,
): Promise<Contents | undefined> {
  const { store } = service;
  const { projects } = await store.projects(context.signal);
  const project = projects.find((one) => one.key === key);
  if (project === undefined) return undefined;
  // The key of a path is a path of that key. Other directories, its worktrees for one, are other projects here.
  const dir = project.path ?? key;
  const page = await store.page({ dir, includeWorktrees: false, limit: LISTED, cursor, signal: context.signal });
  const facts = await rowFacts({ name: "project", dirs: [dir] }, context, service);
  const rows = page.sessions.map((session) => rowLine(sessionRow(session, facts)));
  const lines = [
    `# ${plainLine(dir)}`,
    quoted(rows.join("\n")),
    ...(page.nextCursor === undefined ? [] : [`Next page: ${projectUri(key)}?cursor=${page.nextCursor}`]),
  ];
  return [{ uri, mimeType: MARKDOWN, text: lines.join("\n\n") }];
}
