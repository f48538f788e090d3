/**
 * Which session a thing in a config dir belongs to: the one that it is named after. One rule for what a deletion takes,
 * for what a manifest in the trash may name, and for what `doctor` finds to belong to no session.
 *
 * Claude Code keeps what goes with a session in ever more places, each named by the session's id: `file-history/<id>/`,
 * `debug/<id>.txt`, `usage-data/facets/<id>.json`, `security_warnings_state_<id>.json`. So places are not listed here.
 * What counts is the name: at the top of the config dir, in a directory there, in a directory of such a directory, and
 * beside the transcript.
 */
import { jobNames, transcriptName } from "./paths.ts";
import { isOurOwnName } from "../disk/temp-file.ts";

/** A longer row of hexadecimal digits is another name. */
const UUID = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/i;

/** The first id in a name: `todos/<A>-agent-<B>.json` belongs to A. */
export const idIn = (name: string): string | undefined => UUID.exec(name)?.[0];

/** `agent-*.jsonl` beside a transcript: a subagent of an older CLI. Its rows say whose it is, its name does not. */
export const OLD_SUBAGENT = /^agent-.*\.jsonl$/s;

/** What people and their tools add to the name of a file that they keep. Such a copy is theirs, and stays. */
const KEPT_COPY = /(?:~|\.(?:bak|backup|copy|old|orig|save)(?:[-._]?[0-9][-._0-9a-z]*)?)$/i;

/** What the CLI makes of a transcript that it compacts. */
const COMPACTED = /\.jsonl\.(?:compact\.tmp\.|superseded-)/;

/** Whether a name beside a transcript is that of a copy that somebody made: `<id>.jsonl.gz`, `copy-of-<id>.jsonl`. */
const isKeptTranscript = (name: string, id: string): boolean =>
  name.includes(".jsonl") && name !== transcriptName(id) && !COMPACTED.test(name);

/** Directories of a config dir that hold what belongs to nobody in particular, or what has a rule of its own. */
const NOT_LOOKED_INTO = new Set(["backups", "claude-transcripts", "projects"]);
/** Directories of the transcripts' own form (`-home-me-shop`, `C--shop`): somebody's copy of `projects`. */
const PROJECT_KEY = /^(?:-|[a-z]--)/i;
const JOB = /^[0-9a-f]{8}$/i;

/**
 * Whether things in a directory are named after sessions. `dirs`: its names from the config dir on. What lies in the
 * directory of a session goes with that directory.
 */
export function holdsNamedThings(dirs: readonly string[]): boolean {
  const [top, next] = dirs;
  if (dirs.length > 2 || dirs.some((dir) => idIn(dir) !== undefined || KEPT_COPY.test(dir))) return false;
  if (top === undefined || NOT_LOOKED_INTO.has(top)) return top === undefined;
  return next === undefined || !(PROJECT_KEY.test(next) || (top === "jobs" && JOB.test(next)));
}

/** The session that a thing belongs to, by its path: names from the config dir on. Undefined for what has none. */
export function ownerOf(names: readonly string[]): string | undefined {
  const name = names.at(-1) ?? "";
  const id = idIn(name);
  if (id === undefined || KEPT_COPY.test(name) || isOurOwnName(name)) return undefined;
  if (names[0] !== "projects") return holdsNamedThings(names.slice(0, -1)) ? id : undefined;
  if (names.length !== 3 || OLD_SUBAGENT.test(name) || isKeptTranscript(name, id)) return undefined;
  return id;
}

/** Whether a path is one that a session can own; `names` from the config dir on. */
export function canBelong(names: readonly string[], sessionId: string): boolean {
  if (ownerOf(names) === sessionId || names.join("/") === jobNames(sessionId).join("/")) return true;
  return names.length === 3 && names[0] === "projects" && OLD_SUBAGENT.test(names[2] ?? "");
}
