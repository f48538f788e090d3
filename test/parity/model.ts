import { memo } from "./memo.ts";

/** What a generated store is, before it stands on a disk. Deviations look at this, and change it. */

export type Row = Record<string, unknown>;

/** A session's transcript: its lines without their newlines. */
export interface Transcript {
  readonly kind: "transcript";
  /** `projects/<key>/<id>.jsonl` below the config dir. */
  readonly path: string;
  readonly sessionId: string;
  readonly lines: readonly Buffer[];
  readonly finalNewline: boolean;
  /** Epoch ms. */
  readonly mtime: number;
}

export interface PlainFile {
  readonly kind: "file";
  readonly path: string;
  readonly bytes: Buffer;
  readonly mtime: number;
}

interface Directory {
  readonly kind: "dir";
  readonly path: string;
}

interface Link {
  readonly kind: "link";
  readonly path: string;
  /** As `symlink` takes it: relative to the link's own directory, or absolute. */
  readonly target: string;
}

export type Entry = Transcript | PlainFile | Directory | Link;

export interface Store {
  readonly seed: string;
  readonly entries: readonly Entry[];
  /** Project directories that calls may ask for. */
  readonly dirs: readonly string[];
  /** Ids that calls may ask for, those of no session included. */
  readonly ids: readonly string[];
}

const NEWLINE = Buffer.from("\n");

export const bytesOf = memo((transcript: Pick<Transcript, "lines" | "finalNewline">): Buffer => {
  const parts: Buffer[] = [];
  transcript.lines.forEach((line, i) => {
    parts.push(line);
    if (i < transcript.lines.length - 1 || transcript.finalNewline) parts.push(NEWLINE);
  });
  return Buffer.concat(parts);
});

export const line = (row: unknown): Buffer => Buffer.from(typeof row === "string" ? row : JSON.stringify(row));

/** The row of a line as `JSON.parse` sees it after blanks; undefined when the line is no JSON object. */
export const rowOf = memo((bytes: Buffer): Row | undefined => {
  let at = 0;
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at++;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", at));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : undefined;
  } catch {
    return undefined;
  }
});

export const transcriptsOf = (store: Store): Transcript[] =>
  store.entries.filter((entry) => entry.kind === "transcript");

export const projectOf = (path: string): string => path.split("/")[1] ?? "";

/** The store with each transcript put through `change`; undefined drops it. */
export function mapTranscripts(store: Store, change: (transcript: Transcript) => Transcript | undefined): Store {
  return {
    ...store,
    entries: store.entries.flatMap((entry): readonly Entry[] => {
      const changed = entry.kind === "transcript" ? change(entry) : entry;
      return changed === undefined ? [] : [changed];
    }),
  };
}

/** Project dirs that are links to directories of the config dir. */
export function linkedProjects(store: Store): { readonly path: string; readonly to: string }[] {
  return store.entries.flatMap((entry) => {
    if (entry.kind !== "link" || entry.path.split("/").length !== 2 || !entry.target.startsWith("../")) return [];
    return [{ path: entry.path, to: entry.target.slice(3) }];
  });
}
