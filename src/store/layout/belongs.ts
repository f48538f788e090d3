/**
 * Decides which session an item in a config dir belongs to, for deletions, manifests in the trash, and `doctor`.
 *
 * Claude Code keeps items of a session in ever more places, each named by the session's id: `file-history/<id>/`,
 * `debug/<id>.txt`, `usage-data/facets/<id>.json`, `security_warnings_state_<id>.json`. So the name decides: at the top
 * of the config dir, one or two directories below it, and next to the transcript.
 */
import { jobNames, transcriptName } from "./paths.ts";
import { isOurOwnName } from "../disk/temp-file.ts";

/** A session id that is not part of a longer run of hexadecimal digits. */
const UUID = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/i;

/** Returns the first id in a name: `todos/<A>-agent-<B>.json` belongs to A. */
export const idIn = (name: string): string | undefined => UUID.exec(name)?.[0];

/** `agent-*.jsonl` next to a transcript: a subagent of an older CLI. Its rows, not its name, say which session it belongs to. */
export const OLD_SUBAGENT = /^agent-.*\.jsonl$/s;

/** Endings that people and their tools add to the name of a copy they keep. Such a copy is theirs, and stays. */
const KEPT_COPY = /(?:~|\.(?:bak|backup|copy|old|orig|save)(?:[-._]?[0-9][-._0-9a-z]*)?)$/i;

/** Names that the CLI gives to files while it compacts a transcript. */
const COMPACTED = /\.jsonl\.(?:compact\.tmp\.|superseded-)/;

/** Reports whether a name next to a transcript is that of somebody's copy: `<id>.jsonl.gz`, `copy-of-<id>.jsonl`. */
const isKeptTranscript = (name: string, id: string): boolean =>
  name.includes(".jsonl") && name !== transcriptName(id) && !COMPACTED.test(name);

/** Directories of a config dir whose contents belong to no session, or have a rule of their own. */
const NOT_LOOKED_INTO = new Set(["backups", "claude-transcripts", "projects"]);
/** Directories named like project dirs (`-home-me-shop`, `C--shop`): somebody's copy of `projects`. */
const PROJECT_KEY = /^(?:-|[a-z]--)/i;
const JOB = /^[0-9a-f]{8}$/i;

/** Reports whether items in a directory are named after sessions. `dirs`: its path below the config dir. */
export function holdsNamedThings(dirs: readonly string[]): boolean {
  const [top, next] = dirs;
  if (dirs.length > 2 || dirs.some((dir) => idIn(dir) !== undefined || KEPT_COPY.test(dir))) return false;
  if (top === undefined || NOT_LOOKED_INTO.has(top)) return top === undefined;
  return next === undefined || !(PROJECT_KEY.test(next) || (top === "jobs" && JOB.test(next)));
}

/** Returns the session that an item belongs to, by its path below the config dir; undefined if it has none. */
export function ownerOf(names: readonly string[]): string | undefined {
  const name = names.at(-1) ?? "";
  const id = idIn(name);
  if (id === undefined || KEPT_COPY.test(name) || isOurOwnName(name)) return undefined;
  if (names[0] !== "projects") return holdsNamedThings(names.slice(0, -1)) ? id : undefined;
  if (names.length !== 3 || OLD_SUBAGENT.test(name) || isKeptTranscript(name, id)) return undefined;
  return id;
}

/** Reports whether a session can own a path. `names`: the path below the config dir. */
export function canBelong(names: readonly string[], sessionId: string): boolean {
  if (ownerOf(names) === sessionId || names.join("/") === jobNames(sessionId).join("/")) return true;
  return names.length === 3 && names[0] === "projects" && OLD_SUBAGENT.test(names[2] ?? "");
}

/** Reports whether a path below the config dir is that of a subagent's transcript in `<id>/`. */
export const isSubagentOf = (names: readonly string[], sessionId: string): boolean =>
  names.length > 3 && names[0] === "projects" && names[2] === sessionId && OLD_SUBAGENT.test(names.at(-1) ?? "");
