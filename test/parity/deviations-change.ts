/** Which copy is acted on, what is written, and what a deletion takes. */
import path from "node:path";
import { type Call, concerned, dirOf, optionsOf, sessionOf } from "./calls.ts";
import { ofSession } from "./deviations-conversation.ts";
import { askOfficial, type Deviation, type Tools } from "./deviation.ts";
import { keyOf } from "./key.ts";
import {
  bytesOf,
  type Entry,
  line,
  mapTranscripts,
  projectOf,
  type Row,
  type Store,
  type Transcript,
  transcriptsOf,
} from "./model.ts";
import type { Change, Effect, Outcome } from "./outcome.ts";
import { conversationRows, isMain, lastRows, parentOf, type Placed, uuidOf, withLines } from "./transforms.ts";

const ANNOTATING = new Set(["renameSession", "tagSession"]);
const FOUND_FIRST = new Set([
  "getSessionInfo",
  "getSessionMessages",
  "listSubagents",
  "getSubagentMessages",
  "forkSession",
  "renameSession",
  "tagSession",
]);

/** What stands under the session's name in the project dirs, by their names; one that is a link has its name too. */
function copies(store: Store, id: unknown): Entry[] {
  return store.entries
    .filter(
      (entry) =>
        !entry.path.includes("/subagents/") &&
        entry.path.endsWith(`/${String(id)}.jsonl`) &&
        entry.path.split("/").length === 3,
    )
    .filter((entry) => entry.kind === "dir" || entry.kind === "link" || contentOf(entry).length > 0)
    .sort((a, b) => Buffer.compare(Buffer.from(projectOf(a.path)), Buffer.from(projectOf(b.path))));
}

const contentOf = (entry: Entry): Buffer =>
  entry.kind === "transcript" ? bytesOf(entry) : entry.kind === "file" ? entry.bytes : Buffer.alloc(0);
const reals = (entries: readonly Entry[]): Transcript[] => entries.filter((entry) => entry.kind === "transcript");

/** Copies in project dirs that the directory may lead to; all without one. */
function inReach(store: Store, call: Call): Entry[] {
  const all = copies(store, sessionOf(call));
  if (dirOf(call) === undefined) return all;
  const keys = new Set(store.dirs.map((dir) => keyOf(dir).slice(0, 200)));
  return all.filter((entry) => keys.has(projectOf(entry.path).slice(0, 200)));
}

const newestOf = (entries: readonly Transcript[]): Transcript | undefined =>
  entries.reduce<Transcript | undefined>(
    (newest, one) => (newest === undefined || one.mtime > newest.mtime ? one : newest),
    undefined,
  );

const without = (store: Store, gone: ReadonlySet<Entry>): Store => ({
  ...store,
  entries: store.entries.filter((entry) => !gone.has(entry)),
});

/** Whether the official helpers find this copy by the call's options, when it is the only one. */
async function isFound(store: Store, one: Entry, call: Call, { official, scratch }: Tools): Promise<boolean> {
  const others = new Set(copies(store, sessionOf(call)).filter((entry) => entry !== one));
  const dir = dirOf(call);
  try {
    await askOfficial(official, without(store, others), scratch, {
      fn: "renameSession",
      args: [sessionOf(call), "x", dir === undefined ? {} : { dir }],
    });
    return true;
  } catch {
    return false;
  }
}

/** Everything at a path and below it, the directories on the way included. */
function pathsBelow(store: Store, root: string): string[] {
  const found = new Set<string>();
  for (const entry of store.entries) {
    if (entry.path !== root && !entry.path.startsWith(`${root}/`)) continue;
    for (let at = entry.path; at.length >= root.length; at = path.posix.dirname(at)) found.add(at);
  }
  return [...found];
}

const withChanges = (effect: Effect, changes: Readonly<Record<string, Change>>): Effect => ({
  ...effect,
  changes: Object.fromEntries(Object.entries({ ...effect.changes, ...changes }).sort(([a], [b]) => (a < b ? -1 : 1))),
});

const succeeded = (effect: Effect): boolean => "value" in effect.outcome;

/** All that belongs to a session, by path. */
function belongings(store: Store, id: string): string[] {
  const roots = new Set<string>();
  for (const entry of store.entries) {
    const parts = entry.path.split("/");
    if (parts[0] === "projects" && parts[2] === `${id}.jsonl` && entry.kind !== "dir") roots.add(entry.path);
    if (parts[0] === "projects" && parts[2] === id) roots.add(parts.slice(0, 3).join("/"));
    if (parts[0] === "projects" && parts[2] === `${id}.desktop-released.json`) roots.add(entry.path);
    if (["file-history", "session-env", "tasks", "uploads"].includes(parts[0] ?? "") && parts[1] === id)
      roots.add(parts.slice(0, 2).join("/"));
    if (parts[0] === "todos" && parts[1]?.startsWith(id) === true) roots.add(entry.path);
    if (
      parts[0] === "projects" &&
      parts[2]?.startsWith("agent-") === true &&
      contentOf(entry).includes(`"sessionId":"${id}"`)
    )
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

/** The store with those entries whose path is still free. */
function withFurther(store: Store, more: readonly Entry[]): Store {
  const byPath = new Map(more.map((entry) => [entry.path, entry]));
  for (const entry of store.entries) byPath.delete(entry.path);
  return { ...store, entries: [...store.entries, ...byPath.values()] };
}

const isDelete = (call: Call): boolean => call.fn === "deleteSession" && typeof call.args[0] === "string";
const idOf = (call: Call): string => String(call.args[0]);

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

const WITH_OPTIONS = new Set([
  "getSessionInfo",
  "forkSession",
  "renameSession",
  "tagSession",
  "archiveSession",
  "unarchiveSession",
  "deleteSession",
]);
const OPTIONS_AT: Readonly<Record<string, number>> = { renameSession: 2, tagSession: 2 };

export const changeDeviations: readonly Deviation[] = [
  {
    id: "null-options",
    title: "Options may be null",
    reason:
      "The list and the readers take it; programs that pass on what they were given need not tell the functions apart.",
    official: "Throws a TypeError in getSessionInfo and in all that change something.",
    ours: "Takes it for no options.",
    applies: (_store, call) => WITH_OPTIONS.has(call.fn) && call.args[OPTIONS_AT[call.fn] ?? 1] === null,
    insteadCall: (_store, call) => ({ fn: call.fn, args: call.args.slice(0, OPTIONS_AT[call.fn] ?? 1) }),
    calls: (rng, store) => {
      const id = (): string => rng.pick(transcriptsOf(store)).sessionId;
      return [
        { fn: "getSessionInfo", args: [id(), null] },
        { fn: "forkSession", args: [id(), null] },
        { fn: "renameSession", args: [id(), "x", null] },
        { fn: "tagSession", args: [id(), "x", null] },
        { fn: "archiveSession", args: [id(), null] },
        { fn: "unarchiveSession", args: [id(), null] },
        { fn: "deleteSession", args: [id(), null] },
      ];
    },
    provoke: (_rng, store) => store,
  },
  {
    id: "append-newline",
    title: "A missing final newline is put before what is appended",
    reason: "Without it the new row is glued to the last message, which no reader then finds.",
    official: "Appends to the last line.",
    ours: "Puts the newline first, in the same write.",
    applies: (store, call) =>
      ANNOTATING.has(call.fn) && reals(inReach(store, call)).some((one) => bytesOf(one).at(-1) !== 0x0a),
    effect: (effect, { store }) =>
      withChanges(
        effect,
        Object.fromEntries(
          Object.entries(effect.changes).map(([at, change]) => {
            const one = transcriptsOf(store).find((each) => each.path === at);
            const lacks = change.kind === "appended" && one !== undefined && bytesOf(one).at(-1) !== 0x0a;
            return [at, lacks ? { ...change, content: `\n${change.content}` } : change];
          }),
        ),
      ),
    provoke: (_rng, store) =>
      mapTranscripts(store, (one) => ({
        ...one,
        finalNewline: false,
        lines: one.lines.filter((bytes) => bytes.length > 0),
      })),
  },
  {
    id: "newest-copy",
    title: "Of several copies of one id the newest is the session",
    reason:
      "A list shows the newest copy. A rename, or the messages, of another one would look as if nothing had happened.",
    official: "Takes the first copy in the order of directory names.",
    ours: "Takes the copy that was written to last.",
    applies: (store, call) => {
      if (!FOUND_FIRST.has(call.fn)) return false;
      const found = inReach(store, call).filter((entry) => entry.kind !== "dir");
      const files = reals(found);
      if (files.length === 0 || found.length < 2) return false;
      return found[0] !== newestOf(files) || (dirOf(call) !== undefined && files.length > 1);
    },
    instead: async (store, call, tools) => {
      const all = copies(store, sessionOf(call));
      const found: Transcript[] = [];
      for (const one of reals(all)) if (await isFound(store, one, call, tools)) found.push(one);
      const newest = newestOf(found);
      return newest === undefined
        ? store
        : without(store, new Set(all.filter((entry) => entry !== newest && entry.kind !== "dir")));
    },
    provoke: (rng, store) => {
      const added = transcriptsOf(store).map((one): Transcript => {
        const project = rng.pick(["-a-copies", "-zz-copies", ...store.dirs.map(keyOf)]);
        const more = line({ type: "custom-title", customTitle: "The copy", sessionId: one.sessionId });
        return {
          ...one,
          path: `projects/${project}/${one.sessionId}.jsonl`,
          lines: [...one.lines.slice(0, -1), more],
          finalNewline: true,
          mtime: one.mtime + rng.pick([-1, 1]) * rng.int(1_000, 9_000_000),
        };
      });
      return withFurther(store, added);
    },
  },
  {
    id: "unreadable-copy",
    title: "What cannot be opened in one project does not hide the session in another",
    reason: "One broken directory must not keep a session that is whole elsewhere from being renamed, read or deleted.",
    official: "rename, tag and delete throw at the first such thing; readers take it for the session and give nothing.",
    ours: "Passed over where there is a transcript elsewhere.",
    applies: (store, call) => {
      if (
        !FOUND_FIRST.has(call.fn) &&
        call.fn !== "archiveSession" &&
        call.fn !== "unarchiveSession" &&
        call.fn !== "deleteSession"
      )
        return false;
      const found = inReach(store, call);
      return found.some((entry) => entry.kind === "dir") && reals(found).length > 0;
    },
    instead: (store, call) =>
      without(store, new Set(copies(store, sessionOf(call)).filter((entry) => entry.kind === "dir"))),
    provoke: (_rng, store) => ({
      ...store,
      entries: [
        ...transcriptsOf(store).map((one): Entry => ({
          kind: "dir",
          path: `projects/-a-broken/${one.sessionId}.jsonl`,
        })),
        ...store.entries,
      ],
    }),
  },
  {
    id: "delete-all",
    title: "A deletion takes every copy of the session and all that belongs to it",
    reason: "Otherwise a deleted session comes back from another project, and its files stay for ever.",
    official: "Removes the first copy and its `<id>/`.",
    ours: "Removes all copies, empty ones too, and file-history, session-env, todos, tasks, uploads and the older subagents beside.",
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
    reason: "A conversation cannot be made again; a slip must be reversible.",
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
    reason: "The CLI would go on to write into a file that is gone.",
    official: "Deletes it.",
    ours: "Throws SessionInUse for a running process of the session, or, where none can be told, a transcript that changed in the last two minutes; `force` overrules.",
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
  {
    id: "fork-progress-circle",
    title: "A fork never points at a row that it does not have",
    reason: "The CLI reads such a parent as a break in the conversation.",
    official: "Below progress rows that close on themselves, the copy's parent is a row that was not written.",
    ours: "The parent is null.",
    applies: (store, call) => call.fn === "forkSession" && ofSession(store, call).some((one) => circles(one).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const circling = concerned(store, call).has(one.path) ? circles(one) : new Set<Placed>();
        return withLines(
          one,
          one.lines.map((bytes, at) => {
            const placed = [...circling].find((each) => each.at === at);
            return placed === undefined ? bytes : line({ ...placed.row, parentUuid: null });
          }),
        );
      }),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const [a, b, c] = [rng.uuid(), rng.uuid(), rng.uuid()] as const;
        const row = (type: string, uuid: string, parentUuid: string): Row => ({
          type,
          uuid,
          parentUuid,
          isSidechain: false,
          sessionId: one.sessionId,
          timestamp: "2026-01-01T00:00:00.000Z",
          ...(type === "user" ? { message: { role: "user", content: "below" } } : { data: {} }),
        });
        return withLines(one, [
          line(row("progress", a, b)),
          line(row("progress", b, a)),
          line(row("user", c, b)),
          ...one.lines,
        ]);
      }),
  },
  {
    id: "fork-below-sidechain",
    title: "A fork keeps together what a row of a sidechain holds together",
    reason: "The reader shows what stands above such a row; the fork should give the same conversation.",
    official: "The row below gets no parent, since the sidechain row is not copied.",
    ours: "It hangs on the nearest row above that is copied.",
    applies: (store, call) =>
      call.fn === "forkSession" && ofSession(store, call).some((one) => belowSidechain(one).size > 0),
    instead: (store, call) =>
      mapTranscripts(store, (one) => {
        const below = concerned(store, call).has(one.path) ? belowSidechain(one) : new Map<number, Row>();
        return withLines(
          one,
          one.lines.map((bytes, at) => (below.has(at) ? line(below.get(at)) : bytes)),
        );
      }),
    provoke: (rng, store) =>
      mapTranscripts(store, (one) => {
        const main = conversationRows(one.lines).filter(isMain);
        const last = main.at(-1);
        if (last === undefined) return one;
        const [side, next] = [rng.uuid(), rng.uuid()];
        const rest = {
          sessionId: one.sessionId,
          timestamp: "2026-03-03T00:00:00.000Z",
          type: "user",
          message: { role: "user", content: "x" },
        };
        return withLines(one, [
          ...one.lines,
          line({ parentUuid: uuidOf(last), isSidechain: true, uuid: side, ...rest }),
          line({ parentUuid: side, isSidechain: false, uuid: next, ...rest }),
        ]);
      }),
    calls: (rng, store) => [{ fn: "forkSession", args: [rng.pick(transcriptsOf(store).map((one) => one.sessionId))] }],
  },
  {
    id: "fork-up-to-api-message",
    title: "A fork may end with an API message",
    reason: "Clients know the id that the API gave (`msg_…`), not the uuids of its rows.",
    official: "Message not found.",
    ours: "The message's last row with the results of its calls.",
    applies: (store, call) =>
      call.fn === "forkSession" &&
      ofSession(store, call).some((one) => apiMessages(one).has(String(optionsOf(call)["upToMessageId"]))),
    insteadCall: (store, call) => {
      const id = String(optionsOf(call)["upToMessageId"]);
      const [one] = ofSession(store, call);
      return {
        fn: call.fn,
        args: [
          call.args[0],
          { ...optionsOf(call), upToMessageId: one === undefined ? id : (apiMessages(one).get(id) ?? id) },
        ],
      };
    },
    calls: (rng, store) =>
      transcriptsOf(store).flatMap((one) => {
        const ids = [...apiMessages(one).keys()];
        return ids.length === 0
          ? []
          : [{ fn: "forkSession", args: [one.sessionId, { upToMessageId: rng.pick(ids) }] } as const];
      }),
    provoke: (_rng, store) => store,
  },
];

/** File content as `Side` gives it. */
const namedAs = (entry: Entry): string => {
  const text = contentOf(entry);
  return entry.path.endsWith(".jsonl") ? rowsAsParsed(text) : text.toString("latin1");
};

const rowsAsParsed = (bytes: Buffer): string =>
  bytes
    .toString("utf8")
    .split("\n")
    .map((row) => {
      try {
        return JSON.stringify(JSON.parse(row));
      } catch {
        return row;
      }
    })
    .join("\n");

const firstWords = (outcome: Outcome): Outcome =>
  "error" in outcome ? { error: outcome.error.replace(/(is in use).*/s, "$1") } : outcome;

/** Progress rows whose parents lead back to them. */
function circles(one: Transcript): Set<Placed> {
  const byUuid = lastRows(conversationRows(one.lines));
  const found = new Set<Placed>();
  for (const start of byUuid.values()) {
    if (start.row["type"] !== "progress") continue;
    const seen = new Set<Placed>();
    for (
      let at: Placed | undefined = start;
      at !== undefined && at.row["type"] === "progress";
      at = byUuid.get(parentOf(at) ?? "")
    ) {
      if (seen.has(at)) {
        found.add(start);
        break;
      }
      seen.add(at);
    }
  }
  return found;
}

/** Rows of the main chain below one of a sidechain, by line, with the parent that the copy has. */
function belowSidechain(one: Transcript): Map<number, Row> {
  const rows = conversationRows(one.lines);
  const byUuid = lastRows(rows);
  const found = new Map<number, Row>();
  for (const placed of rows) {
    let parent = byUuid.get(parentOf(placed) ?? "");
    if (placed.row["isSidechain"] || parent === undefined || !parent.row["isSidechain"]) continue;
    const seen = new Set<Placed>();
    while (parent !== undefined && parent.row["isSidechain"] && !seen.has(parent)) {
      seen.add(parent);
      parent = byUuid.get(parentOf(parent) ?? "");
    }
    found.set(placed.at, {
      ...placed.row,
      parentUuid: parent === undefined || parent.row["isSidechain"] ? null : uuidOf(parent),
    });
  }
  return found;
}

/** API messages of a transcript by id, with the uuid of the row that ends each: its last one, or the last result of its calls. */
function apiMessages(one: Transcript): Map<string, string> {
  const uuids = new Set<string>();
  // A row that is written once more counts where it first stood.
  const rows = conversationRows(one.lines).filter((placed) => {
    const again = uuids.has(uuidOf(placed));
    if (!placed.row["isSidechain"]) uuids.add(uuidOf(placed));
    return !again && !placed.row["isSidechain"];
  });
  const ends = new Map<string, string>();
  for (const placed of rows) {
    const id = placed.row["type"] === "assistant" ? (placed.row["message"] as Row | null)?.["id"] : undefined;
    if (typeof id !== "string" || uuids.has(id) || ends.has(id)) continue;
    const own = rows.filter(({ row }) => row["type"] === "assistant" && (row["message"] as Row | null)?.["id"] === id);
    const last = own.at(-1) as Placed;
    const calls = new Set(own.flatMap((each) => blocksOf(each, "tool_use").map((block) => block["id"])));
    const answers = rows.filter(
      (each) =>
        each.at > last.at &&
        each.row["type"] === "user" &&
        blocksOf(each, "tool_result").some((block) => calls.delete(block["tool_use_id"])),
    );
    ends.set(id, uuidOf(answers.at(-1) ?? last));
  }
  return ends;
}

function blocksOf({ row }: Placed, type: string): Row[] {
  const content = (row["message"] as Row | null)?.["content"];
  return Array.isArray(content) ? content.filter((block: Row | null) => block?.["type"] === type) : [];
}
