import { SIDECHAIN } from "../../transcript/rows/row-index.ts";
import type { TranscriptFile } from "./transcript-file.ts";

const NONE = -1;
const PENDING = -2;

/** The subagents of old CLIs: sidechain rows of a session that descend from one first row, or share its `agentId`. */
export class InlineAgents {
  /** Numbers of the agents by id, in the order of their first rows. */
  readonly #numbers = new Map<string, number>();
  /** Rows, agent by agent, and the index at which those of each agent begin. */
  readonly #rows: Int32Array;
  readonly #starts: Int32Array;

  constructor({ index, load }: Pick<TranscriptFile, "index" | "load">) {
    const agentOf = new Int32Array(index.count).fill(NONE);
    const rowOf = new Int32Array(index.uuids.count).fill(NONE);
    for (let row = 0; row < index.count; row++) rowOf[index.uuid[row] as number] = row;
    const onSidechain = (row: number): boolean => ((index.flags[row] as number) & SIDECHAIN) !== 0;
    const counts: number[] = [];
    const named = (row: number): number => {
      const { agentId } = load(row);
      const id = typeof agentId === "string" && agentId !== "" ? agentId : index.uuids.text(index.uuid[row] as number);
      let agent = this.#numbers.get(id);
      if (agent === undefined) this.#numbers.set(id, (agent = counts.push(0) - 1));
      return agent;
    };
    for (let start = 0; start < index.count; start++) {
      if (!onSidechain(start)) continue;
      const way: number[] = [];
      let row = start;
      while (agentOf[row] === NONE) {
        agentOf[row] = PENDING;
        way.push(row);
        const above = index.parent[row] as number;
        const parent = above === NONE ? NONE : (rowOf[above] as number);
        if (parent === NONE || !onSidechain(parent) || agentOf[parent] === PENDING) agentOf[row] = named(row);
        else row = parent;
      }
      const agent = agentOf[row] as number;
      for (const each of way) agentOf[each] = agent;
      counts[agent] = (counts[agent] ?? 0) + 1;
    }
    this.#starts = new Int32Array(counts.length + 1);
    counts.forEach((count, agent) => (this.#starts[agent + 1] = (this.#starts[agent] as number) + count));
    this.#rows = new Int32Array(this.#starts[counts.length] as number);
    const next = this.#starts.slice();
    for (let row = 0; row < index.count; row++) {
      const agent = agentOf[row] as number;
      if (agent === NONE) continue;
      const at = next[agent] as number;
      this.#rows[at] = row;
      next[agent] = at + 1;
    }
  }

  get ids(): Iterable<string> {
    return this.#numbers.keys();
  }

  has(agentId: string): boolean {
    return this.#numbers.has(agentId);
  }

  /** Returns the rows of an agent; undefined if none has that id. */
  rows(agentId: string): Int32Array | undefined {
    const agent = this.#numbers.get(agentId);
    return agent === undefined ? undefined : this.#rows.subarray(this.#starts[agent], this.#starts[agent + 1]);
  }
}
