/**
 * The only place where session ids and project keys become paths, in the layout of official-helpers.md §2. Anything but
 * a UUID and a plain name throws, so that no outside value escapes from a config dir.
 */
import { join, sep } from "node:path";
import { InvalidArgumentError } from "../errors.ts";
import { requireSessionId } from "./session-id.ts";
import type { ProjectDir } from "../types.ts";

/** `<configDir>/projects`: one directory for each project key. */
export const projectsPath = (configDir: string): string => join(configDir, "projects");

/** `<configDir>/projects/<key>`. */
export const projectDirPath = (configDir: string, key: string): string =>
  projectsPath(configDir) + sep + plainName(key);

/** Returns the project dir of a key, whether or not it exists. */
export function projectDir(configDir: string, key: string): ProjectDir {
  return { configDir, key, path: projectDirPath(configDir, key) };
}

/** `<id>.jsonl`: the name of a session's transcript. */
export const transcriptName = (sessionId: string): string => `${requireSessionId(sessionId)}.jsonl`;

/** `<project>/<id>.jsonl`. */
export function transcriptPath(project: ProjectDir, sessionId: string): string {
  return transcriptPathOf(project, requireSessionId(sessionId));
}

/** Like `transcriptPath`, for an id from `sessionIdOfFile`: not checked again, since a list makes ten thousand paths. */
export const transcriptPathOf = (project: ProjectDir, sessionId: string): string =>
  `${project.path}${sep}${sessionId}.jsonl`;

/** `<project>/<id>`: the directory of the session's other files. */
export const sidecarPath = (project: ProjectDir, sessionId: string): string =>
  project.path + sep + requireSessionId(sessionId);

/** `<project>/<id>/subagents`: one transcript for each subagent, in any depth. */
export const subagentsPath = (project: ProjectDir, sessionId: string): string =>
  sidecarPath(project, sessionId) + sep + "subagents";

/** `<project>/<id>/tool-results`: output of tools that was too long for its row, one file each. */
export const toolResultsPath = (project: ProjectDir, sessionId: string): string =>
  sidecarPath(project, sessionId) + sep + "tool-results";

/** Returns the path of a file in `toolResultsPath`; undefined if the name is not a plain file name. */
export function toolResultPath(project: ProjectDir, sessionId: string, name: string): string | undefined {
  const isName = name !== "" && name !== "." && name !== ".." && !NAME_ENDS.test(name) && name.length <= NAME_UNITS;
  return isName ? toolResultsPath(project, sessionId) + sep + name : undefined;
}

/** Maximum length of a file name on any system, bytes. */
const NAME_UNITS = 255;

/** `<project>/agent-<agent>.jsonl`, where older CLIs put subagents; undefined for an id that cannot be part of a name. */
export const oldSubagentPath = (project: ProjectDir, agentId: string): string | undefined =>
  NAME_ENDS.test(agentId) ? undefined : `${project.path}${sep}agent-${agentId}.jsonl`;

/** `<project>/<id>/custom-title.json`. */
export const customTitlePath = (project: ProjectDir, sessionId: string): string =>
  sidecarPath(project, sessionId) + sep + "custom-title.json";

/** `<project>/<id>/archived.json`. */
export const archivedMarkPath = (project: ProjectDir, sessionId: string): string =>
  sidecarPath(project, sessionId) + sep + "archived.json";

/** `<project>/<id>/claude-transcripts.json`: where the row with the tags and the description is. */
export const annotationPlacePath = (project: ProjectDir, sessionId: string): string =>
  sidecarPath(project, sessionId) + sep + "claude-transcripts.json";

/** `<configDir>/claude-transcripts`: what this program keeps there. */
export const ownDataPath = (configDir: string): string => join(configDir, "claude-transcripts");

/** `<configDir>/claude-transcripts/snapshot`: copies of sessions, unless another place is given. */
export const snapshotPath = (configDir: string): string => join(ownDataPath(configDir), "snapshot");

/** `<snapshot>/claude-transcripts-snapshot.json`: says of which config dir it is a snapshot. */
export const snapshotMarkPath = (snapshot: string): string => join(snapshot, "claude-transcripts-snapshot.json");

/** `<configDir>/claude-transcripts/trash`: deleted sessions. */
export const trashPath = (configDir: string): string => join(configDir, "claude-transcripts", "trash");

/** `<configDir>/claude-transcripts/cleanup-<day>`: a server has cleaned up on that day. */
export const cleanupStampPath = (configDir: string, day: string): string =>
  join(ownDataPath(configDir), `cleanup-${day}`);

/** `<configDir>/claude-transcripts/http-token`: the token by which clients of the HTTP server authenticate. */
export const serverTokenPath = (configDir: string): string => join(configDir, "claude-transcripts", "http-token");

/** `<configDir>/history.jsonl`: the prompts of all sessions. */
export const historyPath = (configDir: string): string => join(configDir, "history.jsonl");

/** `<configDir>/paste-cache/<hash>.txt`: a long text that was pasted into a prompt; undefined if that is no hash. */
export const pastePath = (configDir: string, hash: string): string | undefined =>
  /^[0-9a-f]{8,64}$/.test(hash) ? join(configDir, "paste-cache", `${hash}.txt`) : undefined;

/** `<configDir>/jobs`: background sessions. */
export const jobsPath = (configDir: string): string => join(configDir, "jobs");

/** `<configDir>/jobs/<first characters of the id>`: a session that runs, or ran, in the background. */
export const jobPath = (configDir: string, sessionId: string): string =>
  join(configDir, ...jobNames(requireSessionId(sessionId)));

/** The names in `jobPath` below the config dir. */
export const jobNames = (sessionId: string): readonly string[] => ["jobs", sessionId.slice(0, JOB_DIGITS)];
const JOB_DIGITS = 8;

/** `<configDir>/sessions`: one `<pid>.json` for each running CLI. */
export const pidFilesPath = (configDir: string): string => join(configDir, "sessions");

/** Path separators and NUL; on Windows also `:`, which begins the name of a stream. On POSIX a backslash is an ordinary character. */
const NAME_ENDS = sep === "\\" ? /[/\\:\0]/ : /[/\0]/;

/** Returns the name if it is a plain name of a directory entry; else throws. */
function plainName(name: string): string {
  if (name === "" || name === "." || name === ".." || NAME_ENDS.test(name)) {
    throw new InvalidArgumentError("projectKey", `Not a project key: ${JSON.stringify(name)}`);
  }
  return name;
}
