/** What the path of a file in a bundle may be. Whoever made the bundle may mean harm, or have had another file system. */
import { isOurOwnName } from "../store/disk/temp-file.ts";
import type { Platform } from "../store/disk/platform.ts";
import { OLD_SUBAGENT, canBelong, ownerOf } from "../store/layout/belongs.ts";
import { transcriptName } from "../store/layout/paths.ts";

/** Most bytes of a name, and of a path below a config dir, that file systems take. */
const NAME_BYTES = 255;
const PATH_BYTES = 2048;
/** Most names of a path: subagents of subagents are a few directories deep. */
const MAX_NAMES = 64;
/** C0, DEL and C1: no name of Claude Code's has them, and terminals obey them. */
const CONTROL = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Names of devices on Windows, whatever follows a dot; and what no name there may have. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const NOT_ON_WINDOWS = /[<>:"|?*]|[. ]$/;

/** Returns why no file can have a path, as the end of a sentence; undefined if it can. `path`: relative, with `/` between names. */
export function pathProblem(path: string, platform: Platform = process.platform): string | undefined {
  if (path === "") return "is empty";
  if (CONTROL.test(path)) return "has control characters";
  if (LONE_SURROGATE.test(path)) return "is not valid Unicode";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "is absolute";
  if (path.includes("\\")) return "has a backslash, which separates names on Windows";
  if (Buffer.byteLength(path) > PATH_BYTES) return `is longer than ${PATH_BYTES} bytes`;
  const names = path.split("/");
  if (names.length > MAX_NAMES) return `has more than ${MAX_NAMES} names in it`;
  for (const name of names) {
    if (name === "" || name === "." || name === "..") return `has the name ${shownPath(name)} in it`;
    if (Buffer.byteLength(name) > NAME_BYTES) return `has a name longer than ${NAME_BYTES} bytes`;
    if (isOurOwnName(name)) return "has a name that this program gives to unfinished files";
    if (platform === "win32" && (DEVICE.test(name) || NOT_ON_WINDOWS.test(name)))
      return `has the name ${shownPath(name)}, which Windows does not allow`;
  }
  return undefined;
}

/** Returns a path or a name as a message shows it. Whoever made it may have made it long. */
export const shownPath = (path: string): string => JSON.stringify(cutText(path));

/** Returns the beginning of a text that somebody else wrote. */
export const cutText = (text: string): string => (text.length > SHOWN_UNITS ? `${text.slice(0, SHOWN_UNITS)}…` : text);
const SHOWN_UNITS = 300;

/** Returns a path as file systems compare it that ignore case, and the form of letters with accents. */
const foldPath = (path: string): string => path.normalize("NFC").toLowerCase().normalize("NFC");

/**
 * Finds paths that some file system takes for the same, and files in the place of directories. Memory: the paths and the directories
 * above them.
 */
export class PathSet {
  readonly #files = new Map<string, string>();
  readonly #dirs = new Map<string, string>();

  /** Adds a path. Returns why it cannot be next to those added before, as the end of a sentence. */
  add(path: string): string | undefined {
    const folded = foldPath(path);
    const same = this.#files.get(folded);
    if (same === path) return "occurs twice";
    if (same !== undefined) return `has the name of ${same} where case does not count`;
    const below = this.#dirs.get(folded);
    if (below !== undefined) return `is a file, and ${below} is below it`;
    this.#files.set(folded, path);
    for (let at = folded.lastIndexOf("/"); at > 0; at = folded.lastIndexOf("/", at - 1)) {
      const dir = folded.slice(0, at);
      const file = this.#files.get(dir);
      if (file !== undefined) return `is below ${file}, which is a file`;
      if (this.#dirs.has(dir)) break;
      this.#dirs.set(dir, path);
    }
    return undefined;
  }
}

/** Reports whether a file can belong to a session, by its path below a config dir. */
export function isOwnPath(path: string, sessionId: string): boolean {
  const names = path.split("/");
  if (names[0] === "projects") {
    const [, key, name = ""] = names;
    if (key === undefined || names.length < 3) return false;
    if (name === transcriptName(sessionId) || OLD_SUBAGENT.test(name)) return names.length === 3;
    return ownerOf(names.slice(0, 3)) === sessionId && (names.length > 3 || name !== sessionId);
  }
  return [1, 2, 3].some((depth) => names.length >= depth && canBelong(names.slice(0, depth), sessionId));
}

/**
 * Directories of a config dir whose files come along. The others are about the machine: shells source `session-env`, `jobs` are
 * processes.
 */
const CARRIED = new Set(["projects", "file-history", "todos", "tasks", "uploads", "debug", "usage-data"]);

/** Returns why a file of a session is not imported; undefined if it is. */
export function reasonToLeave(path: string): string | undefined {
  const [top = ""] = path.split("/");
  return CARRIED.has(top) ? undefined : "is about the machine that it was made on";
}
