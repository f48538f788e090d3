import { enlarged } from "../rows/json-scanner.ts";

const NONE = -1;

/**
 * Parents of rows while compactions are relinked. A compaction moves all children of one row to another, so they are one set
 * here, and two sets are merged in one step. Steps can be undone, the last one first. The sets are a union-find forest, joined
 * by size and never compressed: all steps take logarithmic time. Memory is about 20 bytes a row.
 */
export class Relinks {
  /** Current element of each row. */
  readonly #elementOf: Int32Array;
  /** Parent of an element in its set, or itself. */
  #up: Int32Array;
  /** Number of elements in a set, and the number of their parent's uuid, by the top element of the set. */
  #size: Int32Array;
  #owner: Int32Array;
  #count: number;
  /** Top element of the set of children of a uuid, by its number, or -1. The set without a parent is last. */
  readonly #setOf: Int32Array;
  /** Data to undo each step: see `undoTo`. */
  readonly #log: number[] = [];

  /** `link`: number of the parent's uuid, or -1, by row. Rows that are not in `rows` keep it. */
  constructor(rows: Int32Array, link: Int32Array, uuids: number) {
    this.#elementOf = new Int32Array(link.length);
    this.#up = Int32Array.from(link, (_, row) => row);
    this.#size = new Int32Array(link.length).fill(1);
    this.#owner = link.slice();
    this.#count = link.length;
    this.#setOf = new Int32Array(uuids + 1).fill(NONE);
    for (let row = 0; row < link.length; row++) this.#elementOf[row] = row;
    for (const row of rows) this.#join(row, link[row] as number);
  }

  /** Returns the number of the uuid of a row's parent, or -1. */
  linkOf(row: number): number {
    return this.#owner[this.#top(this.#elementOf[row] as number)] as number;
  }

  /** Gives a row another parent. */
  setLink(row: number, link: number): void {
    if (this.#count === this.#up.length) this.#grow();
    const element = this.#count++;
    this.#up[element] = element;
    this.#size[element] = 1;
    this.#log.push(this.#elementOf[row] as number, row, SET);
    // The old element stays in its set, without a row.
    this.#elementOf[row] = element;
    this.#join(element, link);
  }

  /** Moves all children of `from` to `to`, except the row `except` (-1 for none). */
  moveChildren(from: number, to: number, except: number): void {
    const moved = this.#set(from);
    if (moved === NONE || from === to) return;
    const stays = except !== NONE && this.#top(this.#elementOf[except] as number) === moved;
    const there = this.#set(to);
    this.#log.push(moved, there, from, to, MOVE);
    this.#setOf[place(from, this.#setOf)] = NONE;
    if (there === NONE) this.#own(moved, to);
    else {
      const larger = (this.#size[moved] as number) > (this.#size[there] as number) ? moved : there;
      const smaller = larger === moved ? there : moved;
      this.#up[smaller] = larger;
      this.#size[larger] = (this.#size[larger] as number) + (this.#size[smaller] as number);
      this.#own(larger, to);
    }
    if (stays) this.setLink(except, from);
  }

  /** Position in the log, for `undoTo`. */
  get mark(): number {
    return this.#log.length;
  }

  /** Undoes all steps after a position in the log. */
  undoTo(mark: number): void {
    while (this.#log.length > mark) {
      if (this.#pop() === SET) this.#undoSet(this.#pop(), this.#pop());
      else {
        const [to, from, there, moved] = [this.#pop(), this.#pop(), this.#pop(), this.#pop()];
        this.#undoMove(moved, there, from, to);
      }
    }
  }

  #undoSet(row: number, element: number): void {
    const added = --this.#count;
    const top = this.#up[added] as number;
    if (top === added) this.#setOf[place(this.#owner[added] as number, this.#setOf)] = NONE;
    else this.#size[top] = (this.#size[top] as number) - 1;
    this.#elementOf[row] = element;
  }

  #undoMove(moved: number, there: number, from: number, to: number): void {
    if (there === NONE) this.#setOf[place(to, this.#setOf)] = NONE;
    else {
      const smaller = this.#up[moved] === there ? moved : there;
      const larger = smaller === moved ? there : moved;
      this.#up[smaller] = smaller;
      this.#size[larger] = (this.#size[larger] as number) - (this.#size[smaller] as number);
      this.#own(there, to);
    }
    this.#own(moved, from);
  }

  /** Adds a single element to the children of a uuid. */
  #join(element: number, link: number): void {
    const set = this.#set(link);
    if (set === NONE) this.#own(element, link);
    else {
      this.#up[element] = set;
      this.#size[set] = (this.#size[set] as number) + 1;
    }
  }

  #own(set: number, link: number): void {
    this.#owner[set] = link;
    this.#setOf[place(link, this.#setOf)] = set;
  }

  #set(link: number): number {
    return this.#setOf[place(link, this.#setOf)] as number;
  }

  #top(element: number): number {
    let top = element;
    while (this.#up[top] !== top) top = this.#up[top] as number;
    return top;
  }

  #pop(): number {
    return this.#log.pop() as number;
  }

  #grow(): void {
    const size = 2 * this.#up.length + 16;
    this.#up = enlarged(this.#up, size);
    this.#size = enlarged(this.#size, size);
    this.#owner = enlarged(this.#owner, size);
  }
}

/** Kinds of steps in the log. */
const SET = 0;
const MOVE = 1;

const place = (link: number, sets: Int32Array): number => (link === NONE ? sets.length - 1 : link);
