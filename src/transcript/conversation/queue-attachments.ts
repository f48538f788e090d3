import { NONE, QUEUED_COMMAND, type RowIndex } from "../rows/row-index.ts";
import { membersOf } from "../rows/json-values.ts";
import { push } from "../tree/row-list.ts";
import type { LoadRow } from "../tree/row-tree.ts";

/** Attachments in which newer CLIs record delivered prompts. Read lazily. */
export class Attachments {
  readonly #index: RowIndex;
  readonly #load: LoadRow;
  #read: ReadAttachments | undefined;

  constructor(index: RowIndex, load: LoadRow) {
    this.#index = index;
    this.#load = load;
  }

  /** Takes the first attachment from row `from` on with the text (`hashOf`). Returns whether there was one. */
  claim(text: number, from: number): boolean {
    const { all, byText } = this.#known();
    const row = byText.get(text)?.firstFrom(from) ?? NONE;
    if (row === NONE) return false;
    byText.get(text)?.take(row);
    all.take(row);
    return true;
  }

  /** Returns the text (`hashOf`) of the first attachment from row `from` on that is not taken; NaN if there is none. */
  textAfter(from: number): number {
    const row = this.#known().all.firstFrom(from);
    if (row === NONE) return Number.NaN;
    return this.#index.queue.hashOf(membersOf(this.#load(row)["attachment"])["prompt"]);
  }

  /** Whether an attachment has one of these ids, or any row has the uuid. */
  isNamed(commandUuid: unknown, deliveryId: unknown): boolean {
    const { names, isRow } = this.#known();
    const isName = (name: unknown): name is string => typeof name === "string" && name !== "";
    if (isName(deliveryId) && names.has(`delivery ${deliveryId}`)) return true;
    if (!isName(commandUuid)) return false;
    return names.has(`uuid ${commandUuid}`) || isRow[this.#index.uuids.find(commandUuid)] === 1;
  }

  #known(): ReadAttachments {
    if (this.#read !== undefined) return this.#read;
    const rows: number[] = [];
    const byText = new Map<number, number[]>();
    const names = new Set<string>();
    const isRow = new Uint8Array(this.#index.uuids.count);
    for (let row = 0; row < this.#index.count; row++) {
      const uuid = this.#index.uuid[row] as number;
      const isCopy = isRow[uuid] !== 0;
      isRow[uuid] = 1;
      if (((this.#index.flags[row] as number) & QUEUED_COMMAND) === 0 || isCopy) continue;
      rows.push(row);
      const { source_uuid: source, delivery_id: delivery, prompt } = membersOf(this.#load(row)["attachment"]);
      names.add(`uuid ${String(source)}`).add(`delivery ${String(delivery)}`);
      push(byText, this.#index.queue.hashOf(prompt), row);
    }
    const free = new Map([...byText].map(([text, list]) => [text, new Free(list)]));
    return (this.#read = { all: new Free(rows), byText: free, names, isRow });
  }
}

interface ReadAttachments {
  readonly all: Free;
  readonly byText: ReadonlyMap<number, Free>;
  readonly names: ReadonlySet<string>;
  /** Whether a row has a uuid, by its number. */
  readonly isRow: Uint8Array;
}

/** Rows in order, some of them taken. A union-find finds the next free one. */
class Free {
  readonly #rows: readonly number[];
  /** Next place that may be free, by place. */
  readonly #next: Int32Array;

  constructor(rows: readonly number[]) {
    this.#rows = rows;
    this.#next = Int32Array.from({ length: rows.length + 1 }, (_, i) => i);
  }

  firstFrom(row: number): number {
    return this.#rows[this.#free(this.#placeFrom(row))] ?? NONE;
  }

  take(row: number): void {
    const place = this.#placeFrom(row);
    if (this.#rows[place] === row) this.#next[place] = place + 1;
  }

  #placeFrom(row: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as number) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #free(place: number): number {
    let end = place;
    while (this.#next[end] !== end) end = this.#next[end] as number;
    for (let at = place; at !== end;) {
      const next = this.#next[at] as number;
      this.#next[at] = end;
      at = next;
    }
    return end;
  }
}
