import { TranscriptError } from "../../store/errors.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { Context } from "../core/context.ts";
import { NoSuchSubagent } from "../sessions/find-subagent.ts";
import { notedLine } from "../../view/sanitise.ts";
import { quoted, titleLine } from "../core/quote.ts";
import { readRaw } from "./resources-raw.ts";
import type { Service } from "../core/service.ts";
import { programmaticNotes, rowFacts, rowLine, sessionRow, timeText } from "../sessions/session-line.ts";
import type { Tables } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";
import { MARKDOWN, parseUri, type Place, projectUri, sessionUri } from "../core/uri.ts";

type Resources = Tables["resources"];
type Contents = NonNullable<Awaited<ReturnType<Resources["read"]>>>;

/** Sessions of a list, and of a project. */
const LISTED = 50;
/** Tokens of a page: what read_session gives at most, and what it gives by itself. */
const LONG_PAGE = 20_000;
const PAGE = 8000;

/** The sessions, the last active first, a page at a time. */
export const listResources: Resources["list"] = async (cursor, { signal }, { store, options }) => {
  const { includeProgrammatic } = options;
  const page = await store.page({ limit: LISTED, cursor, shortCursor: true, includeProgrammatic, signal });
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

/** What stands at a URI; undefined where nothing does. */
export const readResource: Resources["read"] = async (uri, context, service) => {
  const place = parseUri(uri);
  if (place === undefined) return undefined;
  try {
    return place.kind === "project"
      ? await readProject(uri, place, context, service)
      : await readOf(uri, place, context, service);
  } catch (error) {
    if (error instanceof NoSuchSubagent) return undefined;
    if (!(error instanceof TranscriptError) || error.code !== "SessionNotFound") throw error;
    if (error.data["unreadable"] === undefined) return undefined;
    throw error;
  }
};

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
  const { readSession } = await import("../tools/read-session.ts");
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
  const { store, options } = service;
  const { includeProgrammatic } = options;
  const { projects } = await store.projects(context.signal);
  const project = projects.find((one) => one.key === key);
  if (project === undefined) return undefined;
  // The key of a path is a path of that key. Other directories, its worktrees for one, are other projects here.
  const dir = project.path ?? key;
  const filters = { dir, includeWorktrees: false, includeProgrammatic };
  const page = await store.page({ ...filters, limit: LISTED, cursor, shortCursor: true, signal: context.signal });
  const facts = await rowFacts(context, service);
  const rows = page.sessions.map((session) => rowLine(sessionRow(session, { name: "project", dirs: [dir] }, facts)));
  const lines = [
    `The sessions of a project directory, ${rows.length} on this page`,
    quoted([`# ${notedLine(dir)}`, "", ...rows].join("\n")),
    ...programmaticNotes(page.programmaticLeftOut, "not listed here"),
    ...(page.nextCursor === undefined ? [] : [`Next page: ${projectUri(key)}?cursor=${page.nextCursor}`]),
  ];
  return [{ uri, mimeType: MARKDOWN, text: lines.join("\n\n") }];
}
