import fs from "node:fs";
import path from "node:path";
import {
  archiveSession,
  deleteSession,
  editSessionTags,
  forkSession,
  getSessionAnnotation,
  getSessionInfo,
  getSessionMessages,
  listSessions,
  listTrash,
  renameSession,
  restoreFromSnapshot,
  restoreSession,
  tagSession,
  takeSnapshot,
  TranscriptError,
} from "../../src/index.ts";
import type { Call } from "./run.ts";
import { ID, type KillStore, OTHER } from "./store.ts";

/** A writer that is killed at every point. The checks give what is wrong, in words; nothing when all is well. */
export interface Operation {
  readonly title: string;
  readonly apart: boolean;
  /** Another way of an operation that is here too. */
  readonly variant: boolean;
  /** The state that the call begins with. */
  prepare(store: KillStore): Promise<void>;
  call(store: KillStore): Call;
  /** After the kill: what is lost, half-written or unreadable. */
  check(store: KillStore, before: Tree): Promise<string[]>;
  /** Calls again, and says what is not as if nothing had happened. */
  again(store: KillStore, before: Tree): Promise<string[]>;
}

export type Tree = Readonly<Record<string, string>>;

export const isTemp = (at: string): boolean => /\.ct-[^/]*\.tmp(?:$|\/)/.test(at);
export const isTrash = (at: string): boolean => at.startsWith("claude-transcripts");
const isOwn = (at: string): boolean => at.includes(ID) || at.includes("agent-1");
const ownOf = (tree: Tree): [string, string][] => Object.entries(tree).filter(([at]) => isOwn(at) && !isTrash(at));
export const textOf = (store: KillStore, at: string): string => fs.readFileSync(path.join(store.dir, at), "utf8");
const transcript = `projects/-a/${ID}.jsonl`;

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "done",
    (error: unknown) => (error instanceof TranscriptError ? error.code : String(error)),
  );

export function differences(was: Tree, is: Tree, counts: (at: string) => boolean = () => true): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((at) => counts(at) && was[at] !== is[at])
    .map((at) => `${at}: ${was[at] ?? "nothing"} became ${is[at] ?? "nothing"}`);
}

/** What no kill may do, whatever was called: harm others, leave a row that cannot be read, stop a reader. */
async function general(
  store: KillStore,
  before: Tree,
  rowsOf = (at: string): string => textOf(store, at),
): Promise<string[]> {
  const tree = store.see();
  const problems = differences(before, tree, (at) => !isOwn(at) && !isTrash(at) && !isTemp(at));
  for (const [at, what] of Object.entries(tree)) {
    if (!at.endsWith(".jsonl") || isTemp(at) || !what.startsWith("file")) continue;
    const text = rowsOf(at);
    if (!text.endsWith("\n") || !text.trimEnd().split("\n").every(isJson)) {
      problems.push(`${at} holds a row that is not whole`);
    }
  }
  await listSessions();
  await listTrash(store.options);
  await getSessionMessages(ID, store.options);
  await getSessionInfo(ID, store.options);
  if ((await getSessionMessages(OTHER, store.options)).length !== 3) problems.push("the other session lost messages");
  return problems;
}

export function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

export const leftovers = (store: KillStore): string[] =>
  Object.keys(store.see())
    .filter((at) => isTemp(at) || /\.(?:deleting|restoring|removing|lock)$|\.ct-aside-/.test(at))
    .map((at) => `${at} was left`);

// ── rename, tag ────────────────────────────────────────────────────────────

/** A row, or two at once, are appended to a transcript without a final newline. */
function annotation(
  title: string,
  name: "renameSession" | "tagSession" | "editSessionTags",
  value: unknown,
  row: string,
  isSet: (store: KillStore) => Promise<boolean>,
): Operation {
  const original = (store: KillStore): string => textOf(store, "original").trimEnd();
  return {
    title,
    apart: false,
    variant: false,
    async prepare(store) {
      const file = path.join(store.dir, transcript);
      fs.copyFileSync(file, path.join(store.dir, "original"));
      fs.truncateSync(file, fs.statSync(file).size - 1);
    },
    call: ({ options }) => ({ name, args: [ID, value, options] }),
    async check(store, before) {
      const text = textOf(store, transcript);
      const problems = await general(store, before, (at) =>
        at === transcript ? `${text.trimEnd()}\n` : textOf(store, at),
      );
      const allowed = [original(store), `${original(store)}\n${row}\n`];
      return allowed.includes(text) ? problems : [...problems, `the transcript is ${JSON.stringify(text)}`];
    },
    async again(store) {
      const annotate = { renameSession, tagSession, editSessionTags }[name];
      await annotate(ID, value as never, store.options);
      const text = textOf(store, transcript);
      // The row that a killed run wrote already stands there twice, which says the same.
      const allowed = [1, 2].map((times) => `${original(store)}\n${`${row}\n`.repeat(times)}`);
      const problems = allowed.includes(text) ? [] : [`the transcript is ${JSON.stringify(text)}`];
      return (await isSet(store)) ? problems : [...problems, `${name} did not set ${JSON.stringify(value)}`];
    },
  };
}

const rename = annotation(
  "renameSession",
  "renameSession",
  "A title",
  `{"type":"custom-title","customTitle":"A title","sessionId":"${ID}"}`,
  async ({ options }) => (await getSessionInfo(ID, options))?.customTitle === "A title",
);
const tag = annotation(
  "tagSession",
  "tagSession",
  "bug",
  `{"type":"tag","tag":"bug","sessionId":"${ID}"}`,
  async ({ options }) => (await getSessionInfo(ID, options))?.tag === "bug",
);
const tags = annotation(
  "editSessionTags",
  "editSessionTags",
  { add: ["bug", "later"] },
  [
    `{"type":"tag","tag":"bug","sessionId":"${ID}"}`,
    `{"type":"claude-transcripts-annotation","tags":["bug","later"],"sessionId":"${ID}"}`,
  ].join("\n"),
  async ({ options }) => (await getSessionAnnotation(ID, options))?.tags.join() === "bug,later",
);

// ── archive ────────────────────────────────────────────────────────────────

const archive: Operation = {
  title: "archiveSession",
  apart: false,
  variant: false,
  prepare: async () => {},
  call: ({ options }) => ({ name: "archiveSession", args: [ID, options] }),
  async check(store, before) {
    const marks = Object.keys(store.see()).filter((at) => at.endsWith("archived.json"));
    const torn = marks.filter((at) => !isJson(textOf(store, at))).map((at) => `${at} is half-written`);
    const lost = differences(before, store.see(), (at) => before[at] !== undefined);
    return [...(await general(store, before)), ...torn, ...lost];
  },
  async again(store) {
    await archiveSession(ID, store.options);
    const problems = leftovers(store);
    if ((await getSessionInfo(ID, store.options))?.archived !== true) problems.push("the session is not archived");
    for (const key of ["-a", "-b"]) {
      const { archived } = JSON.parse(textOf(store, `projects/${key}/${ID}/archived.json`)) as { archived: boolean };
      if (!archived) problems.push(`the copy in ${key} is not archived`);
    }
    return problems;
  },
};

// ── fork ───────────────────────────────────────────────────────────────────

const forks = (store: KillStore): string[] =>
  Object.keys(store.see())
    .filter((at) => /^projects\/-a\/[^/]+\.jsonl$/.test(at) && !isOwn(at) && !at.includes(OTHER))
    .map((at) => path.basename(at, ".jsonl"));

/** A fork that is there is all there: it reads like its source, and its title, the last row, is in it. */
async function incompleteForks(store: KillStore): Promise<string[]> {
  const texts = async (id: string): Promise<string> =>
    JSON.stringify((await getSessionMessages(id, store.options)).map(({ message }) => message));
  const source = await texts(ID);
  const problems: string[] = [];
  for (const id of forks(store)) {
    if ((await texts(id)) !== source) problems.push(`the fork ${id} reads otherwise than its source`);
    if (!textOf(store, `projects/-a/${id}.jsonl`).trimEnd().split("\n").at(-1)?.includes('"custom-title"')) {
      problems.push(`the fork ${id} has no title`);
    }
  }
  return problems;
}

const fork: Operation = {
  title: "forkSession",
  apart: false,
  variant: false,
  prepare: async () => {},
  call: ({ options }) => ({ name: "forkSession", args: [ID, { ...options, includeSubagents: true }] }),
  async check(store, before) {
    const lost = differences(before, store.see(), (at) => before[at] !== undefined);
    const many = forks(store).length > 1 ? ["there is more than one fork"] : [];
    const known = { ...store.see(), ...before };
    return [...(await general(store, known)), ...lost, ...many, ...(await incompleteForks(store))];
  },
  async again(store) {
    const { sessionId } = await forkSession(ID, { ...store.options, includeSubagents: true });
    const missing = forks(store).includes(sessionId) ? [] : ["the second run made no fork"];
    return [...missing, ...(await incompleteForks(store)), ...leftovers(store)];
  },
};

// ── delete, restore ────────────────────────────────────────────────────────

/** What of the session is neither in its place nor in the trash, as it was. */
function lost(store: KillStore, original: Tree): string[] {
  const tree = store.see();
  const kept = new Map<string, string[]>();
  for (const [at, what] of Object.entries(tree)) {
    const inTrash = /^claude-transcripts\/trash\/[^/]+\/files\/(.*)$/s.exec(at)?.[1];
    const under = inTrash ?? at.replace(/\/\.([^/]+)\.ct-aside-[0-9a-f]{8}-[0-9]+(?=$|\/)/, "/$1");
    kept.set(under, [...(kept.get(under) ?? []), what]);
  }
  // A directory that is being copied or removed may be there in part; what is in it is asked for by itself.
  return ownOf(original)
    .filter(([at, what]) => !what.startsWith("directory") && !kept.get(at)?.includes(what))
    .map(([at, what]) => `${at} (${what}) is lost: ${kept.get(at)?.join(", ") ?? "nowhere"}`);
}

/** The trees of the stores before they were emptied, for operations that begin with a deleted session. */
const originals = new WeakMap<KillStore, Tree>();

async function undone(store: KillStore, original: Tree): Promise<string[]> {
  const outcome = await codeOf(restoreSession(ID, store.options));
  if (outcome !== "done" && outcome !== "TrashEntryNotFound") return [`restoreSession: ${outcome}`];
  // A deletion that was killed before it wrote anything down leaves an empty entry, which the next one uses.
  const counts = (at: string): boolean => outcome === "done" || !isTrash(at);
  return differences(original, store.see(), counts).map((problem) => `undone: ${problem}`);
}

const deletion = (title: string, apart: boolean, permanent: boolean): Operation => ({
  title,
  apart,
  variant: apart || permanent,
  prepare: async () => {},
  call: ({ options }) => ({ name: "deleteSession", args: [ID, { ...options, permanent }] }),
  check: async (store, before) => [...(await general(store, before)), ...(permanent ? [] : lost(store, before))],
  async again(store, before) {
    const problems: string[] = [];
    if (!permanent) {
      const other = store.copy();
      problems.push(...(await undone(other, before)));
      other.remove();
    }
    const outcome = await codeOf(deleteSession(ID, { ...store.options, permanent }));
    if (outcome !== "done" && outcome !== "SessionNotFound") problems.push(`deleteSession: ${outcome}`);
    problems.push(...leftovers(store), ...ownOf(store.see()).map(([at]) => `${at} was not deleted`));
    const entries = await listTrash(store.options);
    if (permanent) return entries.length === 0 ? problems : [...problems, "something is in the trash"];
    if (entries.length !== 1 || entries[0]?.complete !== true) problems.push(`the trash has ${entries.length} entries`);
    return [...problems, ...(await undone(store, before))];
  },
});

/** A clean-up that takes one of two sessions: the one with a row more. */
const cleaning: Operation = {
  ...deletion("cleanupSessions", false, false),
  variant: true,
  async prepare({ dir }) {
    fs.appendFileSync(path.join(dir, transcript), `${JSON.stringify({ type: "summary", summary: "grown" })}\n`);
  },
  call: (store) => ({
    name: "cleanupSessions",
    args: [{ ...store.options, larger: Buffer.byteLength(textOf(store, transcript.replace(ID, OTHER))) }],
  }),
};

const restoration = (title: string, apart: boolean): Operation => ({
  title,
  apart,
  variant: apart,
  async prepare(store) {
    originals.set(store, store.see());
    await deleteSession(ID, store.options);
  },
  call: ({ options }) => ({ name: "restoreSession", args: [ID, options] }),
  check: async (store, before) => [...(await general(store, before)), ...lost(store, originals.get(store) ?? {})],
  again: (store) => {
    const original = originals.get(store) ?? {};
    return undone(store, original).then((problems) => [
      ...problems,
      ...differences(original, store.see()),
      ...leftovers(store),
    ]);
  },
});

// ── snapshot ───────────────────────────────────────────────────────────────

/** Where snapshots of tests are: inside the store, which no reader looks into. */
const kept = (store: KillStore): string => path.join(store.dir, "claude-transcripts", "snapshot");
const snapshotOf = (store: KillStore): { configDir: string; to: string } => ({ configDir: store.dir, to: kept(store) });
const isFile = (what: string): boolean => what.startsWith("file");
const inSnapshot = (at: string): string => `claude-transcripts/snapshot/${at}`;

/** A file of the snapshot has the beginning of what the store has or had, or what it had itself. */
function brokenCopies(store: KillStore): string[] {
  return Object.entries(store.see()).flatMap(([at, what]) => {
    const name =
      at.startsWith(inSnapshot("projects/")) && isFile(what) && !isTemp(at) ? at.slice(inSnapshot("").length) : "";
    if (name === "") return [];
    const copy = textOf(store, at);
    const sources = [name.replace(/\.old-.*/, ""), `was/${name.replace(/\.old-.*/, "")}`];
    const isWhole = sources.some(
      (source) => fs.existsSync(path.join(store.dir, source)) && textOf(store, source).startsWith(copy),
    );
    return isWhole ? [] : [`${at} has other contents than the store`];
  });
}

/** A second snapshot: a transcript has grown, another one was rewritten, a third is new. */
const snapshotting: Operation = {
  title: "takeSnapshot",
  apart: false,
  variant: false,
  async prepare(store) {
    await takeSnapshot(snapshotOf(store));
    fs.cpSync(path.join(store.dir, "projects"), path.join(store.dir, "was", "projects"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    fs.appendFileSync(path.join(store.dir, transcript), '{"type":"later"}\n');
    fs.writeFileSync(path.join(store.dir, `projects/-b/${ID}.jsonl`), '{"type":"rewritten"}\n');
    fs.writeFileSync(path.join(store.dir, `projects/-a/${ID}/subagents/agent-new.jsonl`), '{"type":"new"}\n');
  },
  call: (store) => ({ name: "takeSnapshot", args: [snapshotOf(store)] }),
  async check(store, before) {
    const changed = differences(before, store.see(), (at) => !isTrash(at));
    return [...(await general(store, before)), ...changed, ...brokenCopies(store)];
  },
  async again(store) {
    await takeSnapshot(snapshotOf(store));
    const tree = store.see();
    const missing = Object.entries(tree)
      .filter(([at, what]) => at.startsWith("projects/") && isFile(what) && tree[inSnapshot(at)] !== what)
      .map(([at, what]) => `${inSnapshot(at)} is ${tree[inSnapshot(at)] ?? "missing"}, not ${what}`);
    const old = Object.keys(tree).filter((at) => at.includes(`${ID}.jsonl.old-`));
    const superseded = old.length === 1 ? [] : [`the earlier contents are ${old.length} times in the snapshot`];
    const { copied } = await takeSnapshot(snapshotOf(store));
    return [...missing, ...superseded, ...copied.map((file) => `${file.path} was copied again`), ...leftovers(store)];
  },
};

/** A session is back from a snapshot, after everything of it was deleted for good. */
const snapshotRestoration: Operation = {
  title: "restoreFromSnapshot",
  apart: false,
  variant: false,
  async prepare(store) {
    originals.set(store, store.see());
    await takeSnapshot(snapshotOf(store));
    await deleteSession(ID, { ...store.options, permanent: true });
  },
  call: (store) => ({ name: "restoreFromSnapshot", args: [ID, { from: kept(store), configDir: store.dir }] }),
  async check(store, before) {
    const tree = store.see();
    const original = originals.get(store) ?? {};
    const torn = ownOf(tree)
      .filter(([at, what]) => isFile(what) && !isTemp(at) && original[at] !== what)
      .map(([at, what]) => `${at} is ${what}, not ${original[at] ?? "nothing"}`);
    const lostInSnapshot = differences(
      before,
      tree,
      (at) => at.startsWith(inSnapshot("")) && !at.startsWith(inSnapshot("claude-transcripts")),
    );
    return [...(await general(store, before)), ...torn, ...lostInSnapshot];
  },
  async again(store) {
    await restoreFromSnapshot(ID, { from: kept(store), configDir: store.dir });
    const counts = (at: string): boolean => !isTrash(at) && isFile(originals.get(store)?.[at] ?? store.see()[at] ?? "");
    return [...differences(originals.get(store) ?? {}, store.see(), counts), ...leftovers(store)];
  },
};

export const operations: readonly Operation[] = [
  rename,
  tag,
  tags,
  archive,
  fork,
  snapshotting,
  snapshotRestoration,
  deletion("deleteSession", false, false),
  deletion("deleteSession, for good", false, true),
  restoration("restoreSession", false),
  cleaning,
  deletion("deleteSession, from another file system", true, false),
  deletion("deleteSession, for good, from another file system", true, true),
  restoration("restoreSession, to another file system", true),
];
