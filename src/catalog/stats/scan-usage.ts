import { close, openReadNoFollow, statOpen } from "../../store/disk/fs.ts";
import { errnoOf, isMissing } from "../../store/errors.ts";
import { windowFacts } from "../../store/facts/metadata.ts";
import { scanChunks } from "../../store/read/scan-file.ts";
import type { Skipped } from "../../store/types.ts";
import type { RowScan } from "../../transcript/rows/json-scanner.ts";
import type { Charge, Facts, Part } from "../extract/extracted.ts";
import { Extractor } from "../extract/extractor.ts";
import { tagsFound } from "../extract/session-tags.ts";
import { isSessionFile, listStoreFiles, type StoreFile, type StoreFiles } from "../refresh/store-files.ts";
import { FileKind } from "../schema/schema.ts";
import { SLOT_SECONDS } from "./calendar.ts";
import { entry } from "./entry.ts";
import { LONG_INPUT } from "./prices.ts";
import type { SpendRow, TallyRow, ToolRow, UsageRows, UsageSession } from "./usage-rows.ts";

interface ScanOptions {
  readonly tools: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((read: number, total: number) => void) | undefined;
}

/** Reads all transcripts of a config dir, for people without an index. The rows are those that the index would have. */
export async function scanUsage(
  configDir: string,
  { tools, signal, progress }: ScanOptions,
): Promise<{ readonly rows: UsageRows; readonly skipped: readonly Skipped[] }> {
  const store = await listStoreFiles(configDir, { signal });
  const skipped = [...store.skipped];
  const files = store.files.filter(({ kind }) => kind !== FileKind.spilled);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const agents = new Set(
    files.flatMap(({ kind, sessionId, agent }) => (kind === FileKind.main ? [] : [`${sessionId} ${agent}`])),
  );
  const collected = new Collected();
  let done = 0;
  for (const file of files) {
    try {
      for await (const bytes of readParts(file, collected, agents, signal)) progress?.((done += bytes), total);
    } catch (error) {
      signal?.throwIfAborted();
      if (errnoOf(error) === undefined) throw error;
      if (!isMissing(error)) skipped.push({ path: file.path, reason: errnoOf(error) ?? "unreadable" });
    }
  }
  return { rows: collected.rows(store, tools), skipped };
}

const KINDS = { [FileKind.main]: "session", [FileKind.subagent]: "agent", [FileKind.spilled]: "output" } as const;

/** Reads a file, and yields the bytes read since the last time. */
async function* readParts(
  file: StoreFile,
  collected: Collected,
  agents: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<number> {
  const fd = openReadNoFollow(file.path);
  try {
    const extractor = new Extractor(KINDS[file.kind]);
    let at = 0;
    const visitor = {
      line: (bytes: Buffer, start: number, end: number, offset: number): boolean => {
        at = offset;
        return extractor.line(bytes, start, end, offset);
      },
      row: (bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void => {
        at = offset;
        extractor.row(bytes, start, end, offset, scan);
      },
      problem: (): void => undefined,
    };
    const add = (): void => {
      const found = extractor.take();
      collected.add(file, found, true);
      for (const [agentId, part] of found.agents) {
        if (!agents.has(`${file.sessionId} ${agentId}`)) collected.add(file, part, false);
      }
    };
    let passed = 0;
    for await (const _chunk of scanChunks(fd, visitor, { from: 0, to: statOpen(fd).size, cutsLines: true, signal })) {
      add();
      yield at - passed;
      passed = at;
    }
    if (isSessionFile(file)) collected.facts.set(file.path, extractor.end().facts);
  } finally {
    close(fd);
  }
}

interface FileCounts {
  readonly file: StoreFile;
  readonly charges: Map<string, Charge>;
  readonly tallies: Map<number, MutableTally>;
  readonly tools: Map<string, { readonly slot: number; readonly tool: string; n: number }>;
}

type MutableTally = { -readonly [K in Exclude<keyof TallyRow, "session" | "slot">]: number };

const TALLIED = ["prompts", "turns", "messages", "calls", "active", "added", "removed"] as const;

/** A session with what decides which of several counts a request. */
interface CountedSession extends UsageSession {
  readonly created: number;
  readonly forked: number;
}

/** What was found in the files, and the rows that the index makes of it. */
class Collected {
  readonly facts = new Map<string, Facts>();
  readonly #files = new Map<string, FileCounts>();

  /** Adds what was found. `isWhole`: not only of a subagent, whose time is not the session's. */
  add(file: StoreFile, part: Part, isWhole: boolean): void {
    const counts = entry(this.#files, file.path, () => ({
      file,
      charges: new Map(),
      tallies: new Map(),
      tools: new Map(),
    }));
    for (const [key, charge] of part.charges) counts.charges.set(key, charge);
    for (const [slot, tally] of part.tallies) {
      const sum = entry(counts.tallies, slot, noTally);
      for (const name of TALLIED) if (isWhole || name !== "active") sum[name] += tally[name];
    }
    for (const [slot, ofSlot] of part.tools) {
      for (const [tool, n] of ofSlot) entry(counts.tools, `${slot} ${tool}`, () => ({ slot, tool, n: 0 })).n += n;
    }
  }

  rows(store: StoreFiles, tools: boolean): UsageRows {
    const numbers = new Map([...store.sessions.keys()].map((id, at) => [id, at]));
    const sessions = new Map<number, CountedSession>();
    for (const [id, file] of store.sessions) {
      const listed = windowFacts(file.candidate);
      const read = this.facts.get(file.path) ?? {};
      const title = read.customTitle || listed?.customTitle || read.aiTitle || listed?.title;
      sessions.set(numbers.get(id) as number, {
        id,
        path: file.path,
        cwd: listed?.cwd ?? read.cwd,
        branch: listed?.gitBranch ?? read.branch ?? "",
        title,
        tags: tagsFound(read, listed),
        model: read.model ?? listed?.model ?? "",
        created: listed?.createdAt ?? read.created ?? Infinity,
        forked: Number(listed?.forkedFrom !== undefined),
        active: Math.min(read.active ?? Infinity, file.candidate.lastModified),
        costState: read.costState,
      });
    }
    const { spend, forks } = this.#spend(numbers, sessions);
    return {
      sessions,
      spend,
      forks,
      tallies: this.#tallies(numbers),
      tools: tools ? this.#tools(numbers) : [],
    };
  }

  /** Charges each request once: to the session that began first, then to one that is no fork, then to the smaller id. */
  #spend(
    numbers: ReadonlyMap<string, number>,
    sessions: ReadonlyMap<number, CountedSession>,
  ): Pick<UsageRows, "spend" | "forks"> {
    const files = [...this.#files.values()].flatMap(({ file, charges, tallies }) => {
      const session = numbers.get(file.sessionId);
      const known = session === undefined ? undefined : sessions.get(session);
      return session === undefined || known === undefined
        ? []
        : [{ ...known, session, charges, isFork: [...tallies.keys()].some((slot) => slot < 0) }];
    });
    files.sort((a, b) =>
      a.created === b.created ? a.forked - b.forked || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.created - b.created,
    );
    const owners = new Map<string, { readonly session: number; readonly ts: number }>();
    const forks = new Map<number, number>();
    const sums = new Map<string, { -readonly [K in keyof SpendRow]: SpendRow[K] }>();
    for (const { session, charges, isFork } of files) {
      for (const [key, charge] of charges) {
        const slot = Math.floor(charge.ts / SLOT_SECONDS);
        const owner = owners.get(key);
        if (owner !== undefined) {
          if (owner.session !== session && (isFork || owner.ts === charge.ts))
            forks.set(session, Math.max(Math.floor(owner.ts / SLOT_SECONDS), forks.get(session) ?? 0));
          continue;
        }
        owners.set(key, { session, ts: charge.ts });
        const { model, variant, branch, input, output, w5, w1h, read, web, lower } = charge;
        const long = Number(input + w5 + w1h + read > LONG_INPUT);
        const place = { session, slot, model, variant, long, branch };
        const row = entry(sums, JSON.stringify(Object.values(place)), () => ({ ...place, ...noSpend() }));
        row.requests++;
        row.input += input;
        row.output += output;
        row.w5 += w5;
        row.w1h += w1h;
        row.read += read;
        row.web += web;
        row.lower += Number(lower);
      }
    }
    return { spend: [...sums.values()], forks };
  }

  /** Sums the files of a session. Of several copies of one the fullest counts, and of times the longest. */
  #tallies(numbers: ReadonlyMap<string, number>): TallyRow[] {
    const fullest = new Map<string, { session: number; slot: number; tally: MutableTally }>();
    for (const { file, tallies } of this.#files.values()) {
      const session = numbers.get(file.sessionId);
      if (session === undefined) continue;
      for (const [slot, tally] of tallies) {
        const key = `${session} ${slot} ${file.agent ?? ""}`;
        const most = entry(fullest, key, () => ({ session, slot, tally: noTally() })).tally;
        for (const name of TALLIED) most[name] = Math.max(most[name], tally[name]);
      }
    }
    const sums = new Map<string, MutableTally & { readonly session: number; readonly slot: number }>();
    for (const { session, slot, tally } of fullest.values()) {
      const sum = entry(sums, `${session} ${slot}`, () => ({ session, slot, ...noTally() }));
      for (const name of TALLIED) {
        sum[name] = name === "active" ? Math.max(sum[name], tally[name]) : sum[name] + tally[name];
      }
    }
    return [...sums.values()];
  }

  #tools(numbers: ReadonlyMap<string, number>): ToolRow[] {
    const fullest = new Map<string, ToolRow>();
    for (const { file, tools } of this.#files.values()) {
      const session = numbers.get(file.sessionId);
      if (session === undefined) continue;
      for (const { slot, tool, n } of tools.values()) {
        const key = `${session} ${slot} ${JSON.stringify(tool)} ${file.agent ?? ""}`;
        const before = fullest.get(key);
        if (before === undefined || before.n < n) fullest.set(key, { session, slot, tool, n });
      }
    }
    return [...fullest.values()];
  }
}

const noTally = (): MutableTally => ({ prompts: 0, turns: 0, messages: 0, calls: 0, active: 0, added: 0, removed: 0 });

const noSpend = (): { [K in "requests" | "input" | "output" | "w5" | "w1h" | "read" | "web" | "lower"]: number } => ({
  requests: 0,
  input: 0,
  output: 0,
  w5: 0,
  w1h: 0,
  read: 0,
  web: 0,
  lower: 0,
});
