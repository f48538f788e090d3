/** What a deletion takes, and where it goes. */
import path from "node:path";
import { type Call, optionsOf } from "./calls.ts";
import { contentOf, copies, inReach, reals, withFurther } from "./copies.ts";
import type { Deviation } from "./deviation.ts";
import { type Entry, linkedProjects, projectOf, type Store, transcriptsOf } from "./model.ts";
import { type Change, type Effect, type Outcome, rowsAsParsed, withChanges } from "./outcome.ts";

const isDelete = (call: Call): boolean => call.fn === "deleteSession" && typeof call.args[0] === "string";
const idOf = (call: Call): string => String(call.args[0]);
const succeeded = (effect: Effect): boolean => "value" in effect.outcome;

export const deleteDeviations: readonly Deviation[] = [
  {
    id: "delete-all",
    title: "A deletion includes every copy of the session and everything that belongs to it",
    reason: "Otherwise a deleted session reappears from another project, and its files stay forever.",
    official: "Removes the first copy and its `<id>/`.",
    ours: "Removes all copies, including empty ones; everything that is named by the session's id at the top of the config dir or in one of the two levels of directories below; the job whose state names the session; and older subagents next to the transcript. A copy that somebody made (`<id>.jsonl.bak`) stays.",
    applies: (store, call) => {
      if (!isDelete(call) || reals(inReach(store, call)).length === 0) return false;
      const official = new Set(firstCopy(store, idOf(call)));
      return belongings(store, idOf(call)).some((at) => !official.has(at));
    },
    effect: (effect, { store, call }) =>
      succeeded(effect)
        ? withChanges(effect, Object.fromEntries(belongings(store, idOf(call)).map((at) => [at, { kind: "removed" }])))
        : effect,
    calls: (rng, store) => [{ fn: "deleteSession", args: [rng.pick(transcriptsOf(store)).sessionId] }],
    provoke: (rng, store) => {
      const more = transcriptsOf(store).flatMap((one): Entry[] => {
        const id = one.sessionId;
        const file = (at: string): Entry => ({
          kind: "file",
          path: at,
          bytes: Buffer.from(`{"sessionId":"${id}","x":1}\n`),
          mtime: one.mtime,
        });
        const older = { ...one, path: `projects/-zz-copies/${id}.jsonl`, mtime: one.mtime - 5_000 };
        return [
          ...(rng.chance(0.6) ? [older, file(`projects/-zz-copies/${id}/tool-results/x.txt`)] : []),
          ...(rng.chance(0.3) ? [{ ...file(`projects/-zz-empty/${id}.jsonl`), bytes: Buffer.alloc(0) } as Entry] : []),
          file(`file-history/${id}/abc@v1`),
          file(`session-env/${id}/hook.sh`),
          file(`todos/${id}-agent-${id}.json`),
          file(`tasks/${id}/1.json`),
          file(`uploads/${id}/a.png`),
          file(`image-cache/${id}/1.png`),
          file(`usage-data/facets/${id}.json`),
          file(`projects/${projectOf(one.path)}/agent-${rng.hex(8)}.jsonl`),
          file(`projects/${projectOf(one.path)}/${id}.desktop-released.json`),
        ];
      });
      return withFurther(store, more);
    },
  },
  {
    id: "delete-to-trash",
    title: "A deletion goes to the trash",
    reason: "A conversation cannot be recreated, so a mistake must be reversible.",
    official: "Removes the files for good.",
    ours: "Moves them to claude-transcripts/trash, unless `permanent` is given.",
    applies: (store, call) =>
      isDelete(call) && optionsOf(call)["permanent"] === false && reals(inReach(store, call)).length > 0,
    effect: (effect, { store }) => {
      if (!succeeded(effect)) return effect;
      const contents = store.entries.flatMap((entry) =>
        entry.path in effect.changes && entry.kind !== "dir" && entry.kind !== "link" ? [namedAs(entry)] : [],
      );
      const added: Record<string, Change> = {};
      contents.forEach((content, i) => (added[`${TRASH}${i}`] = { kind: "added", type: "file", mode: 0, content }));
      return withChanges(effect, added);
    },
    view: trashAsContents,
    calls: (rng, store) => [
      { fn: "deleteSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId)), { permanent: false }] },
    ],
    provoke: (_rng, store) => store,
  },
  {
    id: "delete-in-use",
    title: "A session in use is not deleted",
    reason: "The CLI would keep writing to a file that no longer exists.",
    official: "Deletes it.",
    ours: "Throws SessionInUse if a process of the session is running or, if that cannot be determined, if the transcript changed in the last two minutes; `force` overrides this.",
    applies: (store, call) =>
      isDelete(call) &&
      optionsOf(call)["force"] === false &&
      reals(inReach(store, call)).length > 0 &&
      reals(copies(store, idOf(call))).some((one) => Date.now() - one.mtime < 100_000) &&
      store.entries.some((entry) => entry.path.startsWith("sessions/")),
    effect: (effect, { call }) =>
      succeeded(effect) ? { outcome: { error: `Session ${idOf(call)} is in use` }, changes: {} } : effect,
    view: (effect) => ({ ...effect, outcome: firstWords(effect.outcome) }),
    calls: (rng, store) => [
      { fn: "deleteSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId)), { force: false }] },
    ],
    provoke: (_rng, store) => ({
      ...store,
      entries: [
        ...store.entries.map((entry) =>
          entry.kind === "transcript" ? { ...entry, mtime: Date.now() - 5_000 } : entry,
        ),
        // What a CLI on another machine leaves on a shared disk.
        ...transcriptsOf(store).map((one, i): Entry => {
          const bytes = Buffer.from(
            JSON.stringify({ pid: i + 1, sessionId: one.sessionId, procStart: "1", pidDomain: "elsewhere" }),
          );
          return { kind: "file", path: `sessions/${i + 1}.json`, bytes, mtime: one.mtime };
        }),
      ],
    }),
  },
];

/** Everything at a path and below it, the directories on the way included. */
function pathsBelow(store: Store, root: string): string[] {
  const found = new Set<string>();
  for (const entry of store.entries) {
    if (entry.path !== root && !entry.path.startsWith(`${root}/`)) continue;
    for (let at = entry.path; at.length >= root.length; at = path.posix.dirname(at)) found.add(at);
  }
  return [...found];
}

/** All that belongs to a session, by path. */
function belongings(store: Store, id: string): string[] {
  const roots = new Set<string>();
  const linked = new Set(linkedProjects(store).map(({ to }) => to));
  for (const entry of store.entries) {
    const parts = entry.path.split("/");
    const isInProject = parts[0] === "projects" || linked.has(parts.slice(0, 2).join("/"));
    if (isInProject && parts[2] === `${id}.jsonl` && entry.kind !== "dir") roots.add(entry.path);
    if (isInProject && parts[2] === id) roots.add(parts.slice(0, 3).join("/"));
    if (isInProject && parts[2] === `${id}.desktop-released.json`) roots.add(entry.path);
    if (!isInProject && parts[1]?.startsWith(id) === true) roots.add(parts.slice(0, 2).join("/"));
    if (parts[0] === "usage-data" && parts[2]?.startsWith(id) === true) roots.add(entry.path);
    if (isInProject && parts[2]?.startsWith("agent-") === true && contentOf(entry).includes(`"sessionId":"${id}"`))
      roots.add(entry.path);
  }
  return [...roots].flatMap((root) => pathsBelow(store, root));
}

/** What the official deletion takes: the first copy and its directory. */
function firstCopy(store: Store, id: string): string[] {
  const first = copies(store, id)[0];
  if (first === undefined) return [];
  return [first.path, ...pathsBelow(store, first.path.replace(/\.jsonl$/, ""))];
}

const TRASH = "claude-transcripts/trash/";

/** Trash entries are named after the time; what matters of them is that everything is there. */
function trashAsContents(effect: Effect): Effect {
  const kept: Record<string, Change> = {};
  const contents: string[] = [];
  for (const [at, change] of Object.entries(effect.changes)) {
    if (!at.startsWith("claude-transcripts")) kept[at] = change;
    else if (change.kind === "added" && change.type === "file" && !at.endsWith("/manifest.json"))
      contents.push(change.content);
  }
  return {
    ...effect,
    changes: {
      ...kept,
      [TRASH]: { kind: "added", type: "dir", mode: 0o700, content: JSON.stringify(contents.sort()) },
    },
  };
}

/** File content as `Side` gives it. */
const namedAs = (entry: Entry): string => {
  const text = contentOf(entry);
  return entry.path.endsWith(".jsonl") ? rowsAsParsed(text.toString("utf8")) : text.toString("latin1");
};

const firstWords = (outcome: Outcome): Outcome =>
  "error" in outcome ? { error: outcome.error.replace(/(is in use).*/s, "$1") } : outcome;
