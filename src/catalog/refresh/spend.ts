import type { Database, Row, Statement } from "../engine/sqlite.ts";
import type { Charge } from "../extract/extracted.ts";
import type { Names } from "./names.ts";

/** Seconds of a slot of `spend`. */
const SLOT_SECONDS = 900;
/** Input tokens of one request, caches included, above which the prices of long requests hold. */
const LONG_INPUT = 200_000;

/** Columns of `charge` that say where it is summed, and those that are summed. */
const PLACE = ["ts", "model", "variant", "branch"] as const;
const SUMMED = ["input", "output", "w5", "w1h", "read", "web", "lower"] as const;
const COLUMNS = [...PLACE, ...SUMMED];
/** Columns of `spend` that are sums. */
const SUMS = ["requests", ...SUMMED];
const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

/** A file with what decides whether its copy of a request counts. */
interface Owner {
  readonly file: number;
  readonly session: number;
  /** Beginning of the session, epoch ms. */
  readonly created: number;
  /** 1 for a fork: it begins when its origin did. */
  readonly forked: number;
  readonly uuid: string;
}

/**
 * Keeps `charge`, and with it `spend`: the sums of each session. A request counts once, whichever files repeat it: for the
 * session that began first, then for one that is no fork, then for the one with the smaller id, then for the file that was found first.
 */
export class Spend {
  readonly #names: Names;
  readonly #own: Statement;
  readonly #counted: Statement;
  readonly #put: Statement;
  readonly #setCounts: Statement;
  readonly #ownerOf: Statement;
  readonly #ofFile: Statement;
  readonly #others: Statement;
  readonly #remove: Statement;
  readonly #add: Statement;
  readonly #clearEmpty: Statement;
  /** Sums to add, by the primary key of `spend`. */
  readonly #pending = new Map<string, number[]>();
  readonly #owners = new Map<number, Owner>();

  constructor(database: Database, names: Names) {
    this.#names = names;
    const columns = COLUMNS.join(", ");
    const of = (where: string): Statement =>
      database.prepare(`SELECT key, file, counts, ${columns} FROM charge WHERE ${where}`);
    this.#own = of("file = ? AND key IN (SELECT value FROM json_each(?))");
    this.#counted = of("counts = 1 AND key IN (SELECT value FROM json_each(?))");
    this.#ofFile = of("file = ?");
    this.#others = of("counts = 0 AND key = ?");
    this.#put = database.prepare(
      `INSERT OR REPLACE INTO charge(key, file, counts, ${columns}) VALUES (${marks(3 + COLUMNS.length)})`,
    );
    this.#setCounts = database.prepare("UPDATE charge SET counts = ? WHERE key = ? AND file = ?");
    this.#remove = database.prepare("DELETE FROM charge WHERE file = ?");
    this.#ownerOf = database.prepare(
      "SELECT f.id AS file, s.id AS session, s.created AS created, s.forked AS forked, s.uuid AS uuid FROM file f JOIN session s ON s.id = f.session WHERE f.id = ?",
    );
    this.#add = database.prepare(`INSERT INTO spend(session, slot, model, variant, long, branch, ${SUMS.join(", ")})
      VALUES (${marks(6 + SUMS.length)})
      ON CONFLICT DO UPDATE SET ${SUMS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`);
    this.#clearEmpty = database.prepare("DELETE FROM spend WHERE session = ? AND requests = 0");
  }

  /**
   * Sets the charges of a file, in place of those of the same requests. `isNew`: the file has none yet. Looks up all keys at
   * once: in a new file, mostly none is found.
   */
  put(file: number, charges: ReadonlyMap<string, Charge>, isNew: boolean): void {
    const owner = this.#owner(file);
    const keys = JSON.stringify([...charges.keys()]);
    const own = isNew ? NONE : byKey(this.#own.all(file, keys));
    const others = byKey(this.#counted.all(keys));
    for (const [key, charge] of charges) {
      const names = [charge.model, charge.variant, charge.branch].map((name) => this.#names.of(name));
      const now = [charge.ts, ...names, ...SUMMED.map((name) => Number(charge[name]))];
      const before = own.get(key);
      let counts = before?.["counts"] === 1;
      if (before === undefined) {
        const counted = others.get(key);
        const other = counted && this.#owner(Number(counted["file"]));
        counts = other === undefined || isFirst(owner, other);
        if (counts && counted !== undefined && other !== undefined) {
          this.#setCounts.run(0, key, other.file);
          this.#count(other.session, valuesOf(counted), -1);
        }
      } else if (counts) this.#count(owner.session, valuesOf(before), -1);
      this.#put.run(key, file, Number(counts), ...now);
      if (counts) this.#count(owner.session, now, 1);
    }
  }

  /** Removes the charges of a file. Those that other files repeat count there. */
  clear(file: number): void {
    const rows = this.#ofFile.all(file);
    this.#remove.run(file);
    const { session } = this.#owner(file);
    for (const row of rows) {
      if (row["counts"] !== 1) continue;
      this.#count(session, valuesOf(row), -1);
      const others = this.#others
        .all(String(row["key"]))
        .map((other) => ({ other, owner: this.#owner(Number(other["file"])) }));
      const [first, ...more] = others;
      if (first === undefined) continue;
      const next = more.reduce((a, b) => (isFirst(b.owner, a.owner) ? b : a), first);
      this.#setCounts.run(1, String(row["key"]), next.owner.file);
      this.#count(next.owner.session, valuesOf(next.other), 1);
    }
  }

  /** Writes the sums. Call before the transaction ends. */
  flush(): void {
    const changed = new Set<number>();
    for (const [key, sums] of this.#pending) {
      const [session = 0, ...place] = key.split(" ").map(Number);
      if (sums.every((sum) => sum === 0)) continue;
      this.#add.run(session, ...place, ...sums);
      if ((sums[0] as number) < 0) changed.add(session);
    }
    for (const session of changed) this.#clearEmpty.run(session);
    this.forget();
  }

  /** Drops what is not written, after the transaction was rolled back. */
  forget(): void {
    this.#pending.clear();
    this.#owners.clear();
  }

  #owner(file: number): Owner {
    let owner = this.#owners.get(file);
    if (owner === undefined) {
      const row = this.#ownerOf.get(file);
      const created = row?.["created"] ?? Infinity;
      const { session = 0, forked = 0, uuid = "" } = row ?? {};
      owner = {
        file,
        session: Number(session),
        created: Number(created),
        forked: Number(forked),
        uuid: String(uuid),
      };
      this.#owners.set(file, owner);
    }
    return owner;
  }

  #count(session: number, [ts, model, variant, branch, ...values]: readonly number[], sign: 1 | -1): void {
    const [input = 0, , w5 = 0, w1h = 0, read = 0] = values;
    const long = Number(input + w5 + w1h + read > LONG_INPUT);
    const key = [session, Math.floor((ts ?? 0) / SLOT_SECONDS), model, variant, long, branch].join(" ");
    let sums = this.#pending.get(key);
    if (sums === undefined) this.#pending.set(key, (sums = SUMS.map(() => 0)));
    for (const [at, value] of [1, ...values].entries()) sums[at] = (sums[at] as number) + sign * value;
  }
}

const NONE: ReadonlyMap<string, Row> = new Map();
const byKey = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [String(row["key"]), row]));

const valuesOf = (row: Row): number[] => COLUMNS.map((name) => Number(row[name]));

function isFirst(a: Owner, b: Owner): boolean {
  if (a.created !== b.created) return a.created < b.created;
  if (a.forked !== b.forked) return a.forked < b.forked;
  return a.uuid < b.uuid || (a.uuid === b.uuid && a.file < b.file);
}
