import path from "node:path";
import { keyOf } from "./key.ts";
import { linkedProjects, rowOf, type Store, type Transcript, transcriptsOf } from "./model.ts";
import type { Rng } from "./rng.ts";
import { prose, title } from "./text.ts";

/** One call of a function that both implementations have. */
export interface Call {
  readonly fn: keyof Api;
  readonly args: readonly unknown[];
}

/** The functions under comparison; arguments as the official ones take them. */
export type Api = Readonly<Record<(typeof FUNCTIONS)[number], (...args: readonly unknown[]) => Promise<unknown>>>;

const FUNCTIONS = [
  "listSessions",
  "getSessionInfo",
  "getSessionMessages",
  "listSubagents",
  "getSubagentMessages",
  "projectKey",
  "forkSession",
  "renameSession",
  "tagSession",
  "archiveSession",
  "unarchiveSession",
  "deleteSession",
] as const;

/** Functions that change the store. */
export const CHANGING: ReadonlySet<string> = new Set<keyof Api>([
  "forkSession",
  "renameSession",
  "tagSession",
  "archiveSession",
  "unarchiveSession",
  "deleteSession",
]);

export const sessionOf = (call: Call): string | undefined =>
  call.fn === "listSessions" || call.fn === "projectKey" ? undefined : (call.args[0] as string | undefined);

/** The options of a call, whatever its place among the arguments. */
export function optionsOf(call: Call): Readonly<Record<string, unknown>> {
  const last = call.args.at(-1);
  return typeof last === "object" && last !== null ? (last as Record<string, unknown>) : {};
}

export const dirOf = (call: Call): string | undefined => {
  const dir = call.fn === "projectKey" ? undefined : optionsOf(call)["dir"];
  return typeof dir === "string" && dir !== "" ? dir : undefined;
};

/** Whether the project dirs of the call's directory are told by what their sessions say, as those of long paths are. */
export function seeksByRows(call: Call): boolean {
  const dir = dirOf(call);
  return dir !== undefined && keyOf(dir).length > 200;
}

/** Transcripts that a function may read under an id: those of that name, and what a link of that name leads to. */
export function concerned(store: Store, call: Call): Set<string> {
  const id = sessionOf(call);
  const paths = new Set<string>();
  const links = linkedProjects(store);
  for (const entry of store.entries) {
    const named = id !== undefined && entry.path.endsWith(`/${id}.jsonl`);
    if (named || ((id === undefined || seeksByRows(call)) && entry.kind === "transcript")) {
      const at = entry.kind === "link" ? path.posix.join(path.posix.dirname(entry.path), entry.target) : entry.path;
      const through = links.find((link) => at.startsWith(`${link.path}/`));
      paths.add(through === undefined ? at : at.replace(through.path, through.to));
    }
  }
  return paths;
}

const UUID_FILE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/i;

/** Every id that a file of the store is named after, and some that none is. */
export function idsOf(store: Store): string[] {
  const ids = new Set(store.ids);
  for (const entry of store.entries) {
    const id = UUID_FILE.exec(path.posix.basename(entry.path))?.[1];
    if (id !== undefined && entry.path.split("/").length === 3) ids.add(id);
  }
  return [...ids];
}

/** Calls that change nothing. */
export function readCalls(rng: Rng, store: Store): Call[] {
  const calls: Call[] = [];
  const add = (fn: keyof Api, ...args: unknown[]): void => void calls.push({ fn, args });
  const dir = (): string => rng.pick(store.dirs);

  add("listSessions", ...rng.pick([[], [{}], [null], [undefined], [{ dir: "" }]]));
  add("listSessions", { includeProgrammatic: false });
  add("listSessions", { limit: rng.int(1, 4), offset: rng.int(0, 3) });
  add(
    "listSessions",
    rng.pick<Record<string, unknown>>([
      { limit: 0 },
      { limit: -1 },
      { limit: 1.5 },
      { limit: "2" },
      { offset: 1 },
      { offset: -1 },
      { offset: 1.5 },
      { limit: null, offset: null },
      { limit: Number.NaN },
      { limit: Infinity, offset: 1 },
    ]),
  );
  for (const one of rng.sample(store.dirs, 2)) {
    add("listSessions", { dir: one });
    if (rng.chance(0.5)) add("listSessions", { dir: one, includeWorktrees: rng.pick([false, true, 0, null]) });
    if (rng.chance(0.5))
      add("listSessions", {
        dir: one,
        limit: rng.int(1, 3),
        offset: rng.int(0, 2),
        includeProgrammatic: rng.chance(0.5),
      });
  }

  for (const id of idsOf(store)) {
    add("getSessionInfo", id);
    if (rng.chance(0.4)) add("getSessionInfo", id, { dir: dir() });
    add("getSessionMessages", id);
    add("getSessionMessages", id, { includeSystemMessages: true });
    if (rng.chance(0.5)) add("getSessionMessages", id, messagePage(rng));
    if (rng.chance(0.3)) add("getSessionMessages", id, { dir: dir(), ...(rng.chance(0.5) && messagePage(rng)) });
    add("listSubagents", id);
    if (rng.chance(0.2)) add("listSubagents", id, { dir: dir() });
    for (const agent of agentsOf(store, id)) add("getSubagentMessages", id, agent);
    if (rng.chance(0.3))
      add("getSubagentMessages", id, rng.pick<unknown>(["", "nope", "../x", null, undefined, "agent-a"]));
    if (rng.chance(0.3)) add("getSubagentMessages", id, rng.pick([...agentsOf(store, id), "a"]), messagePage(rng));
  }
  const invalid = rng.pick<unknown>(["nope", "", null, undefined, 5]);
  add("getSessionInfo", invalid);
  add("getSessionMessages", invalid);
  add("listSubagents", invalid);
  for (let i = 0; i < 3; i++)
    add(
      "projectKey",
      rng.pick([dir(), `${dir()}/`, `${dir()}/x`, `${dir()}/../y`, undefined, "", ".", randomPath(rng)]),
    );
  return calls;
}

function messagePage(rng: Rng): Record<string, unknown> {
  return rng.pick<Record<string, unknown>>([
    { limit: rng.int(1, 5) },
    { limit: rng.int(1, 5), offset: rng.int(0, 8) },
    { offset: rng.int(0, 8) },
    { offset: -2, limit: 1 },
    { limit: 0 },
    { limit: -1, offset: 2 },
    { limit: 1.5 },
    { limit: 2, offset: "1" },
    { limit: null, offset: null },
    { offset: 1.5 },
  ]);
}

function randomPath(rng: Rng): string {
  const names = ["a-b", "my.app", "日本", "😀", "é", "e\u0301", "x y", "C:\\x", "long".repeat(30), "..", "."];
  return `/${Array.from({ length: rng.int(1, 8) }, () => rng.pick(names)).join("/")}${rng.chance(0.2) ? "/" : ""}`;
}

export function agentsOf(store: Store, id: string): string[] {
  const names = new Set<string>();
  for (const entry of store.entries) {
    if (!entry.path.includes(`/${id}/subagents/`)) continue;
    const name = /^agent-(.*)\.jsonl$/s.exec(path.posix.basename(entry.path))?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

/** Calls that change the store, in an order that leaves something for the later ones. */
export function changeCalls(rng: Rng, store: Store): Call[] {
  const calls: Call[] = [];
  const add = (fn: keyof Api, ...args: unknown[]): void => void calls.push({ fn, args });
  const dir = (): Record<string, unknown>[] => (rng.chance(0.3) ? [{ dir: rng.pick(store.dirs) }] : []);
  const transcripts = rng.sample(transcriptsOf(store), 3);
  for (const transcript of transcripts) {
    const id = transcript.sessionId;
    add("forkSession", id, ...dir());
    for (const upToMessageId of cutIds(rng, transcript)) add("forkSession", id, { upToMessageId, ...dir()[0] });
    if (rng.chance(0.4)) add("forkSession", id, { title: rng.pick(["  Given  ", "   ", "", "a\nb", "é"]) });
  }
  const known = (): string => rng.pick(transcripts.length > 0 ? transcripts.map((one) => one.sessionId) : store.ids);
  const titles = [title(rng), "  trimmed ", "a\nb", "\u00a0nbsp\ufeff", "x".repeat(500), "\u2028"];
  add("renameSession", known(), rng.pick(titles), ...dir());
  add("renameSession", known(), rng.pick<unknown>(["", "  ", null, undefined, 5]));
  const tags = ["bug", " sp ", "ﬁ①ａ", "e\u0301\u202e", "👨\u200d👩", "lone\ud800x", "tab\tin", prose(rng, 20), null];
  add("tagSession", known(), rng.pick(tags), ...dir());
  add("tagSession", known(), rng.pick<unknown>(["", " ", "\u200b", undefined, 5]));
  add(rng.chance(0.6) ? "archiveSession" : "unarchiveSession", known(), ...dir());
  if (rng.chance(0.5)) add("unarchiveSession", known());
  const unknown = rng.pick<unknown>([rng.uuid(), "nope", "", null]);
  const fn = rng.pick(["forkSession", "archiveSession", "deleteSession"] as const);
  add(fn, unknown, ...dir());
  add(rng.pick(["renameSession", "tagSession"] as const), unknown, "x", ...dir());
  add("deleteSession", known(), ...dir());
  return calls;
}

/** Ids to end a fork with: rows of every kind, prompts that were queued under another id, and none at all. */
function cutIds(rng: Rng, transcript: Transcript): string[] {
  const ids: string[] = [];
  for (const bytes of transcript.lines) {
    const row = rowOf(bytes);
    if (typeof row?.["uuid"] === "string") ids.push(row["uuid"]);
    const attachment = row?.["attachment"];
    if (typeof attachment === "object" && attachment !== null && "source_uuid" in attachment)
      ids.push(String(attachment.source_uuid));
  }
  const chosen = rng.sample(ids, 3);
  if (rng.chance(0.2)) chosen.push(rng.pick(["", rng.uuid(), "zzz"]));
  return chosen;
}
