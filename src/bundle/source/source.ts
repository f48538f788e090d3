/** What an import reads: sessions of another machine, in a directory or in a bundle that was unpacked for it. */
import { transcriptName } from "../../store/layout/paths.ts";
import type { Skipped } from "../../store/types.ts";

/** One file of a session. */
export interface SourceFile {
  /** Its path in a config dir, with `/` between names; checked. */
  readonly path: string;
  /** Bytes, as the manifest or the directory says. */
  readonly bytes: number;
  /** By the manifest, in hexadecimal; undefined without one. */
  readonly sha256: string | undefined;
  readonly mtimeMs: number;
  /** Opens it for reading. Throws file-system errors, and `Io` if it is no file any more, or a link is on the way to it. */
  open(): number;
  /** The path of an unpacked file, which belongs to the import and can be moved. */
  readonly unpackedAt?: string | undefined;
}

/** Where a session's repository was: how to find it on another machine. */
export interface SourceRepository {
  /** URL of its `origin`, without credentials. */
  readonly origin: string;
  /** The session's directory relative to the repository's root, with `/`; empty for the root itself. */
  readonly path: string;
}

export interface SourceSession {
  readonly sessionId: string;
  /** Its project dir on the other machine. */
  readonly projectKey: string;
  /** The directory it was in; undefined if nothing says so. */
  readonly cwd: string | undefined;
  readonly repository: SourceRepository | undefined;
  /** Whether a process on this machine has it open where it comes from. */
  readonly isInUse: boolean;
  /** What its source says of it that is not so, in sentences. */
  readonly notes: readonly string[];
  /** Its title in lists. */
  title(): string | undefined;
  /** Its files, those of older copies in other projects included. `skipped` receives what is left out, and why. */
  files(skipped: Skipped[]): readonly SourceFile[];
}

/** Returns the path of a session's transcript on the other machine. */
export const transcriptPathIn = ({ projectKey, sessionId }: Pick<SourceSession, "projectKey" | "sessionId">): string =>
  `projects/${projectKey}/${transcriptName(sessionId)}`;

export interface ImportSource {
  /** By id; each once. */
  readonly sessions: readonly SourceSession[];
  /** What belongs to no session, or could not be read. */
  readonly skipped: readonly Skipped[];
}
