/** Which copy is acted on, and what is written. */
import { type Call, dirOf, sessionOf } from "./calls.ts";
import { copies, inReach, newestOf, reals, withFurther, without } from "./copies.ts";
import { askOfficial, type Deviation, type Tools } from "./deviation.ts";
import { keyOf } from "./key.ts";
import { bytesOf, type Entry, line, mapTranscripts, type Store, type Transcript, transcriptsOf } from "./model.ts";
import { withChanges } from "./outcome.ts";

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

export const writeDeviations: readonly Deviation[] = [
  {
    id: "null-options",
    title: "Options may be null",
    reason:
      "The list and the readers accept null, so programs that pass options on need not distinguish the functions.",
    official: "Throws a TypeError in getSessionInfo and in all functions that change something.",
    ours: "Treats null as no options.",
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
    title: "A missing final newline is added before an appended row",
    reason: "Without it, the new row is glued to the last message, and no reader finds that message.",
    official: "Appends to the last line.",
    ours: "Writes the newline first, in the same write.",
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
    title: "If an id has several copies, the newest is the session",
    reason:
      "A list shows the newest copy. If another copy were renamed or read, it would look as if nothing had happened.",
    official: "Takes the first copy in the order of directory names.",
    ours: "Takes the most recently written copy.",
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
        // The official helpers find the first by name.
        const isNewer = rng.chance(0.75);
        const project = rng.pick([isNewer ? "-zz-copies" : "-a-copies", ...store.dirs.map(keyOf)]);
        const more = line({ type: "custom-title", customTitle: "The copy", sessionId: one.sessionId });
        return {
          ...one,
          path: `projects/${project}/${one.sessionId}.jsonl`,
          lines: [...one.lines.slice(0, -1), more],
          finalNewline: true,
          mtime: one.mtime + (isNewer ? 1 : -1) * rng.int(1_000, 9_000_000),
        };
      });
      return withFurther(store, added);
    },
  },
  {
    id: "unreadable-copy",
    title: "A copy that cannot be opened does not hide the session in another project",
    reason: "One broken directory must not prevent renaming, reading or deleting a session that is intact elsewhere.",
    official:
      "rename, tag and delete throw at the first such copy; readers take it for the session and return nothing.",
    ours: "Skipped if there is a transcript elsewhere.",
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
];

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
