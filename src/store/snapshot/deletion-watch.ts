import { statLink } from "../disk/fs.ts";
import { attempt } from "../errors.ts";
import { findCopies } from "../projects/find-copies.ts";
import { workerLookup } from "../trash/session-lock.ts";
import { trashPlaces } from "../trash/trash-entries.ts";
import type { Skipped } from "../types.ts";
import { isTranscriptFile, type SourceFile } from "./source-files.ts";

/**
 * Knows which sessions are deleted, restored or moved to another project while their files are listed and copied without their
 * lock. Ids are in lower case.
 */
export class DeletionWatch {
  readonly #configDir: string;
  /** Sessions whose deletion or restoration was at work, or had been cut short: their trash entry. */
  readonly #atWork = new Map<string, { readonly path: string; readonly sessionId: string }>();
  /** The listed transcripts of each session; none if only other files of it were listed. */
  readonly #transcripts = new Map<string, string[]>();

  constructor(configDir: string) {
    this.#configDir = configDir;
  }

  /** Looks which deletions are at work. To be called before and after files are listed. */
  look(): void {
    // A trash that cannot be read has no deletions either.
    for (const { path, sessionId, state } of attempt(() => trashPlaces(this.#configDir)) ?? []) {
      if (state === "deleting" || state === "restoring") this.#atWork.set(sessionId.toLowerCase(), { path, sessionId });
    }
  }

  /** Takes note of a listed file. */
  saw(file: SourceFile): void {
    if (file.owner === undefined) return;
    const transcripts = this.#transcripts.get(file.owner) ?? [];
    this.#transcripts.set(file.owner, transcripts);
    if (isTranscriptFile(file)) transcripts.push(file.path);
  }

  /** Returns the listed sessions of which a deletion, or a restoration, had the transcript. */
  *inTheMiddle(): Generator<Skipped & { readonly owner: string }> {
    const workOn = workerLookup(this.#configDir);
    for (const [owner, { path, sessionId }] of this.#atWork) {
      if (this.#transcripts.get(owner)?.length !== 0) continue;
      const work = workOn(owner) ?? "its deletion was interrupted: delete or restore it";
      yield { owner, path, reason: `session ${sessionId} is not copied: ${work}` };
    }
  }

  /** Forgets the files of a session, which are listed again. */
  forget(owner: string): void {
    this.#transcripts.delete(owner);
  }

  /**
   * Reports whether a session has more than was listed: files have gone, or it had no transcript, but it has one now.
   * `gone`: how many of its files.
   */
  hasMore(owner: string, gone: number): boolean {
    return (gone > 0 || this.#listed(owner).length === 0) && this.isThere(owner);
  }

  /** Reports whether a session has a transcript now. */
  isThere(owner: string): boolean {
    // What lists follow and snapshots do not is no file of the session.
    const isFile = (path: string): boolean => attempt(() => statLink(path))?.isFile() === true;
    return (
      this.#listed(owner).some(isFile) ||
      findCopies(owner, { configDirs: [this.#configDir] }).some(({ path }) => isFile(path))
    );
  }

  #listed(owner: string): readonly string[] {
    return this.#transcripts.get(owner) ?? [];
  }
}
