import type { Api, Call } from "./calls.ts";
import { rowOf } from "./model.ts";
import { escapedControls } from "./transforms.ts";
import { readTree, type TreeFile } from "./materialise.ts";

/** What a call gave, in a form that can be compared: JSON text with absent values spelled out, or the error's message. */
export type Outcome = { readonly value: string } | { readonly error: string };

/** What a call did to a config dir, beside what it gave. */
export interface Effect {
  readonly outcome: Outcome;
  /** Changed paths below the config dir: what was there, what is there now. New ids and the present time are named. */
  readonly changes: Readonly<Record<string, Change>>;
}

export type Change =
  | {
      readonly kind: "added" | "changed";
      readonly type: TreeFile["type"];
      readonly mode: number;
      readonly content: string;
    }
  | { readonly kind: "appended"; readonly content: string }
  | { readonly kind: "removed" };

const ABSENT = "<undefined>";

export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner === undefined) return ABSENT;
      if (typeof inner === "number" && !Number.isFinite(inner)) return `<${inner}>`;
      return inner;
    }) ?? ABSENT
  );
}

export async function outcomeOf(api: Api, call: Call, configDir: string): Promise<Outcome> {
  const before = process.env["CLAUDE_CONFIG_DIR"];
  process.env["CLAUDE_CONFIG_DIR"] = configDir;
  try {
    return { value: canonical(await api[call.fn](...call.args)).replace(DERIVED_UUID, DERIVED) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: message.replaceAll(configDir, "<CONFIG>") };
  } finally {
    if (before === undefined) delete process.env["CLAUDE_CONFIG_DIR"];
    else process.env["CLAUDE_CONFIG_DIR"] = before;
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
/** What is made of other things is a uuid of version 8; nothing in a store has one. */
const DERIVED_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
export const DERIVED = "<derived>";
const TIME = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const NOW_MS = 10 * 60_000;

/** Names ids that the call made up, in order of appearance, and times that are now. */
class Names {
  readonly #known: (id: string) => boolean;
  readonly #names = new Map<string, string>();

  constructor(known: (id: string) => boolean) {
    this.#known = known;
  }

  in(text: string): string {
    return text
      .replace(DERIVED_UUID, DERIVED)
      .replace(UUID, (id) => {
        if (this.#known(id)) return id;
        if (!this.#names.has(id)) this.#names.set(id, `<new ${this.#names.size + 1}>`);
        return this.#names.get(id) as string;
      })
      .replace(TIME, (time) => (Math.abs(Date.parse(time) - Date.now()) < NOW_MS ? "<now>" : time));
  }
}

/** A config dir of one implementation, watched from call to call. */
export class Side {
  readonly #api: Api;
  readonly #configDir: string;
  readonly #known: (id: string) => boolean;
  #tree: Map<string, TreeFile>;

  constructor(api: Api, configDir: string, known: (id: string) => boolean) {
    this.#api = api;
    this.#configDir = configDir;
    this.#known = known;
    this.#tree = readTree(configDir);
  }

  async run(call: Call): Promise<Effect> {
    const before = this.#tree;
    const outcome = await outcomeOf(this.#api, call, this.#configDir);
    const after = readTree(this.#configDir);
    this.#tree = after;
    const names = new Names((id) => this.#known(id));
    const told: Outcome = "value" in outcome ? { value: names.in(outcome.value) } : { error: names.in(outcome.error) };
    return { outcome: told, changes: changesBetween(before, after, names) };
  }
}

function changesBetween(
  before: Map<string, TreeFile>,
  after: Map<string, TreeFile>,
  names: Names,
): Record<string, Change> {
  const changes: Record<string, Change> = {};
  for (const path of before.keys()) if (!after.has(path)) changes[path] = { kind: "removed" };
  for (const [path, file] of after) {
    const old = before.get(path);
    if (old?.type === file.type && old.mode === file.mode && old.content === file.content) continue;
    const name = names.in(path);
    if (
      path.endsWith(".jsonl") &&
      old?.type === "file" &&
      file.type === "file" &&
      old.mode === file.mode &&
      file.content.startsWith(old.content)
    ) {
      changes[name] = { kind: "appended", content: file.content.slice(old.content.length) };
    } else {
      const content =
        file.type === "file" && path.endsWith(".jsonl") ? rowsIn(file.content, names) : names.in(file.content);
      changes[name] = { kind: old === undefined ? "added" : "changed", type: file.type, mode: file.mode, content };
    }
  }
  return Object.fromEntries(Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A new transcript row by row: payloads may be written in other bytes as long as they parse to the same, in the same order. */
function rowsIn(latin1: string, names: Names): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return names.in(rowsAsParsed(text));
}

/** Rows as what they parse to; what is no row stays as it is. */
export const rowsAsParsed = (text: string): string =>
  text
    .split("\n")
    .map((row) => {
      const parsed = rowOf(Buffer.from(row)) ?? rowOf(escapedControls(Buffer.from(row)) ?? Buffer.alloc(0));
      return parsed === undefined ? row : JSON.stringify(parsed);
    })
    .join("\n");

/** The effect with further changes, by path in order. */
export const withChanges = (effect: Effect, changes: Readonly<Record<string, Change>>): Effect => ({
  ...effect,
  changes: Object.fromEntries(Object.entries({ ...effect.changes, ...changes }).sort(([a], [b]) => (a < b ? -1 : 1))),
});
