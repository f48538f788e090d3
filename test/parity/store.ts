import path from "node:path";
import { untangled } from "./chain.ts";
import { conversation } from "./conversation.ts";
import { keyOf } from "./key.ts";
import { bytesOf, type Entry, line, type Store, type Transcript } from "./model.ts";
import { Rng } from "./rng.ts";
import { sessionLines } from "./session.ts";
import { title } from "./text.ts";
import type { Universe } from "./universe.ts";

const BASE = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;

/** A store by its seed: projects, sessions, and what lies around them. */
export function generateStore(seed: string, universe: Universe, options: StoreOptions = {}): Store {
  return new Builder(seed, universe, options).build();
}

export interface StoreOptions {
  /** Subagents with rows of every kind and parallel results, which the official reader does not read whole. */
  readonly tangledAgents?: boolean | undefined;
  /** Few and small sessions, for a quick look. */
  readonly small?: boolean | undefined;
  /** Whether a session may be in the store, alone in it for the question; others are made again. */
  readonly accept?: ((store: Store) => boolean) | undefined;
}

/** So often a session is made again until it is accepted; the last is then left out. */
const TRIES = 40;

class Builder {
  readonly #rng: Rng;
  readonly #universe: Universe;
  readonly #seed: string;
  readonly #options: StoreOptions;
  readonly #entries: Entry[] = [];
  readonly #taken = new Set<string>();

  constructor(seed: string, universe: Universe, options: StoreOptions) {
    this.#rng = new Rng(seed);
    this.#universe = universe;
    this.#seed = seed;
    this.#options = options;
  }

  build(): Store {
    const rng = this.#rng;
    const places = this.#choosePlaces();
    const most = this.#options.small === true ? 3 : 6;
    const ids = Array.from({ length: rng.chance(0.12) ? 1 : rng.int(2, most) }, () => this.#id());
    for (const id of ids) this.#session(id, ids, places);
    if (rng.chance(0.2)) this.#copy(ids);
    this.#litter(ids, places);
    const dirs = [...places, rng.pick(this.#universe.places).path];
    return { seed: this.#seed, entries: this.#entries, dirs: [...new Set(dirs)], ids: [...ids, rng.uuid()] };
  }

  /** Places whose sessions meet each other: a repository with its worktrees, or two that share a key. */
  #choosePlaces(): string[] {
    const rng = this.#rng;
    const of = (...kinds: string[]): string[] =>
      this.#universe.places.filter(({ kind }) => kinds.includes(kind)).map((place) => place.path);
    switch (rng.weighted({ plain: 5, repo: 4, lone: 1, bare: 1, long: 2, colliding: 2, any: 4 })) {
      case "plain":
        return [rng.pick(of("plain", "odd-name", "missing"))];
      case "repo":
        return rng.sample(of("repo", "subdirectory", "worktree", "gone-worktree"), rng.int(2, 4));
      case "lone":
        return rng.sample(of("lone-repo", "subdirectory"), 2);
      case "bare":
        return rng.sample(of("bare", "worktree"), 2);
      case "long":
        return rng.sample(of("long"), rng.int(1, 2));
      case "colliding":
        return rng.sample(of("colliding"), rng.int(1, 3));
      case "any":
        return rng.sample(
          this.#universe.places.map((place) => place.path),
          rng.int(1, 3),
        );
    }
  }

  #id(): string {
    const id = this.#rng.uuid();
    return this.#rng.chance(0.04) ? id.toUpperCase() : id;
  }

  #mtime(): number {
    const rng = this.#rng;
    // File systems keep parts of a millisecond, and copies made at once have one time.
    const part = rng.chance(0.3) ? rng.int(1, 999) / 1000 : 0;
    return rng.chance(0.25) ? BASE : BASE + rng.int(-500, 500) * HOUR + rng.int(0, 999) + part;
  }

  #session(id: string, ids: readonly string[], places: readonly string[]): void {
    const before = [...this.#entries];
    const taken = new Set(this.#taken);
    for (let i = 0; i < TRIES; i++) {
      this.#makeSession(id, ids, places);
      const made = this.#entries.filter((entry) => !before.includes(entry));
      const { accept } = this.#options;
      if (accept === undefined || accept({ seed: this.#seed, entries: made, dirs: places, ids: [id] })) return;
      this.#entries.splice(0, this.#entries.length, ...before);
      this.#taken.clear();
      for (const path of taken) this.#taken.add(path);
    }
  }

  #makeSession(id: string, ids: readonly string[], places: readonly string[]): void {
    const rng = this.#rng;
    const place = rng.pick(places);
    const cwd = rng.chance(0.85) ? place : rng.pick(places);
    const project = this.#projectFor(place);
    const file = `${project}/${id}.jsonl`;
    const lines = sessionLines(rng, {
      sessionId: id,
      cwd,
      others: ids.filter((other) => other !== id),
      places,
      small: this.#options.small,
    });
    this.#put({
      kind: "transcript",
      path: file,
      sessionId: id,
      lines,
      finalNewline: rng.chance(0.93),
      mtime: this.#mtime(),
    });
    this.#sidecars(project, id);
    if (rng.chance(0.3)) this.#subagents(project, id, cwd);
  }

  /** Usually the key of the place; for long ones also the name that an older CLI gave. */
  #projectFor(place: string): string {
    const key = keyOf(place);
    const rng = this.#rng;
    if (key.length > 200 && rng.chance(0.4)) return `projects/${key.slice(0, 200)}-${rng.pick(["zzzz", "0ld"])}`;
    return `projects/${key}`;
  }

  #sidecars(project: string, id: string): void {
    const rng = this.#rng;
    if (rng.chance(0.12)) {
      const value = rng.pick([
        JSON.stringify({ customTitle: title(rng) }),
        JSON.stringify({ customTitle: `side ${"x".repeat(300)}` }),
        JSON.stringify({ customTitle: "  a\u200bb\n\tc  " }),
        '{"customTitle":5}',
        "{",
        JSON.stringify({ customTitle: "  " }),
      ]);
      this.#file(`${project}/${id}/custom-title.json`, value);
    }
    if (rng.chance(0.2)) {
      const at = rng.pick([
        "2025-01-01T00:00:00.000Z",
        "2026-02-01T00:00:00.000Z",
        "2027-01-01T00:00:00.000Z",
        "2026-02-01T00:00:00+01:00",
        "2026-02-01T00:00:00",
      ]);
      const value = rng.pick([
        JSON.stringify({ archived: true, at, by: "sdk" }),
        JSON.stringify({ archived: true, at, by: "sdk" }),
        JSON.stringify({ archived: false, at }),
        JSON.stringify({ archived: true }),
        JSON.stringify({ archived: "yes", at }),
        "{",
        JSON.stringify({ archived: true, at, pad: "x".repeat(rng.pick([3_000, 4_096])) }),
      ]);
      this.#file(`${project}/${id}/archived.json`, value);
    }
    if (rng.chance(0.1)) this.#file(`${project}/${id}/tool-results/big.txt`, "tool output");
  }

  #subagents(project: string, id: string, cwd: string): void {
    const rng = this.#rng;
    const base = `${project}/${id}/subagents`;
    const names = rng.sample(["a1b2", "B", "a", "10", "9", "x.y", "sp ace", "dup"], rng.int(1, 4));
    for (const name of names) this.#agent(`${base}/agent-${name}`, id, cwd);
    if (rng.chance(0.3)) this.#agent(`${base}/workflows/wf_1/agent-${rng.pick(["wf", ...names])}`, id, cwd);
    if (rng.chance(0.2)) this.#agent(`${base}/zz/deep/agent-deep`, id, cwd);
    if (rng.chance(0.2)) this.#file(`${base}/workflows/wf_1/journal.jsonl`, '{"a":1}\n');
    if (rng.chance(0.1)) this.#file(`${base}/agent-.jsonl`, "");
    if (rng.chance(0.1)) this.#file(`${base}/other.jsonl`, "x\n");
    if (rng.chance(0.1)) this.#add({ kind: "dir", path: `${base}/agent-dir.jsonl` });
    if (rng.chance(0.1))
      this.#add({ kind: "link", path: `${base}/agent-link.jsonl`, target: `agent-${names[0]}.jsonl` });
  }

  #agent(stem: string, sessionId: string, cwd: string): void {
    const rng = this.#rng;
    const rows = conversation(rng, { sessionId, cwd, steps: rng.int(0, 8), start: BASE, sidechain: true });
    const lines = this.#options.tangledAgents === true ? rows.map(line) : untangled(rows.map(line));
    this.#file(`${stem}.jsonl`, bytesOf({ lines, finalNewline: rng.chance(0.8) }));
    if (rng.chance(0.6)) {
      const meta = rng.pick<unknown>([
        { toolUseId: "toolu_1", agentType: "Explore", parentAgentId: "pa" },
        { toolUseId: "a.b:c-d_e" },
        { toolUseId: "bad id", parentAgentId: "p/q" },
        { toolUseId: 1, parentAgentId: 2 },
        [],
        null,
      ]);
      this.#file(`${stem}.meta.json`, rng.chance(0.95) ? JSON.stringify(meta) : "{");
    }
  }

  /** The same id in a second project directory, older than the one that is found first. */
  #copy(ids: readonly string[]): void {
    const rng = this.#rng;
    const found = this.#entries.filter((entry) => entry.kind === "transcript" && ids.includes(entry.sessionId));
    if (found.length === 0) return;
    const source = rng.pick(found) as Transcript;
    const other = `projects/-zz-copies/${source.sessionId}.jsonl`;
    this.#put({
      ...source,
      path: other,
      lines: source.lines.slice(0, -1),
      mtime: source.mtime - rng.int(0, 3) * rng.int(1, 200) * HOUR,
    });
  }

  #litter(ids: readonly string[], places: readonly string[]): void {
    const rng = this.#rng;
    const project = this.#projectFor(rng.pick(places));
    const id = rng.pick(ids);
    if (rng.chance(0.15)) this.#file(`projects/-empty-copy/${id}.jsonl`, "");
    if (rng.chance(0.15)) this.#file(`${project}/${rng.uuid()}.jsonl`, "");
    if (rng.chance(0.15)) this.#add({ kind: "dir", path: `${project}/${rng.uuid()}.jsonl` });
    if (rng.chance(0.15)) this.#file(`${project}/agent-${rng.hex(6)}.jsonl`, '{"type":"user"}\n');
    if (rng.chance(0.1)) this.#file(`${project}/${rng.uuid()}.JSONL`, '{"type":"user","message":{"content":"x"}}\n');
    if (rng.chance(0.1)) this.#file(`${project}/not-a-uuid.jsonl`, '{"type":"user","message":{"content":"x"}}\n');
    if (rng.chance(0.1)) this.#file(`${project}/sessions-index.json`, "{}");
    if (rng.chance(0.1)) this.#file("projects/a-file", "x");
    if (rng.chance(0.1)) this.#add({ kind: "dir", path: "projects/-empty" });
    if (rng.chance(0.1)) {
      const real = this.#entries.find((entry) => entry.kind === "transcript");
      if (real !== undefined)
        this.#add({ kind: "link", path: `${project}/${rng.uuid()}.jsonl`, target: `../../${real.path}` });
    }
    if (rng.chance(0.05)) this.#add({ kind: "link", path: `${project}/${rng.uuid()}.jsonl`, target: "nowhere" });
    if (rng.chance(0.3)) this.#file("settings.json", "{}");
  }

  #file(name: string, content: string | Buffer): void {
    this.#add({ kind: "file", path: name, bytes: Buffer.from(content), mtime: BASE });
  }

  #put(transcript: Transcript): void {
    this.#add(transcript);
  }

  #add(entry: Entry): void {
    const at = path.posix.normalize(entry.path);
    if (this.#taken.has(at)) return;
    this.#taken.add(at);
    this.#entries.push(entry);
  }
}
