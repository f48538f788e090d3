import type { SessionStream } from "../../store/list/stream-sessions.ts";
import type { ListedSession } from "../../store/types.ts";

export interface TakingOptions {
  readonly limit: number;
  /** Archived sessions are passed over, and counted. */
  readonly hidesArchived: boolean;
  /** The same of those that a program started. */
  readonly hidesProgrammatic: boolean;
}

/** Takes sessions up to the limit, and counts what it passes over. */
export class Taking {
  count = 0;
  archivedLeftOut = 0;
  programmaticLeftOut = 0;
  readonly transcripts: number;
  readonly #stream: SessionStream;
  readonly #asked: TakingOptions;

  constructor(stream: SessionStream, asked: TakingOptions) {
    this.#stream = stream;
    this.#asked = asked;
    this.transcripts = stream.total;
  }

  skipped(): ReturnType<SessionStream["skipped"]> {
    return this.#stream.skipped();
  }

  async rows(most: number): Promise<ListedSession[]> {
    const rows: ListedSession[] = [];
    while (rows.length < most && this.count < this.#asked.limit) {
      const session = await this.#next();
      if (session === undefined) break;
      rows.push(session);
      this.count++;
    }
    return rows;
  }

  /** Whether the limit left some out. To be asked last: it takes one more. */
  async hasMore(): Promise<boolean> {
    return this.count >= this.#asked.limit && (await this.#next()) !== undefined;
  }

  async #next(): Promise<ListedSession | undefined> {
    for (;;) {
      const session = await this.#stream.next();
      if (session?.archived === true && this.#asked.hidesArchived) this.archivedLeftOut++;
      else if (session?.programmatic === true && this.#asked.hidesProgrammatic) this.programmaticLeftOut++;
      else return session;
    }
  }
}
