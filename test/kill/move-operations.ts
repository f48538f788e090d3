import fs from "node:fs";
import path from "node:path";
import { getSessionInfo, getSessionMessages, listSessions, moveProject } from "../../src/index.ts";
import { differences, isJson, isTemp, isTrash, leftovers, type Operation, textOf, type Tree } from "./operations.ts";
import { ID, type KillStore, OTHER } from "./store.ts";

const OLD = "/a";
const NEW = "/v/a";
const TARGET = "projects/-v-a";
/** Project dirs, which may come, and go when they are empty. */
const PROJECT = /^projects\/-(?:v-)?[ab]$/;

const isOwn = (at: string): boolean => at.includes(ID) || at.includes(OTHER) || at.includes("agent-1");
const isFile = (what: string | undefined): boolean => what !== undefined && !what.startsWith("directory");

/** What the session has next to its newest transcript; the older copy in `-b` has nothing that is not in it. */
const partsOf = (id: string, tree: Tree): string[] =>
  Object.keys(tree)
    .filter((at) => at.startsWith("projects/-a/") && isFile(tree[at]))
    .map((at) => at.slice("projects/-a/".length))
    .filter((name) => name.startsWith(id) || (id === ID && name === "agent-1.jsonl"));

const messagesOf = async (id: string, store: KillStore): Promise<string> =>
  JSON.stringify(await getSessionMessages(id, store.options));

/** What of a session is not in `dir` as it was; the transcript may have rows of a move at its end. */
function missingIn(dir: string, id: string, store: KillStore, before: Tree): string[] {
  const tree = store.see();
  return partsOf(id, before).filter((name) => {
    const [was, is] = [before[`projects/-a/${name}`], tree[`${dir}/${name}`]];
    if (was === is) return false;
    if (is === undefined || name !== `${id}.jsonl`) return true;
    const added = textOf(store, `${dir}/${name}`).slice(Number(was?.split(" ")[2]));
    const rows = added.trimEnd().split("\n");
    return !rows.every((row) => isJson(row) && row.includes('"movedFrom"')) || !added.endsWith("\n");
  });
}

/** Puts the session of a transcript in another directory. */
function isNowIn(cwd: string, file: string): void {
  const { atime, mtime } = fs.statSync(file);
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll('"cwd":"/w"', JSON.stringify({ cwd }).slice(1, -1)));
  fs.utimesSync(file, atime, mtime);
}

const messages = new WeakMap<KillStore, Record<string, string>>();

const moving = (title: string, apart: boolean): Operation => ({
  title,
  apart,
  variant: apart,
  async prepare(store) {
    for (const at of ["-a", "-b"].flatMap((key) => [ID, OTHER].map((id) => `projects/${key}/${id}.jsonl`))) {
      if (store.see()[at] !== undefined) isNowIn(OLD, path.join(store.dir, at));
    }
    messages.set(store, { [ID]: await messagesOf(ID, store), [OTHER]: await messagesOf(OTHER, store) });
  },
  call: ({ options }) => ({ name: "moveProject", args: [{ ...options, from: OLD, to: NEW }] }),
  async check(store, before) {
    const problems = differences(
      before,
      store.see(),
      (at) => !isOwn(at) && !isTrash(at) && !isTemp(at) && !PROJECT.test(at),
    );
    for (const id of [ID, OTHER]) {
      const missing = ["projects/-a", TARGET].map((dir) => missingIn(dir, id, store, before));
      if (missing.every(({ length }) => length > 0)) {
        problems.push(`${id} is whole nowhere: ${missing.map((names) => names.join()).join(" and ")} are missing`);
      }
      if ((await messagesOf(id, store)) !== messages.get(store)?.[id]) problems.push(`${id} reads otherwise`);
    }
    await listSessions(store.options);
    return problems;
  },
  async again(store, before) {
    const move = { ...store.options, from: OLD, to: NEW };
    const problems: string[] = [];
    const { refused } = await moveProject(move);
    problems.push(...refused.map(({ error }) => error.message));
    problems.push(...leftovers(store));
    for (const id of [ID, OTHER]) {
      problems.push(...missingIn(TARGET, id, store, before).map((name) => `${name} has not arrived`));
      const cwd = (await getSessionInfo(id, store.options))?.cwd;
      if (cwd !== NEW) problems.push(`${id} is in ${cwd}`);
    }
    const left = Object.keys(store.see()).filter((at) => /^projects\/-[ab]\/./.test(at) && isOwn(at));
    problems.push(...left.map((at) => `${at} was left`));
    const { moved } = await moveProject(move);
    if (moved.length > 0) problems.push("a third run had something to move");
    await moveProject({ ...move, undo: true });
    for (const id of [ID, OTHER]) {
      problems.push(...missingIn("projects/-a", id, store, before).map((name) => `undone: ${name} is missing`));
    }
    return problems;
  },
});

export const moves: readonly Operation[] = [
  moving("moveProject", false),
  moving("moveProject, from another file system", true),
];
