import fs from "node:fs";
import path from "node:path";
import {
  deleteSession,
  exportSessions,
  getSessionMessages,
  importSessions,
  type ImportOptions,
  listSessions,
} from "../../src/index.ts";
import { differences, isTemp, isTrash, leftovers, type Operation, textOf, type Tree } from "./operations.ts";
import { ID, type KillStore, OTHER } from "./store.ts";

const isOwn = (at: string): boolean => at.includes(ID) || at.includes("agent-1");
/** Files with their size and hash: a bundle keeps seconds only, and a mode for all. */
const filesOf = (tree: Tree, counts: (at: string) => boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tree).flatMap(([at, what]) => {
      const [kind, _mode, size, hash] = what.split(" ");
      return kind === "file" && isOwn(at) && !isTrash(at) && !isTemp(at) && counts(at) ? [[at, `${size} ${hash}`]] : [];
    }),
  );
const ownFiles = (store: KillStore): Record<string, string> => filesOf(store.see(), (at) => !at.startsWith(SOURCE));

/** What is imported, inside the store, where no reader looks. */
const SOURCE = "taken";
const transcript = `projects/-a/${ID}.jsonl`;
/** Where the transcript is after an import, and each other file of it. */
interface Wanted {
  readonly files: Record<string, string>;
  readonly transcript: string;
  readonly messages: string;
}
const wanted = new WeakMap<KillStore, Wanted>();

const messagesOf = async (store: KillStore): Promise<string> =>
  JSON.stringify(await getSessionMessages(ID, store.options));

interface Kind {
  readonly title: string;
  readonly apart: boolean;
  /** Directory that the session goes to. */
  readonly cwd?: string;
  /** Leaves the beginning of the session in the store. */
  readonly begun?: boolean;
}

const importing = ({ title, apart, cwd, begun = false }: Kind): Operation => {
  const optionsOf = (store: KillStore): ImportOptions => ({
    from: path.join(store.dir, SOURCE),
    configDir: store.dir,
    update: true,
    ...(cwd === undefined ? { keepCwd: true } : { cwd }),
  });
  return {
    title,
    apart,
    variant: apart || cwd !== undefined || begun,
    async prepare(store) {
      await exportSessions({ sessionIds: [ID], ...store.options, out: path.join(store.dir, SOURCE) });
      const whole = ownFiles(store);
      const text = textOf(store, transcript);
      await deleteSession(ID, { ...store.options, permanent: true });
      if (cwd !== undefined) {
        // What an import makes of it that nothing disturbs.
        await importSessions(optionsOf(store));
        wanted.set(store, {
          files: ownFiles(store),
          transcript: `projects/-v/${ID}.jsonl`,
          messages: await messagesOf(store),
        });
        await deleteSession(ID, { ...store.options, permanent: true });
        return;
      }
      await importSessions(optionsOf(store));
      wanted.set(store, { files: whole, transcript, messages: await messagesOf(store) });
      if (begun) fs.writeFileSync(path.join(store.dir, transcript), text.slice(0, text.indexOf("\n") + 1));
      else await deleteSession(ID, { ...store.options, permanent: true });
    },
    call: (store) => ({ name: "importSessions", args: [optionsOf(store)] }),
    async check(store, before) {
      const tree = store.see();
      const want = wanted.get(store) as Wanted;
      const problems = differences(
        before,
        tree,
        (at) => !isOwn(at) && !isTrash(at) && !isTemp(at) && at !== "projects/-v",
      );
      const was = filesOf(before, (at) => !at.startsWith(SOURCE));
      const is = ownFiles(store);
      for (const [at, what] of Object.entries(is)) {
        if (what !== want.files[at] && what !== was[at])
          problems.push(`${at} is ${what}, not ${want.files[at] ?? "nothing"}`);
      }
      for (const at of Object.keys(was)) if (is[at] === undefined) problems.push(`${at} is lost`);
      const missing = Object.keys(want.files).filter((at) => is[at] === undefined);
      if (is[want.transcript] !== undefined && missing.length > 0)
        problems.push(`the transcript is there without ${missing.join()}`);
      await listSessions(store.options);
      if ((await getSessionMessages(OTHER, store.options)).length !== 3)
        problems.push("the other session lost messages");
      return problems;
    },
    async again(store) {
      const want = wanted.get(store) as Wanted;
      const { refused } = await importSessions(optionsOf(store));
      const problems = refused.map(({ error }) => error.message);
      problems.push(...differences(want.files, ownFiles(store)), ...leftovers(store));
      if ((await messagesOf(store)) !== want.messages) problems.push("it reads otherwise");
      const { sessions } = await importSessions(optionsOf(store));
      return sessions[0]?.outcome === "already" ? problems : [...problems, "a third run had something to do"];
    },
  };
};

export const imports: readonly Operation[] = [
  importing({ title: "importSessions", apart: false }),
  importing({ title: "importSessions, to another directory", apart: false, cwd: "/v" }),
  importing({ title: "importSessions, of what was begun", apart: false, begun: true }),
  importing({ title: "importSessions, to another file system", apart: true }),
];
