import { randomHex } from "../../store/disk/builtins.ts";
import { pidExists } from "../../store/disk/processes.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { rollBack } from "../schema/schema.ts";

/** Age at which a lease counts as abandoned, ms. Its holder renews it with every transaction. */
const ABANDONED_MS = 10_000;

/**
 * The right to build the index, so that two processes do not do the same work. Not needed for correctness: whoever writes
 * compares offsets inside the transaction.
 */
export class Lease {
  readonly #catalog: OpenCatalog;
  readonly #token = randomHex(8);

  constructor(catalog: OpenCatalog) {
    this.#catalog = catalog;
  }

  /** Takes the lease; false while another process that runs has it. */
  take(): boolean {
    const { database } = this.#catalog;
    database.exec("BEGIN IMMEDIATE");
    try {
      const isFree = !isLeased(this.#catalog, this.#token);
      if (isFree) {
        const sql = "INSERT OR REPLACE INTO lease(one, pid, token, beat) VALUES (1, ?, ?, ?)";
        database.prepare(sql).run(process.pid, this.#token, Date.now());
      }
      database.exec("COMMIT");
      return isFree;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }

  /** Shows that the holder is alive. Inside a transaction. */
  beat(): void {
    const { database } = this.#catalog;
    database.prepare("UPDATE lease SET beat = ? WHERE token = ?").run(Date.now(), this.#token);
  }

  release(): void {
    this.#catalog.database.prepare("DELETE FROM lease WHERE token = ?").run(this.#token);
  }
}

/** Reports whether a process is building the index. `own`: a token that does not count. */
export function isLeased({ database }: OpenCatalog, own = ""): boolean {
  const row = database.prepare("SELECT pid, token, beat FROM lease").get();
  if (row === undefined || row["token"] === own) return false;
  const age = Date.now() - Number(row["beat"]);
  return age >= 0 && age < ABANDONED_MS && pidExists(Number(row["pid"]));
}
