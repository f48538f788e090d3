import { homedir } from "node:os";
import { canonicalPath } from "../../store/layout/project-key.ts";
import { linkedWorktreeOf, listWorktrees } from "../../store/projects/worktrees.ts";
import { namePattern } from "./text-scope.ts";

/** Facts of a session that conditions are about. Times are epoch ms. */
export interface SessionFacts {
  readonly cwd: string | undefined;
  readonly branch: string | undefined;
  readonly tag: string | undefined;
  readonly model: string | undefined;
  readonly created: number | undefined;
  readonly active: number | undefined;
  readonly archived: boolean;
  readonly programmatic: boolean;
}

/** Lower case of ASCII letters only, as SQLite compares. */
export const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Returns a test of whether a value is the wanted one, in any case of ASCII letters. `*` stands for any characters. */
export function valueTest(wanted: string): (value: string) => boolean {
  const test = namePattern(asciiLower(wanted));
  return (value) => test(asciiLower(value));
}

/** Returns a test of whether a model is meant: its name has the wanted text in it. */
export const modelTest = (wanted: string): ((model: string) => boolean) => valueTest(`*${wanted}*`);

/** Returns a test of whether a path is meant: consecutive names of it are those of the wanted path. */
export function fileTest(wanted: string): (path: string) => boolean {
  const plain = slashes(wanted.replace(/^\/\/+/, "/")).replace(/\/+$/, "");
  const test = valueTest(plain.startsWith("/") ? `${plain}/*` : `*/${plain}/*`);
  return (path) => test(`${path.startsWith("/") ? "" : "/"}${slashes(path)}/`);
}

const slashes = (path: string): string => path.replaceAll("\\", "/");

/**
 * Returns a test of whether a directory belongs to the wanted project. A path means that directory, those below it, and the
 * other worktrees of its repository. A name means a directory of that name, also as a part of the path, or of the main
 * worktree.
 */
export function projectTest(wanted: string): (cwd: string) => boolean {
  return isPath(wanted) ? pathTest(wanted) : nameTest(wanted);
}

const isPath = (text: string): boolean => /^(?:[/~\\]|\.{1,2}(?:[/\\]|$)|[a-z]:[/\\])/i.test(text);

function pathTest(wanted: string): (cwd: string) => boolean {
  const home = /^~(?=[/\\]|$)/;
  const dir = canonicalPath(wanted.replace(home, homedir()).replace(/(?<=.)[/\\]+$/, ""));
  const roots = [dir, ...listWorktrees(dir)].map(slashes);
  return (cwd) => {
    const path = slashes(cwd);
    return roots.some((root) => path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`));
  };
}

function nameTest(wanted: string): (cwd: string) => boolean {
  const test = valueTest(`*/${slashes(wanted).replace(/^\/+|\/+$/g, "")}/*`);
  return (cwd) => test(`/${slashes(cwd)}/`) || test(`/${slashes(linkedWorktreeOf(cwd)?.main ?? "")}/`);
}
