import type { Database, Statement } from "../engine/sqlite.ts";
import type { Charge } from "../extract/extracted.ts";
import type { Names } from "./names.ts";

/** Seconds of a slot of `spend`. */
const SLOT_SECONDS = 900;
/** Input tokens of one request, caches included, above which the prices of long requests hold. */
const LONG_INPUT = 200_000;

/** Columns of `charge` that are summed. */
const SUMMED = ["input", "output", "w5", "w1h", "read", "web", "lower"] as const;

/**
 * A request is charged once, whichever files repeat it: to the session that began first, then to the one with the smaller
 * id, then to the file that was found first. The expression is true for the row `c` that counts.
 */
const COUNTS = `NOT EXISTS (SELECT 1 FROM charge c2 JOIN file f2 ON f2.id = c2.file JOIN session s2 ON s2.id = f2.session
  WHERE c2.key = c.key AND c2.file <> c.file
    AND (coalesce(s2.created, 9e15), s2.uuid, f2.id) < (coalesce(s.created, 9e15), s.uuid, f.id))`;

/** Keeps `charge`, and with it `spend`: the sums of one session. */
export class Spend {
  readonly #names: Names;
  readonly #same: Statement;
  readonly #put: Statement;
  readonly #add: Statement;
  readonly #sessionOf: Statement;
  readonly #sharing: Statement;
  readonly #clear: Statement;
  readonly #clearEmpty: Statement;
  readonly #sum: Statement;
  /** Sums to add, by the primary key of `spend`. */
  readonly #pending = new Map<string, number[]>();
  /** Sessions whose sums are made anew, because another file repeats some of their requests. */
  readonly #stale = new Set<number>();

  constructor(database: Database, names: Names) {
    this.#names = names;
    const values = SUMMED.join(", ");
    this.#same = database.prepare(`SELECT file, ts, model, variant, branch, ${values} FROM charge WHERE key = ?`);
    this.#put = database.prepare(`INSERT OR REPLACE INTO charge(key, file, ts, model, variant, branch, ${values})
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    const sums = ["requests", ...SUMMED];
    this.#add = database.prepare(`INSERT INTO spend(session, slot, model, variant, long, branch, ${sums.join(", ")})
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET ${sums.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`);
    this.#sessionOf = database.prepare("SELECT session FROM file WHERE id = ?");
    this.#sharing = database.prepare(`SELECT DISTINCT f2.session AS session FROM file f JOIN charge c ON c.file = f.id
      JOIN charge c2 ON c2.key = c.key AND c2.file <> c.file JOIN file f2 ON f2.id = c2.file WHERE f.session = ?`);
    this.#clear = database.prepare("DELETE FROM spend WHERE session = ?");
    this.#clearEmpty = database.prepare("DELETE FROM spend WHERE session = ? AND requests = 0");
    this.#sum = database.prepare(`INSERT INTO spend(session, slot, model, variant, long, branch, ${sums.join(", ")})
      SELECT s.id, c.ts / ${SLOT_SECONDS}, c.model, c.variant, c.input + c.w5 + c.w1h + c.read > ${LONG_INPUT}, c.branch,
        count(*), ${SUMMED.map((name) => `sum(c.${name})`).join(", ")}
      FROM file f JOIN session s ON s.id = f.session JOIN charge c ON c.file = f.id
      WHERE f.session = ? AND ${COUNTS} GROUP BY 2, 3, 4, 5, 6`);
  }

  /** Sets the charges of a file, in place of those of the same requests. */
  put(file: number, session: number, charges: Iterable<Charge>): void {
    for (const charge of charges) {
      const names = [charge.model, charge.variant, charge.branch].map((name) => this.#names.of(name));
      const values = SUMMED.map((name) => Number(charge[name]));
      let before: readonly number[] | undefined;
      for (const row of this.#same.all(charge.key)) {
        if (row["file"] !== file) this.#markStale(session, Number(row["file"]));
        else
          before = [row["ts"], row["model"], row["variant"], row["branch"], ...SUMMED.map((name) => row[name])].map(
            Number,
          );
      }
      const now = [charge.ts, ...names, ...values];
      if (before?.every((value, at) => value === now[at]) === true) continue;
      this.#put.run(charge.key, file, ...now);
      if (this.#stale.has(session)) continue;
      if (before !== undefined) this.#count(session, before, -1);
      this.#count(session, now, 1);
    }
  }

  /** Makes the sums of a session anew, and of those that share requests with it. Call before its files change or go. */
  renew(session: number): void {
    this.#stale.add(session);
    for (const row of this.#sharing.all(session)) this.#stale.add(Number(row["session"]));
  }

  /** Writes the sums. Call before the transaction ends. */
  flush(): void {
    const moved = new Set<number>();
    for (const [key, sums] of this.#pending) {
      const [session = 0, ...place] = key.split(" ").map(Number);
      if (this.#stale.has(session)) continue;
      this.#add.run(session, ...place, ...sums);
      if ((sums[0] as number) < 0) moved.add(session);
    }
    for (const session of moved) this.#clearEmpty.run(session);
    for (const session of this.#stale) {
      this.#clear.run(session);
      this.#sum.run(session);
    }
    this.forget();
  }

  /** Drops what is not written, after the transaction was rolled back. */
  forget(): void {
    this.#pending.clear();
    this.#stale.clear();
  }

  #markStale(session: number, otherFile: number): void {
    this.#stale.add(session);
    const other = this.#sessionOf.get(otherFile);
    if (other !== undefined) this.#stale.add(Number(other["session"]));
  }

  #count(session: number, [ts, model, variant, branch, ...values]: readonly number[], sign: 1 | -1): void {
    const [input = 0, , w5 = 0, w1h = 0, read = 0] = values;
    const long = Number(input + w5 + w1h + read > LONG_INPUT);
    const key = [session, Math.floor((ts ?? 0) / SLOT_SECONDS), model, variant, long, branch].join(" ");
    let sums = this.#pending.get(key);
    if (sums === undefined) this.#pending.set(key, (sums = Array.from({ length: 1 + SUMMED.length }, () => 0)));
    for (const [at, value] of [1, ...values].entries()) sums[at] = (sums[at] as number) + sign * value;
  }
}
