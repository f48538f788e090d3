import { TranscriptError } from "../../store/errors.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import { editDistance } from "../../transcript/text/edit-distance.ts";
import { echoed, quoted, quotedLines, titleLine } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import { skippedNames } from "./session-line.ts";
import { ToolFailure } from "../core/tool.ts";

/** A session as a call named it. */
export interface Found {
  readonly copy: TranscriptCopy;
  /** By which it can be named again. */
  readonly shortId: string;
  /** From the transcript, as a model may see it: one line. Empty where nothing is known. */
  readonly title: string;
}

/** So many sessions are named where an id leads to none, or to several. */
const NAMED = 3;

/** Longer than an id, so that what is longer is none, and is not compared with all that there are. */
const ID_UNITS = 100;

/** The session whose id begins so. Throws `ToolFailure` with those that come closest where there is none, or no single one. */
export async function findSession(given: string, { store }: Pick<Service, "store">): Promise<Found> {
  const prefix = given.trim().slice(0, ID_UNITS);
  try {
    const copy = await store.find(prefix);
    const [shortIds, title] = await Promise.all([store.shortIds(), store.title(copy)]);
    return { copy, shortId: shortIds(copy.sessionId), title: titleLine(title) };
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    const several = error.code === "InvalidSessionId" ? error.data["candidates"] : undefined;
    const fitting = Array.isArray(several) ? several.filter((id) => typeof id === "string") : undefined;
    if (fitting === undefined && error.code !== "SessionNotFound") throw error;
    throw new ToolFailure(await whatElse(prefix, fitting, error, { store }));
  }
}

async function whatElse(
  prefix: string,
  fitting: readonly string[] | undefined,
  error: TranscriptError,
  { store }: Pick<Service, "store">,
): Promise<string> {
  const name = echoed(prefix);
  const lines = await describe(fitting ?? closestTo(prefix, await store.ids()), { store });
  const named = quoted(lines.join("\n"));
  if (fitting !== undefined) {
    const more = fitting.length > lines.length ? `, these and ${fitting.length - lines.length} more` : "";
    return `${fitting.length} sessions start with ${name}${more}. Give more characters of the id:\n${named}`;
  }
  const trashed = error.data["inTrash"] === true ? " One in the trash does: restore_session brings it back." : "";
  const words = /^[0-9a-f-]+$/i.test(prefix) ? "" : " An id has digits, letters a-f and dashes only.";
  const text = `No session starts with ${name}.${words}${trashed} list_sessions and search_sessions give ids.`;
  const found = lines.length === 0 ? `${text} There are no sessions at all.` : `${text} The closest:\n${named}`;
  return found + unreadableIn(error);
}

/** Where it may stand all the same. */
function unreadableIn({ data: { unreadable } }: TranscriptError): string {
  if (!Array.isArray(unreadable)) return "";
  return ["", ...quotedLines("It may stand where nothing can be read:", skippedNames(unreadable))].join("\n");
}

/** The first few that there are, a line each: a name in a project dir need not be that of a file. */
async function describe(ids: readonly string[], { store }: Pick<Service, "store">): Promise<string[]> {
  const shortIds = await store.shortIds();
  const lines: string[] = [];
  for (const id of ids) {
    if (lines.length === NAMED) break;
    const copy = await store.find(id).catch(() => undefined);
    if (copy === undefined) continue;
    const title = titleLine(await store.title(copy).catch(() => undefined));
    lines.push(title === "" ? shortIds(id) : `${shortIds(id)}  ${title}`);
  }
  return lines;
}

/** Those that are the same for longest come first, then those that take the fewest changes. */
function closestTo(given: string, ids: ReadonlySet<string>): string[] {
  const wanted = given.toLowerCase().slice(0, 36);
  return [...ids]
    .map((id) => ({ id, common: commonStart(wanted, id.toLowerCase()) }))
    .sort((a, b) => b.common - a.common)
    .slice(0, 200)
    .map((one) => ({ ...one, changes: editDistance(wanted, one.id.toLowerCase().slice(0, wanted.length)) }))
    .sort((a, b) => b.common - a.common || a.changes - b.changes || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

function commonStart(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}
