import { TranscriptError } from "../../store/errors.ts";
import type { Context } from "../core/context.ts";
import { NoSuchSubagent } from "../sessions/find-subagent.ts";
import { notedLine } from "../../view/sanitise.ts";
import { quoted, titleLine } from "../core/quote.ts";
import { readRaw } from "./resources-raw.ts";
import { programmaticNotes, rowFacts, rowLine, sessionRow, timeText } from "../sessions/session-line.ts";
import type { Resources } from "../core/server-definition.ts";
import { MARKDOWN, parseUri, type ParsedUri, projectUri, sessionUri } from "../core/uri.ts";

type Contents = NonNullable<Awaited<ReturnType<Resources["read"]>>>;

/** Sessions on a page of a list, and of a project. */
const PAGE_SESSIONS = 50;
/** Tokens of a page: the maximum of read_session for Markdown, its default for JSON. */
const MARKDOWN_TOKENS = 20_000;
const JSON_TOKENS = 8000;

/** Lists the sessions, most recently active first. */
export const listResources: Resources["list"] = async (cursor, { signal, store, options }) => {
  const { includeProgrammatic } = options;
  const page = await store.page({ limit: PAGE_SESSIONS, cursor, shortCursor: true, includeProgrammatic, signal });
  const { sessions, nextCursor, programmaticLeftOut } = page;
  return {
    resources: sessions.map(({ sessionId, title, cwd, activity }) => ({
      uri: sessionUri(sessionId),
      name: sessionId,
      title: titleLine(title),
      description: [timeText(activity), cwd === undefined ? undefined : notedLine(cwd)].filter(Boolean).join(" · "),
      mimeType: MARKDOWN,
    })),
    nextCursor,
    ...(programmaticLeftOut > 0 && { _meta: { "claude-transcripts": { programmaticLeftOut } } }),
  };
};

/** Reads the resource of a URI; undefined if there is none. */
export const readResource: Resources["read"] = async (uri, context) => {
  const parsed = parseUri(uri);
  if (parsed === undefined) return undefined;
  try {
    return parsed.kind === "project"
      ? await readProject(uri, parsed, context)
      : await readSession(uri, parsed, context);
  } catch (error) {
    if (error instanceof NoSuchSubagent) return undefined;
    const missing = error instanceof TranscriptError && error.code === "SessionNotFound";
    if (missing && error.data["unreadable"] === undefined) return undefined;
    throw error;
  }
};

async function readSession(
  uri: string,
  parsed: Exclude<ParsedUri, { kind: "project" }>,
  context: Context,
): Promise<Contents | undefined> {
  const copy = await context.store.find(parsed.session);
  const { cursor } = parsed;
  if (parsed.kind === "raw") return readRaw(context.store, copy, cursor, uri);
  const json = parsed.kind === "messages";
  const tool = await import("../tools/read-session.ts");
  const { text } = await tool.readSession.call(
    {
      session: copy.sessionId,
      cursor,
      maxTokens: json ? JSON_TOKENS : MARKDOWN_TOKENS,
      ...(parsed.kind === "subagent" && { agentId: parsed.agentId }),
      ...(json && { format: "json" }),
    },
    context,
  );
  return [{ uri, mimeType: json ? "application/json" : MARKDOWN, text }];
}

async function readProject(
  uri: string,
  { key, cursor }: Extract<ParsedUri, { kind: "project" }>,
  context: Context,
): Promise<Contents | undefined> {
  const { store, signal } = context;
  const { includeProgrammatic } = context.options;
  const { projects } = await store.projects(signal);
  const project = projects.find((one) => one.key === key);
  if (project === undefined) return undefined;
  // A key used as a path has itself as its key. Worktrees are projects of their own here.
  const dir = project.path ?? key;
  const filters = { dir, includeWorktrees: false, includeProgrammatic };
  const page = await store.page({ ...filters, limit: PAGE_SESSIONS, cursor, shortCursor: true, signal });
  const facts = await rowFacts(context);
  const rows = page.sessions.map((session) => rowLine(sessionRow(session, { name: "project", dirs: [dir] }, facts)));
  const lines = [
    `The sessions of a project directory, ${rows.length} on this page`,
    quoted([`# ${notedLine(dir)}`, "", ...rows].join("\n")),
    ...programmaticNotes(page.programmaticLeftOut, "not listed here"),
    ...(page.nextCursor === undefined ? [] : [`Next page: ${projectUri(key)}?cursor=${page.nextCursor}`]),
  ];
  return [{ uri, mimeType: MARKDOWN, text: lines.join("\n\n") }];
}
