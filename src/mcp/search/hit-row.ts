import * as z from "zod";
import type { SessionHit } from "../../catalog/search/search-page.ts";
import type { MessageHit } from "../../catalog/search/session-hits.ts";
import { splitPoint } from "../../transcript/text/surrogates.ts";
import { notedLine } from "../../view/sanitise.ts";
import { callText, nameText, OWN_MARK } from "../core/quote.ts";
import { INCLUDES } from "../reading/include.ts";
import { rowLine, type SessionRow, sessionRowSchema, timeText } from "../sessions/session-line.ts";

/** Arguments of a call of read_session. */
const readSchema = z.object({
  session: z.string(),
  agentId: z.string().optional(),
  around: z.string().optional(),
  find: z.string().optional(),
  include: z.array(z.enum(INCLUDES)).optional(),
});

const matchSchema = z.object({
  /** Shows the match; absent if nothing shows it. */
  read: readSchema.optional(),
  /** Why nothing shows it. */
  notShown: z.string().optional(),
  /** `user`, `assistant`, `note`, `thinking`, `title`, or `Bash input`, `Bash output`. */
  who: z.string(),
  time: z.string().optional(),
  /** The matching words are in guillemets, which Markdown and code rarely have. */
  snippet: z.string(),
  /** Sessions that have the same message: forks, and files of resumed sessions. */
  alsoIn: z.array(z.string()).optional(),
});

type Match = z.output<typeof matchSchema>;

/** A session in the answer to a search. */
export const hitSchema = sessionRowSchema.extend({
  /** The best first; none if the query has no words. */
  matches: z.array(matchSchema),
  /** Shows the session; present without matches. */
  read: readSchema.optional(),
  /** Number of further places. */
  more: z.number().optional(),
});

export type HitRow = z.output<typeof hitSchema>;

/** Maximum number of sessions named that have the same message. */
const MAX_COPIES = 5;
const TOOL_UNITS = 40;

/** Makes the row of a hit. `row`: that of its session. */
export function hitRow({ matches, more }: SessionHit, row: SessionRow, shortId: (id: string) => string): HitRow {
  const shown = matches.map((match) => matchRow(match, row.id, shortId));
  const read = shown.length === 0 ? { session: row.id } : undefined;
  return { ...row, matches: shown, more: more > 0 ? more : undefined, read };
}

function matchRow(match: MessageHit, session: string, shortId: (id: string) => string): Match {
  const { timestamp = "", copies, notShown } = match;
  const [agentId, around] = [plainId(match.agentId), plainId(match.uuid) ?? callOfFile(match.storedIn)];
  const include = includeOf(match);
  const others = [...new Set(copies.map(({ sessionId }) => shortId(sessionId)))];
  return {
    read:
      notShown === undefined
        ? {
            session,
            agentId,
            ...(around !== undefined && { around, find: textOf(match), include: include && [include] }),
          }
        : undefined,
    notShown,
    who: speakerOf(match),
    time: timeText(Date.parse(timestamp)),
    snippet: marked(match),
    alsoIn: others.length > 0 ? others.slice(0, MAX_COPIES) : undefined,
  };
}

/** Returns an id; undefined for one that Claude Code did not make, which could not be written into a call. */
const plainId = (id: string | undefined): string | undefined => (/^[\w-]{1,64}$/.test(id ?? "") ? id : undefined);

/** Returns the id of the call whose output is in a file of that name; undefined if the name does not say. */
const callOfFile = (file: string | undefined): string | undefined => /^(toolu_\w{1,100})\.\w+$/.exec(file ?? "")?.[1];

/** Place in an input or output from which on read_session leaves it out by default, UTF-16 units. */
const CUT = { input: 200, output: 1200 } as const;
/** Place in a message that may be on a further page. */
const FAR = 1200;
const FIND_UNITS = 40;

/** Returns what read_session leaves out or cuts by default, and the match is in. */
function includeOf({ column, role, at }: MessageHit): (typeof INCLUDES)[number] | undefined {
  if (column === "thinking") return "thinking";
  if (role === "system") return "system";
  return (column === "input" || column === "output") && at > CUT[column] ? `tool_${column}` : undefined;
}

/** Returns the words to look for in a long message. */
function textOf({ snippet, marks: [first], at }: MessageHit): string | undefined {
  if (first === undefined || at <= FAR) return undefined;
  const end = splitPoint(snippet, Math.max(first[1], first[0] + FIND_UNITS));
  return notedLine(snippet.slice(first[0], end).replace(/(?:…|\s\S*)$/, ""));
}

function speakerOf({ column, role, tool }: MessageHit): string {
  if (column === "input" || column === "output") {
    if (tool !== undefined) return `${nameText(tool, TOOL_UNITS)} ${column}`;
    return role === "assistant" ? `tool ${column}` : "note";
  }
  return column === "said" ? (role === "system" ? "note" : role) : column;
}

/** Returns the snippet with its matches in guillemets. Each part is sanitised on its own, so that the marks stay in place. */
function marked({ snippet, marks }: MessageHit): string {
  let text = "";
  let at = 0;
  for (const [from, to] of marks) {
    const found = notedLine(snippet.slice(from, to));
    text += spaced(snippet.slice(at, from)) + (found === "" ? "" : `«${found}»`);
    at = to;
  }
  return notedLine(text + spaced(snippet.slice(at)));
}

/** Sanitises a part of a line, and keeps the spaces at its ends. */
function spaced(text: string): string {
  const line = notedLine(text);
  return `${/^\s/.test(text) ? " " : ""}${line}${line !== "" && /\s$/.test(text) ? " " : ""}`;
}

/** Writes a hit as lines: its session, its matches, and how many more there are. */
export function hitLines({ matches, more = 0, read: whole, ...row }: HitRow): string {
  const lines = matches.map(({ read, notShown = "", who, time, snippet, alsoIn = [] }) => {
    const opened = read === undefined ? notShown : `read_session ${callText(read)}`;
    const also = alsoIn.length === 0 ? "" : `, also in ${alsoIn.join(", ")}`;
    return `${OWN_MARK} ${[who, time].filter(Boolean).join(" ")}${also}: ${opened}  ${snippet}`;
  });
  const rest = more === 0 ? [] : [`${OWN_MARK} ${more} more ${more === 1 ? "place" : "places"}`];
  const call = whole === undefined ? [] : [`${OWN_MARK} read_session ${callText(whole)}`];
  return [rowLine(row), ...call, ...lines, ...rest].join("\n");
}
