/**
 * An entry of the trash: `<configDir>/claude-transcripts/trash/<id>-<time>/`, with `manifest.json` and `files/`, in
 * which everything lies under the path it had in the config dir.
 *
 * The name of the entry says how far things are, and a rename changes it, so that of two processes one has it:
 * `<id>.deleting` (of which there can be one; its manifest is on the disk before anything is moved), then `<id>-<time>`,
 * then `<id>-<time>.restoring` or `.removing` until it is gone.
 */
import { basename, join, sep } from "node:path";
import { canBelong } from "./belongs.ts";
import { createTemp, discardTemp, publishNew } from "./durable.ts";
import { statFile, writeAll } from "./disk.ts";
import { errnoOf } from "./errors.ts";
import { trashPath } from "./paths.ts";
import { readSmall } from "./read-small.ts";
import { isSessionId } from "./session-id.ts";
import type { Belonging, BelongingKind } from "./sidecars.ts";

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

const manifestPath = (place: TrashPlace): string => join(place.path, "manifest.json");
/** Where an item lies in its entry. */
export const itemInTrash = (place: TrashPlace, path: string): string => join(place.path, "files", ...path.split("/"));

/** Writes the manifest, whole and on the disk when this returns. False when the entry has one already, which stands. */
export function writeManifest(place: TrashPlace, manifest: TrashManifest): boolean {
  const { sessionId, summary, items } = manifest;
  const deletedAt = new Date(manifest.deletedAt).toISOString();
  const text = `${JSON.stringify({ version: VERSION, sessionId, deletedAt, summary, items }, null, 1)}\n`;
  const path = manifestPath(place);
  const temp = createTemp(place.path, basename(path));
  try {
    writeAll(temp.fd, Buffer.from(text));
    publishNew(temp, path);
    return true;
  } catch (error) {
    discardTemp(temp);
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The manifest of an entry; undefined when it has none, or one that is not ours or that names other things than ours. */
export function readManifest(place: TrashPlace): TrashManifest | undefined {
  const path = manifestPath(place);
  const size = statFile(path)?.size;
  const text = size === undefined ? undefined : readSmall(path, size);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { deletedAt, summary, items } = fields;
  const time = typeof deletedAt === "string" ? Date.parse(deletedAt) : NaN;
  if (fields["version"] !== VERSION || fields["sessionId"] !== place.sessionId || Number.isNaN(time)) return undefined;
  if (!Array.isArray(items)) return undefined;
  const known = items.map((item) => readItem(item, place.sessionId));
  if (!known.every((item) => item !== undefined)) return undefined;
  return {
    sessionId: place.sessionId,
    deletedAt: time,
    summary: typeof summary === "string" ? summary : undefined,
    items: known,
  };
}

const KINDS = new Set<unknown>(["transcript", "stub", "sidecars", "companion", "subagent", "leftover"]);

function readItem(value: unknown, sessionId: string): Belonging | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { path, kind, bytes } = value as Record<string, unknown>;
  if (typeof path !== "string" || typeof bytes !== "number" || !KINDS.has(kind)) return undefined;
  const names = path.split("/");
  return !names.some((name) => NO_NAME.test(name)) && canBelong(names, sessionId)
    ? { path, kind: kind as BelongingKind, bytes }
    : undefined;
}

/** What ends a name in a path, or is no name: no part of an item's path. */
const NO_NAME = sep === "\\" ? /^\.{0,2}$|[\\\0]/ : /^\.{0,2}$|\0/;
