import type { Database, Statement } from "../engine/sqlite.ts";

/** Names that are kept while a refresh runs. */
const KEPT = 20_000;

/** Interns models, branches, variants, tools and paths as numbers. */
export class Names {
  readonly #find: Statement;
  readonly #add: Statement;
  #known = new Map<string, number>();

  constructor(database: Database) {
    this.#find = database.prepare("SELECT id FROM name WHERE text = ?");
    this.#add = database.prepare("INSERT INTO name(text) VALUES (?)");
  }

  /** Returns the number of a name, and adds it if it is new. */
  of(text: string): number {
    let id = this.#known.get(text);
    if (id === undefined) {
      let row = this.#find.get(text);
      if (row === undefined) {
        this.#add.run(text);
        row = this.#find.get(text);
      }
      id = Number(row?.["id"]);
      if (this.#known.size >= KEPT) this.#known.clear();
      this.#known.set(text, id);
    }
    return id;
  }

  /** Forgets all names: those of a transaction that was rolled back have no number. */
  forget(): void {
    this.#known.clear();
  }
}
