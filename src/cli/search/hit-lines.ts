import { homedir } from "node:os";
import type { SessionHit } from "../../catalog/search/search-page.ts";
import type { MessageHit } from "../../catalog/search/session-hits.ts";
import { forkFirst } from "../../transcript/summary/list-title.ts";
import { projectLabel, projectName } from "../../view/project-name.ts";
import { shellWord } from "../../view/resume.ts";
import { printableLine } from "../../view/sanitise.ts";
import type { Terminal } from "../terminal/command.ts";
import { makeStyle, type Style } from "../terminal/style.ts";
import { relativeTime } from "../terminal/time.ts";
import { wrap } from "../terminal/wrap.ts";

interface HitOptions {
  readonly terminal: Terminal;
  readonly shortId: (sessionId: string) => string;
  /** Epoch ms. */
  readonly now: number;
}

/** Characters of a message id that are shown. */
export const ID_UNITS = 8;
const INDENT = "  ";

/** Returns the lines of one session: its id, time, title and project, then its matches. */
export function hitLines({ session, matches, more }: SessionHit, { terminal, shortId, now }: HitOptions): string[] {
  const style = makeStyle(terminal.colors);
  const project = projectLabel(projectName(session.cwd ?? session.projectKey, homedir(), undefined));
  const head = [
    style.place(shortId(session.sessionId)),
    style.dim(relativeTime(session.activity, now)),
    style.strong(printableLine(forkFirst(session.title)) || "(no title)"),
    style.dim(
      [project, session.gitBranch ?? ""]
        .map((text) => printableLine(text))
        .join(" ")
        .trim(),
    ),
  ];
  const lines = [head.filter((part) => part !== "").join("  ")];
  for (const match of matches) lines.push(...matchLines(match, { terminal, style }));
  if (more > 0) lines.push(`${INDENT}${style.dim(`${more} more ${more === 1 ? "place" : "places"}`)}`);
  return lines;
}

/**
 * Returns the arguments of the command that opens a match; undefined if no view shows it. The stored output of a tool, which
 * may be long, is found by its words; a title opens the whole conversation.
 */
export function openWords(
  { uuid, agentId, column, snippet, marks, storedIn, notShown }: OpenedMatch,
  session: string,
  configDirs: readonly string[] = [],
): string | undefined {
  if (notShown !== undefined) return undefined;
  const dirs = configDirs.map((dir) => ` --config-dir ${shellWord(dir)}`).join("");
  const show = `show ${session}${agentId === undefined ? "" : ` --subagent ${shellWord(agentId)}`}${dirs}`;
  if (column === "title") return show;
  if (uuid !== undefined && storedIn === undefined) return `${show} --around ${shellWord(uuid)}`;
  const words = marks.map(([from, to]) => `"${snippet.slice(from, to).replaceAll('"', " ")}"`);
  const query = [...new Set(words)].slice(0, FOUND_WORDS).join(" ");
  if (query === "") return uuid === undefined ? show : `${show} --around ${shellWord(uuid)}`;
  return `${show} --grep ${shellWord(query)}`;
}

type OpenedMatch = Pick<MessageHit, "uuid" | "agentId" | "column" | "snippet" | "marks" | "storedIn" | "notShown">;
/** Maximum number of different words that a stored output is found by. */
const FOUND_WORDS = 3;

function matchLines(match: MessageHit, { terminal, style }: { terminal: Terminal; style: Style }): string[] {
  const who = printableLine(
    match.tool ?? (match.column === "title" ? "title" : match.column === "thinking" ? "thinking" : match.role),
  );
  // A title is in no message.
  const id = ((match.column === "title" ? undefined : match.uuid) ?? "").slice(0, ID_UNITS).padEnd(ID_UNITS);
  const agent = match.agentId === undefined ? "" : ` (agent ${printableLine(match.agentId)})`;
  const copies = match.copies.length === 0 ? "" : ` (also in ${otherSessions(match)})`;
  const notShown = match.notShown === undefined ? "" : ` (${match.notShown}: not shown)`;
  const beginning = `${INDENT}${style.dim(id)} ${style.tool(who)}${agent}: `;
  return [`${beginning}${marked(match, style)}${style.dim(copies + notShown)}`].flatMap((line) =>
    terminal.colors ? [line] : wrap(line, terminal.isTty ? terminal.columns : Infinity),
  );
}

function otherSessions({ copies }: MessageHit): string {
  const { size } = new Set(copies.map(({ sessionId }) => sessionId));
  return size === 1 ? "1 other session" : `${size} other sessions`;
}

/** Returns a snippet with its matches emphasised. Each part is sanitised on its own, so that the marks stay in place. */
function marked({ snippet, marks, tool = "" }: MessageHit, style: Style): string {
  // The name of the tool is the first word of its input, and is shown before it.
  const [[first] = [snippet.length]] = marks;
  const isNamed = tool !== "" && snippet.startsWith(`${tool} `) && first > tool.length;
  let text = "";
  let at = isNamed ? tool.length + 1 : 0;
  for (const [from, to] of marks) {
    text += sanitised(snippet.slice(at, from)) + style.strong(sanitised(snippet.slice(from, to)));
    at = to;
  }
  return text + sanitised(snippet.slice(at));
}

/** Sanitises a part of a line, and keeps the spaces at its ends. */
function sanitised(text: string): string {
  const space = (at: number): string => (/\s/.test(text.charAt(at)) ? " " : "");
  const line = printableLine(text);
  return line === "" ? space(0) : space(0) + line.trim() + space(text.length - 1);
}
