/**
 * An entry of the trash: `<configDir>/claude-transcripts/trash/<id>-<time>/`, with `manifest.json` and `files/`, in
 * which everything lies under the path it had in the config dir.
 *
 * The name of the entry says how far things are, and a rename changes it, so that a kill leaves one state or the next:
 * `<id>.deleting` (of which there can be one; its manifest is on the disk before anything is moved), then `<id>-<time>`,
 * then `<id>-<time>.restoring` or `.removing` until it is gone.
 */
import { join, sep } from "node:path";
import { MANIFEST_BYTES } from "../../transcript/rows/limits.ts";
import { canBelong } from "../layout/belongs.ts";
import { createFile } from "../disk/atomic-write.ts";
import { statLink, type Stats } from "../disk/fs.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { isSessionId } from "../layout/session-id.ts";
import type { Belonging, BelongingKind } from "../projects/sidecars.ts";
import { membersOf } from "../../transcript/rows/json-values.ts";

/** `complete` is the one that waits; the others are at work, or were killed at it. */
type TrashState = "deleting" | "complete" | "restoring" | "removing";

/** A place in the trash. */
export interface TrashPlace {
  readonly configDir: string;
  /** The name of the entry: what `restoreSession` and `emptyTrash` take. */
  readonly id: string;
  readonly path: string;
  readonly sessionId: string;
  readonly state: TrashState;
}

/** A thing that was moved into the trash, put back, or removed. */
export interface TrashedItem extends Belonging {
  readonly configDir: string;
}

export interface TrashManifest {
  readonly sessionId: string;
  /** Epoch ms. */
  readonly deletedAt: number;
  /** What a list showed of the session. */
  readonly summary: string | undefined;
  readonly items: readonly Belonging[];
  /**
   * What makes the names of what is put aside (move.ts) the names of this deletion. Undefined in the manifests of 0.1.0,
   * which put nothing aside.
   */
  readonly token: string | undefined;
}

const VERSION = 1;
const ENTRY_NAME = /^(.{36})(?:\.(deleting)|-[0-9]{8}T[0-9]{9}Z(?:-[0-9]+)?(?:\.(restoring|removing))?)$/s;

/** The entry that a name in the trash stands for; undefined for what is not ours. */
export function trashPlace(configDir: string, name: string): TrashPlace | undefined {
  const [, sessionId, deleting, later] = ENTRY_NAME.exec(name) ?? [];
  if (!isSessionId(sessionId)) return undefined;
  const state = (deleting ?? later ?? "complete") as TrashState;
  return { configDir, id: name, path: join(trashPath(configDir), name), sessionId, state };
}

/** The entry under which a session is being deleted. */
export function deletingPlace(configDir: string, sessionId: string): TrashPlace {
  return requirePlace(configDir, `${sessionId}.deleting`);
}

/** The entry of a session that was deleted at a time (epoch ms); `nth` tells those of one millisecond apart. */
export function completePlace(configDir: string, sessionId: string, deletedAt: number, nth = 1): TrashPlace {
  const time = new Date(deletedAt).toISOString().replace(/[-:.]/g, "");
  return requirePlace(configDir, `${sessionId}-${time}${nth > 1 ? `-${nth}` : ""}`);
}

/** The same entry at work. */
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
/** Where an item lies in its entry. */
export const itemInTrash = (place: TrashPlace, path: string): string => join(place.path, FILES, ...path.split("/"));

/**
 * Writes the manifest, whole and on the disk when this returns. False when the entry has one already, which stands. One that
 * would be too large to be read again is refused, before anything is moved.
 */
export function writeManifest(place: TrashPlace, manifest: TrashManifest): boolean {
  const { sessionId, summary, items, token } = manifest;
  const deletedAt = new Date(manifest.deletedAt).toISOString();
  const text = `${JSON.stringify({ version: VERSION, sessionId, deletedAt, summary, token, items }, null, 1)}\n`;
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
  const path = join(place.path, MANIFEST);
  try {
    createFile(path, bytes);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** An entry as it lies there: what its manifest says, or why it cannot be restored. */
export type TrashReading =
  | { readonly manifest: TrashManifest; readonly problem?: undefined }
  | {
      readonly manifest?: undefined;
      /** Completes a sentence that begins with the entry: `its manifest.json is a link`. */
      readonly problem: string;
      /** `gone`: there is no entry of that name (any more). `empty`: it is a directory without a manifest. */
      readonly is: "gone" | "empty" | "bad";
    };

/**
 * Reads an entry. The trash may hold anything: nothing in it is followed, opened that would block, or believed that a
 * session cannot own. Never throws; reads only.
 */
export function readEntry(place: TrashPlace): TrashReading {
  const bad = (problem: string): TrashReading => ({ problem, is: "bad" });
  const odd = oddDirectory(place.path);
  if (odd !== undefined) return bad(odd);
  const read = readPlain(join(place.path, MANIFEST), MANIFEST_BYTES);
  if (read === undefined) {
    if (statLink(place.path) === undefined) return { problem: "it is not there", is: "gone" };
    return { problem: `it has no ${MANIFEST}`, is: "empty" };
  }
  if ("reason" in read) return bad(`its ${MANIFEST} ${read.reason}`);
  const manifest = parseManifest(read.text, place.sessionId);
  if (typeof manifest === "string") return bad(`its ${MANIFEST} ${manifest}`);
  const within = oddParent(place, manifest);
  return within === undefined ? { manifest } : bad(within);
}

/** The manifest of an entry; undefined when it has none, or when the entry cannot be used. */
export const readManifest = (place: TrashPlace): TrashManifest | undefined => readEntry(place).manifest;

/** Why a path is not a directory that can be gone into; undefined when it is one, or when nothing is there. */
function oddDirectory(path: string, name?: string): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statLink(path);
  } catch (error) {
    return `${name ?? "it"} cannot be looked at (${errnoOf(error) ?? String(error)})`;
  }
  if (stats === undefined || stats.isDirectory()) return undefined;
  return `${name ?? "it"} is ${stats.isSymbolicLink() ? "a link" : "not a directory"}`;
}

/** What in the entry leads elsewhere, of the directories in which its items lie. */
function oddParent(place: TrashPlace, { items }: TrashManifest): string | undefined {
  const seen = new Set<string>();
  for (const { path } of items) {
    const names = [FILES, ...path.split("/").slice(0, -1)];
    for (let depth = 1; depth <= names.length; depth++) {
      const name = names.slice(0, depth).join("/");
      if (seen.has(name)) continue;
      seen.add(name);
      const odd = oddDirectory(join(place.path, ...names.slice(0, depth)), name);
      if (odd !== undefined) return odd;
    }
  }
  return undefined;
}

/** A manifest, or why it is none: the end of a sentence. */
function parseManifest(text: string, sessionId: string): TrashManifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  if (typeof value !== "object" || value === null) return "is not a manifest";
  const { version, sessionId: named, deletedAt, summary, token, items } = value as Record<string, unknown>;
  if (version !== VERSION) return "is of another version";
  if (named !== sessionId) return "names another session";
  const time = typeof deletedAt === "string" && TIME.test(deletedAt) ? Date.parse(deletedAt) : NaN;
  if (Number.isNaN(time)) return "does not say when";
  if (summary !== undefined && typeof summary !== "string") return "has a summary that is not a text";
  if (token !== undefined && !(typeof token === "string" && TOKEN.test(token))) return "has a token that is not one";
  if (!Array.isArray(items) || items.length === 0) return "does not say what was deleted";
  const known: Belonging[] = [];
  for (const item of items) {
    const read = readItem(item, sessionId);
    if (typeof read === "string") return read;
    known.push(read);
  }
  if (new Set(known.map(({ path }) => path)).size < known.length) return "names something twice";
  return { sessionId, deletedAt: time, summary: summary?.slice(0, SUMMARY_UNITS), token, items: known };
}

/** More than anybody reads of a title in a list. */
const SUMMARY_UNITS = 1000;
/** As `toISOString` writes it, of the years 0 to 9999, of which names are made. */
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const TOKEN = /^[0-9a-f]{8}$/;
const KINDS = new Set<unknown>(["transcript", "stub", "sidecars", "companion", "subagent", "leftover"]);

function readItem(value: unknown, sessionId: string): Belonging | string {
  const { path, kind, bytes } = membersOf(value);
  if (typeof path !== "string" || !KINDS.has(kind)) return "does not say what was deleted";
  if (!isSize(bytes)) return "names a size that nothing has";
  const names = path.split("/");
  if (names.some((name) => NO_NAME.test(name)) || !canBelong(names, sessionId)) return "names what no session owns";
  return { path, kind: kind as BelongingKind, bytes };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What ends a name in a path, or is no name: no part of an item's path. */
const NO_NAME = sep === "\\" ? /^\.{0,2}$|[\\\0]/ : /^\.{0,2}$|\0/;
