import fc from "fast-check";
import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages } from "../../src/index.ts";
import { Rng } from "../parity/rng.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import {
  assistant,
  attachment,
  boundary,
  call,
  jsonl,
  numberOf,
  result,
  rewind,
  type Row,
  summary,
  user,
} from "../support/rows.ts";
import { runs } from "../support/runs.ts";
import { onEverySurface } from "../support/surfaces.ts";

const ID = sessionId(1);

/**
 * A transcript of everything that makes the end of a conversation, or the place of a message, hard to tell. Each text is
 * there once, as `«u1»`; those of the queue are `«q1»`.
 */
class Transcript {
  readonly rows: Row[] = [];
  readonly queued: string[] = [];
  readonly #rng: Rng;
  readonly #said: number[] = [];
  #tip: number | null = null;
  #last = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#turn();
    const steps = {
      turn: 5,
      tools: 2,
      compact: 3,
      rewind: 1,
      back: 2,
      copies: 2,
      side: 1,
      queue: 3,
      lost: 0.5,
      circle: 0.5,
    };
    for (let n = rng.int(2, 10); n > 0; n--) this.#step(rng.weighted(steps));
  }

  #step(step: string): void {
    const rng = this.#rng;
    switch (step) {
      case "tools":
        return this.#tools();
      case "compact":
        return this.#compact();
      case "rewind":
        this.#tip = rng.pick(this.#said);
        this.rows.push(rewind(this.#tip));
        return rng.chance(0.7) ? this.#turn() : undefined;
      case "back":
        this.#tip = rng.pick(this.#said);
        return this.#turn();
      case "copies":
        return this.#copies();
      case "side":
        this.rows.push(user(++this.#last, this.#tip, "side", { isSidechain: true, teamName: "t" }));
        return;
      case "queue":
        return this.#queue();
      case "lost":
        this.#tip = 0xffff;
        return this.#turn();
      case "circle": {
        const [a, b] = [++this.#last, ++this.#last];
        this.rows.push(user(a, b, `«u${a}»`), assistant(b, a, `«a${b}»`));
        return;
      }
      default:
        return this.#turn();
    }
  }

  #add(make: typeof user | typeof assistant, words?: string): void {
    const n = ++this.#last;
    const team = this.#rng.chance(0.2) ? { teamName: "t", agentName: "a" } : {};
    this.rows.push(make(n, this.#tip, words ?? `«${make === user ? "u" : "a"}${n}»`, team));
    this.#said.push(n);
    this.#tip = n;
  }

  #turn(): void {
    this.#add(user);
    this.#add(assistant);
  }

  #tools(): void {
    this.#add(user);
    const [a, b, c] = [++this.#last, ++this.#last, ++this.#last];
    this.rows.push(call(a, this.#tip, `t${a}`, `m${a}`), call(b, a, `t${b}`, `m${a}`), result(c, a, `t${a}`));
    this.#tip = c;
    if (this.#rng.chance(0.4)) this.#queue();
    this.rows.push(result(++this.#last, b, `t${b}`));
    this.#tip = this.#last;
    this.#add(assistant);
  }

  #compact(): void {
    const rng = this.#rng;
    const [n, tip] = [++this.#last, this.#tip];
    const logical = rng.weighted({ tip: 6, earlier: 3, unknown: 1, later: 1 });
    const names = { tip, earlier: rng.pick(this.#said), unknown: 0xffff, later: n + 2 }[logical];
    const kept = rng.chance(0.25) && tip !== null ? { anchor: n + 1, uuids: [tip] } : undefined;
    const row = boundary(n, names, kept);
    this.rows.push(rng.chance(0.2) ? { ...row, parentUuid: undefined } : row, summary(++this.#last, n));
    this.#tip = kept !== undefined && rng.chance(0.5) ? tip : this.#last;
    this.#turn();
  }

  #copies(): void {
    const rng = this.#rng;
    const first = this.rows.filter(({ type }) => type === "user" || type === "assistant").slice(0, rng.int(1, 8));
    const isLinked = rng.chance(0.7);
    this.rows.push(...first.map((row) => (isLinked ? row : { ...row, parentUuid: null })));
    if (rng.chance(0.7)) return;
    this.#tip = numberOf(String(first.at(-1)?.["uuid"]));
    this.#turn();
  }

  #queue(): void {
    const rng = this.#rng;
    const words = `«q${this.queued.length + 1}»`;
    const operation = (name: string, content?: unknown): number =>
      this.rows.push({
        type: "queue-operation",
        operation: name,
        sessionId: "s",
        ...(content !== undefined && { content }),
      });
    this.queued.push(words);
    operation(
      "enqueue",
      rng.pick<unknown>([
        words,
        [
          { type: "image", source: {} },
          { type: "text", text: words },
        ],
      ]),
    );
    switch (rng.weighted({ removed: 3, named: 2, attached: 2, dequeued: 2, left: 1 })) {
      case "removed":
        operation("remove");
        break;
      case "named":
        operation("remove", words);
        break;
      case "attached":
        operation("remove");
        this.rows.push(attachment(++this.#last, this.#tip, { type: "queued_command", prompt: words }));
        if (rng.chance(0.7)) this.#tip = this.#last;
        break;
      case "dequeued":
        operation("dequeue");
        this.#add(user, words);
        break;
      case "left":
    }
  }
}

const wordsIn = (text: string): string[] => text.match(/«\w+»|summary \d+/g) ?? [];
const withoutQueue = (words: readonly string[]): string[] => words.filter((one) => !one.startsWith("«q"));

interface Shown {
  readonly messages: { uuids: string[]; parts: { kind: string }[]; undelivered?: boolean }[];
  readonly omitted: Readonly<Record<"branchMessages" | "compacted" | "notCurrent", number>>;
}

async function shown(dir: string, options: object): Promise<Shown> {
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [ID], { json: true, ...options }));
  return JSON.parse(terminal.out) as Shown;
}

/** Rows draw on one another too much for fast-check to make them smaller. */
const transcript = fc.noShrink(fc.nat()).map((seed) => new Transcript(new Rng(seed)));

test("every message of a transcript is shown once or counted, alike on every surface", async () => {
  await fc.assert(fc.asyncProperty(transcript, isShownOnce), { numRuns: runs(100) });
});

async function isShownOnce({ rows, queued }: Transcript): Promise<void> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  const options = { configDirs: [dir] };
  const library = await getSessionMessages(ID, {
    ...options,
    includeCompacted: true,
    branches: "all",
    includeUndelivered: true,
  });

  const said = rows.filter(
    ({ type, isSidechain }) => (type === "user" || type === "assistant") && isSidechain === false,
  );
  const given = library.filter((message) => said.some((row) => row["uuid"] === message.uuid));
  expect(given.map((message) => message.uuid).toSorted()).toEqual(
    [...new Set(said.map((row) => String(row["uuid"])))].toSorted(),
  );
  expect(
    wordsIn(JSON.stringify(library))
      .filter((words) => words.startsWith("«q"))
      .toSorted(),
  ).toEqual(queued.toSorted());

  const surfaces = await onEverySurface(dir, ID);
  const text = wordsIn(surfaces.show.slice(surfaces.show.indexOf("#1")));
  expect(wordsIn(JSON.stringify(surfaces.updates))).toEqual(text);
  expect(wordsIn(surfaces.mcp)).toEqual(text.filter((words) => !words.startsWith("summary")));
  expect(withoutQueue(wordsIn(JSON.stringify(surfaces.messages)))).toEqual(withoutQueue(text));

  const all = (await shown(dir, { branches: true })).messages.length;
  const line = await shown(dir, {});
  expect(line.messages.length + line.omitted.branchMessages).toBe(all);
  const current = await shown(dir, { current: true });
  const { branchMessages, compacted, notCurrent } = current.omitted;
  expect(current.messages.length + branchMessages + compacted + notCurrent).toBe(all);

  // Beside that, the model has every prompt that waits in an attachment.
  const isMessage = (id: string): boolean => said.some((row) => row["uuid"] === id);
  const has = current.messages.flatMap(({ uuids }) => uuids).filter(isMessage);
  const official = (await getSessionMessages(ID, options)).map((message) => message.uuid).filter(isMessage);
  expect(has.toSorted()).toEqual(official.toSorted());
}
