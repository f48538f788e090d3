import type { SessionStream } from "../../store/list/stream-sessions.ts";
import type { ListedSession } from "../../store/types.ts";

export interface LimitOptions {
  readonly limit: number;
  readonly hidesArchived: boolean;
  readonly hidesProgrammatic: boolean;
}

/** Reads sessions up to a limit, and counts those that it skips. */
export class LimitedSessions {
  count = 0;
  archivedLeftOut = 0;
  programmaticLeftOut = 0;
  readonly stream: SessionStream;
  readonly #options: LimitOptions;

  constructor(stream: SessionStream, options: LimitOptions) {
    this.stream = stream;
    this.#options = options;
  }

  async rows(max: number): Promise<ListedSession[]> {
    const rows: ListedSession[] = [];
    while (rows.length < max && this.count < this.#options.limit) {
      const session = await this.#next();
      if (session === undefined) break;
      rows.push(session);
      this.count++;
    }
    return rows;
  }

  /** Returns whether the limit left some out. Call it last: it takes one more. */
  async hasMore(): Promise<boolean> {
    return this.count >= this.#options.limit && (await this.#next()) !== undefined;
  }

  async #next(): Promise<ListedSession | undefined> {
    for (;;) {
      const session = await this.stream.next();
      if (session?.archived === true && this.#options.hidesArchived) this.archivedLeftOut++;
      else if (session?.programmatic === true && this.#options.hidesProgrammatic) this.programmaticLeftOut++;
      else return session;
    }
  }
}
