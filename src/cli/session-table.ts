import { homedir } from "node:os";
import type { ListedSession } from "../store/types.ts";
import { formatBytes } from "../view/size.ts";
import type { Column } from "./table.ts";
import { printable } from "./terminal.ts";
import { relativeTime } from "./time.ts";

const YELLOW = 33;
const GREEN = 32;
const CYAN = 36;
const DIM = 2;

/** The columns of a list of sessions; `sessionCells` gives the cells in this order. */
export const SESSION_COLUMNS: readonly Column[] = [
  { title: "ID", color: YELLOW },
  { title: "ACTIVE" },
  { title: "TITLE", least: 24, weight: 3 },
  { title: "PROJECT", least: 10, isPath: true, color: CYAN, dispensable: 1 },
  { title: "BRANCH", least: 8, color: GREEN, dispensable: 2 },
  { title: "SIZE", right: true, color: DIM, dispensable: 3 },
];

export function sessionCells(
  session: ListedSession,
  { shortId, now }: { readonly shortId: (id: string) => string; readonly now: number },
): string[] {
  const { sessionId, activity, summary, tag, archived, agentName, cwd, projectKey, gitBranch, fileSize } = session;
  const marks = [
    ...(tag ? [`#${printable(tag)}`] : []),
    ...(agentName === undefined ? [] : [`(agent ${printable(agentName)})`]),
    ...(archived ? ["(archived)"] : []),
  ];
  return [
    shortId(sessionId),
    relativeTime(activity, now),
    [printable(summary) || "(no title)", ...marks].join(" "),
    shortPath(printable(cwd ?? projectKey), homedir()),
    printable(gitBranch ?? ""),
    fileSize === undefined ? "" : formatBytes(fileSize),
  ];
}

/** `~/acme` for a directory below the home directory. */
function shortPath(path: string, home: string): string {
  if (path === home) return "~";
  const below = path.startsWith(home) && /^[/\\]/.test(path.slice(home.length));
  return below ? `~${path.slice(home.length)}` : path;
}
