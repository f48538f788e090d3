import fs from "node:fs";
import path from "node:path";
import {
  emptyTrash,
  getSessionMessages,
  listSessions,
  listTrash,
  repairSession,
  restoreSession,
} from "../../src/index.ts";
import { differences, isTemp, isTrash, leftovers, type Operation, textOf, type Tree } from "./operations.ts";
import { ID, type KillStore } from "./store.ts";

const FILES = [`projects/-a/${ID}.jsonl`, `projects/-a/${ID}/subagents/agent-x.jsonl`] as const;

/** Contents of the files before and after their repair. */
interface Texts {
  readonly damaged: readonly string[];
  readonly sound: readonly string[];
}
const texts = new WeakMap<KillStore, Texts>();
/** The entry that an undo exchanges. */
const entries = new WeakMap<KillStore, string>();

const now = (store: KillStore): string[] => FILES.map((file) => textOf(store, file));
const versions = async (store: KillStore): Promise<{ id: string; path: string }[]> =>
  (await listTrash(store.options)).filter(({ replacedBy }) => replacedBy !== undefined);

/** Leaves a byte order mark before each of the files, and the last row of each without its end. */
async function damage(store: KillStore): Promise<void> {
  const damaged: string[] = [];
  const sound: string[] = [];
  for (const file of FILES) {
    const at = path.join(store.dir, file);
    const { atime, mtime } = fs.statSync(at);
    const text = textOf(store, file);
    sound.push(text);
    damaged.push(`\ufeff${text.trimEnd()}`);
    fs.writeFileSync(at, damaged.at(-1) ?? "");
    fs.utimesSync(at, atime, mtime);
  }
  texts.set(store, { damaged, sound });
}

/** What is wrong after a kill: a file that is neither old nor new, or the one of which it is not is nowhere else. */
async function harm(store: KillStore, before: Tree): Promise<string[]> {
  const isOwn = (at: string): boolean => FILES.some((file) => file === at);
  const problems = differences(before, store.see(), (at) => !isOwn(at) && !isTrash(at) && !isTemp(at));
  const { damaged, sound } = texts.get(store) as Texts;
  const kept = await versions(store);
  for (const [nth, text] of now(store).entries()) {
    if (text !== damaged[nth] && text !== sound[nth]) problems.push(`${FILES[nth]} is neither old nor new`);
    if (text === damaged[nth] && entries.get(store) === undefined) continue;
    const other = text === damaged[nth] ? sound[nth] : damaged[nth];
    const copies = kept.map((entry) => path.join(entry.path, "files", FILES[nth] ?? ""));
    if (!copies.some((file) => fs.existsSync(file) && fs.readFileSync(file, "utf8") === other))
      problems.push(`the other version of ${FILES[nth]} is lost`);
  }
  await listSessions(store.options);
  if ((await getSessionMessages(ID, store.options)).length !== 3) problems.push("the session lost messages");
  return problems;
}

const repairing = (title: string, apart: boolean): Operation => ({
  title,
  apart,
  variant: apart,
  prepare: damage,
  call: ({ options }) => ({ name: "repairSession", args: [ID, options] }),
  check: harm,
  async again(store) {
    const { damaged, sound } = texts.get(store) as Texts;
    await repairSession(ID, store.options);
    const problems = now(store).flatMap((text, nth) => (text === sound[nth] ? [] : [`${FILES[nth]} is not repaired`]));
    problems.push(...leftovers(store));
    if ((await repairSession(ID, store.options)).changes > 0) problems.push("a third run had something to repair");
    // A run that was killed between two files leaves a version of each.
    for (const { id } of await versions(store)) await restoreSession(id, store.options);
    const undone = now(store).flatMap((text, nth) => (text === damaged[nth] ? [] : [`${FILES[nth]} is not undone`]));
    return [...problems, ...undone];
  },
});

const undoing: Operation = {
  title: "restoreSession, of what a repair replaced",
  apart: false,
  variant: true,
  async prepare(store) {
    await damage(store);
    entries.set(store, (await repairSession(ID, store.options)).trashId ?? "");
  },
  call: (store) => ({ name: "restoreSession", args: [entries.get(store), store.options] }),
  check: harm,
  async again(store) {
    const { damaged } = texts.get(store) as Texts;
    const id = entries.get(store) ?? "";
    if ((await versions(store)).some((entry) => entry.id === id)) await restoreSession(id, store.options);
    // What a killed run left of the entry goes with the next change of the trash.
    await emptyTrash({ ...store.options, ids: [] });
    const undone = now(store).flatMap((text, nth) => (text === damaged[nth] ? [] : [`${FILES[nth]} is not undone`]));
    return [...undone, ...leftovers(store)];
  },
};

export const repairs: readonly Operation[] = [
  repairing("repairSession", false),
  repairing("repairSession, the trash in another file system", true),
  undoing,
];
