/**
 * A trash entry: `<configDir>/claude-transcripts/trash/<id>-<time>/`, with `manifest.json` and `files/`, in which every
 * item has the path it had in the config dir.
 *
 * The name of an entry is its state, changed by a rename: `<id>.deleting` (one per session; its manifest is on the disk
 * before anything is moved), then `<id>-<time>`, then `<id>-<time>.restoring` or `.removing` until it is gone.
 */
import { join, sep } from "node:path";
import { MANIFEST_BYTES } from "../../transcript/rows/limits.ts";
import { canBelong, isSubagentOf } from "../layout/belongs.ts";
import { createFile, replaceFile } from "../disk/atomic-write.ts";
import { isThere, statLink, type Stats } from "../disk/fs.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { isSessionId } from "../layout/session-id.ts";
import type { Belonging, BelongingKind } from "../projects/sidecars.ts";
import { membersOf } from "../../transcript/rows/json-values.ts";

/** All states except `complete` mean that a process is at work on the entry, or was killed at it. */
type TrashState = "deleting" | "complete" | "restoring" | "removing";

/** The path and state of a trash entry, which need not exist. */
export interface TrashPlace {
  readonly configDir: string;
  /** Name of the entry, as `restoreSession` and `emptyTrash` take it. */
  readonly id: string;
  readonly path: string;
  readonly sessionId: string;
  readonly state: TrashState;
}

/** An item that was moved to the trash, put back, or removed. */
export interface TrashedItem extends Belonging {
  readonly configDir: string;
}

/** Returns the total size of items, bytes. */
export const bytesOf = (items: readonly Pick<Belonging, "bytes">[]): number =>
  items.reduce((sum, { bytes }) => sum + bytes, 0);

/** An item of a version that was replaced (versions.ts). */
export interface VersionItem extends Belonging {
  /** Inode and size of the file that took its place. */
  readonly next?: { readonly ino: number; readonly bytes: number } | undefined;
}

export interface TrashManifest {
  readonly sessionId: string;
  /** Epoch ms. */
  readonly deletedAt: number;
  /** Title of the session in lists. */
  readonly summary: string | undefined;
  readonly items: readonly VersionItem[];
  /** Set if the session was not deleted: the items are what its files were before they were replaced (versions.ts). */
  readonly replacedBy?: ReplacedBy | undefined;
  /** Identifies this deletion in the names of items put aside (move.ts). Undefined in manifests of 0.1.0. */
  readonly token: string | undefined;
}

/** What replaced files of a session: a repair, or the restoration of an earlier version. */
export type ReplacedBy = "repair" | "restore";

const VERSION = 1;
const ENTRY_NAME = /^(.{36})(?:\.(deleting)|-[0-9]{8}T[0-9]{9}Z(?:-[0-9]+)?(?:\.(restoring|removing))?)$/s;

/** Returns the entry with a name in the trash; undefined for names that are not ours. */
export function trashPlace(configDir: string, name: string): TrashPlace | undefined {
  const [, sessionId, deleting, later] = ENTRY_NAME.exec(name) ?? [];
  if (!isSessionId(sessionId)) return undefined;
  const state = (deleting ?? later ?? "complete") as TrashState;
  return { configDir, id: name, path: join(trashPath(configDir), name), sessionId, state };
}

/** Returns the entry of a session that is being deleted. */
export function deletingPlace(configDir: string, sessionId: string): TrashPlace {
  return requirePlace(configDir, `${sessionId}.deleting`);
}

/** Returns the entry of a session deleted at a time (epoch ms); `nth` distinguishes deletions in one millisecond. */
export function completePlace(configDir: string, sessionId: string, deletedAt: number, nth = 1): TrashPlace {
  const time = new Date(deletedAt).toISOString().replace(/[-:.]/g, "");
  return requirePlace(configDir, `${sessionId}-${time}${nth > 1 ? `-${nth}` : ""}`);
}

/** Returns the entry in another state. */
export function placeAtWork(place: TrashPlace, state: "restoring" | "removing"): TrashPlace {
  return requirePlace(place.configDir, `${place.id.replace(/\.[a-z]+$/, "")}.${state}`);
}

function requirePlace(configDir: string, name: string): TrashPlace {
  const place = trashPlace(configDir, name);
  if (place === undefined) throw new Error(`Not the name of a trash entry: ${name}`);
  return place;
}

export const MANIFEST = "manifest.json";
const FILES = "files";
/** Returns the path of an item in its entry. */
export const itemInTrash = (place: TrashPlace, path: string): string => join(place.path, FILES, ...path.split("/"));

/**
 * Writes the manifest atomically; it is on the disk when this returns. Returns false if the entry already has one, which
 * stays. Throws, before anything is moved, if it would be too large to be read again.
 */
export function writeManifest(place: TrashPlace, manifest: TrashManifest): boolean {
  try {
    createFile(join(place.path, MANIFEST), manifestBytes(manifest));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Replaces the manifest of an entry atomically. Throws like `writeManifest`. */
export const rewriteManifest = (place: TrashPlace, manifest: TrashManifest): void =>
  replaceFile(join(place.path, MANIFEST), manifestBytes(manifest));

function manifestBytes(manifest: TrashManifest): Buffer {
  const { sessionId, summary, replacedBy, items, token } = manifest;
  const deletedAt = new Date(manifest.deletedAt).toISOString();
  const text = `${JSON.stringify({ version: VERSION, sessionId, deletedAt, summary, replacedBy, token, items }, null, 1)}\n`;
  const bytes = Buffer.from(text);
  if (bytes.length > MANIFEST_BYTES) {
    throw new TranscriptError(
      "Io",
      `Session ${sessionId} has ${items.length} files and directories, too many for the trash`,
      {
        hint: "Move some of them away, then try again.",
        data: { sessionId, items: items.length },
      },
    );
  }
  return bytes;
}

/** The manifest of an entry, or the reason why it cannot be restored. */
export type TrashReading =
  | { readonly manifest: TrashManifest; readonly problem?: undefined }
  | {
      readonly manifest?: undefined;
      /** End of a sentence about the entry: `its manifest.json is a link`. */
      readonly problem: string;
      /** `gone`: no entry has that name (any more). `empty`: it is a directory without a manifest. */
      readonly is: "gone" | "empty" | "bad";
    };

/** Reads an entry, which may be anything: follows no link, never blocks, and rejects items that no session can own. */
export function readEntry(place: TrashPlace): TrashReading {
  const bad = (problem: string): TrashReading => ({ problem, is: "bad" });
  const problem = directoryProblem(place.path);
  if (problem !== undefined) return bad(problem);
  const read = readPlain(join(place.path, MANIFEST), MANIFEST_BYTES);
  if (read === undefined) {
    if (!isThere(place.path)) return { problem: "it is not there", is: "gone" };
    return { problem: `it has no ${MANIFEST}`, is: "empty" };
  }
  if ("reason" in read) return bad(`its ${MANIFEST} ${read.reason}`);
  const manifest = parseManifest(read.text, place.sessionId);
  if (typeof manifest === "string") return bad(`its ${MANIFEST} ${manifest}`);
  const within = parentProblem(place, manifest);
  return within === undefined ? { manifest } : bad(within);
}

/** Returns the manifest of an entry; undefined if it has none, or if the entry cannot be used. */
export const readManifest = (place: TrashPlace): TrashManifest | undefined => readEntry(place).manifest;

/** Returns why a path is not a usable directory; undefined if it is one, or if nothing is there. */
function directoryProblem(path: string, name?: string): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statLink(path);
  } catch (error) {
    return `${name ?? "it"} cannot be examined (${errnoOf(error) ?? String(error)})`;
  }
  if (stats === undefined || stats.isDirectory()) return undefined;
  return `${name ?? "it"} is ${stats.isSymbolicLink() ? "a link" : "not a directory"}`;
}

/** Returns the first problem with the directories that hold an entry's items, such as a link. */
function parentProblem(place: TrashPlace, { items }: TrashManifest): string | undefined {
  const seen = new Set<string>();
  for (const { path } of items) {
    const names = [FILES, ...path.split("/").slice(0, -1)];
    for (let depth = 1; depth <= names.length; depth++) {
      const name = names.slice(0, depth).join("/");
      if (seen.has(name)) continue;
      seen.add(name);
      const problem = directoryProblem(join(place.path, ...names.slice(0, depth)), name);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** Returns the manifest, or why the text is not one, as the end of a sentence. */
function parseManifest(text: string, sessionId: string): TrashManifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null) return "is not a manifest";
  const { version, sessionId: named, deletedAt, summary, replacedBy, token, items } = value as Record<string, unknown>;
  if (version !== VERSION) return "has an unknown version";
  if (named !== sessionId) return "names another session";
  const time = typeof deletedAt === "string" && TIME.test(deletedAt) ? Date.parse(deletedAt) : NaN;
  if (Number.isNaN(time)) return "has no valid deletion time";
  if (summary !== undefined && typeof summary !== "string") return "has a summary that is not a string";
  if (token !== undefined && !(typeof token === "string" && TOKEN.test(token))) return "has an invalid token";
  if (replacedBy !== undefined && replacedBy !== "repair" && replacedBy !== "restore")
    return "says in an unknown way why it was replaced";
  if (!Array.isArray(items) || items.length === 0) return "has no valid list of items";
  const known: VersionItem[] = [];
  for (const item of items) {
    const read = readItem(item, sessionId, replacedBy !== undefined);
    if (typeof read === "string") return read;
    known.push(read);
  }
  if (new Set(known.map(({ path }) => path)).size < known.length) return "names an item twice";
  return { sessionId, deletedAt: time, summary: summary?.slice(0, SUMMARY_UNITS), replacedBy, token, items: known };
}

/** Maximum length of a title: more than anybody reads in a list. */
const SUMMARY_UNITS = 1000;
/** Output of `toISOString` for the years 0 to 9999, from which names are made. */
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const TOKEN = /^[0-9a-f]{8}$/;
const KINDS = new Set<unknown>(["transcript", "stub", "sidecars", "companion", "subagent", "leftover"]);

function readItem(value: unknown, sessionId: string, isVersion: boolean): VersionItem | string {
  const { path, kind, bytes, next } = membersOf(value);
  if (typeof path !== "string" || !KINDS.has(kind)) return "has no valid list of items";
  if (!isSize(bytes)) return "has an invalid size";
  const names = path.split("/");
  const isOwn = canBelong(names, sessionId) || (isVersion && isSubagentOf(names, sessionId));
  if (names.some((name) => NOT_A_NAME.test(name)) || !isOwn) return "names a path that no session owns";
  const { ino, bytes: nextBytes } = membersOf(next);
  const isKnown = isVersion && isSize(ino) && isSize(nextBytes);
  return { path, kind: kind as BelongingKind, bytes, ...(isKnown && { next: { ino, bytes: nextBytes } }) };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Matches what cannot be a name in an item's path: `.`, `..`, an empty name, and names with a separator or NUL. */
const NOT_A_NAME = sep === "\\" ? /^\.{0,2}$|[\\\0]/ : /^\.{0,2}$|\0/;
