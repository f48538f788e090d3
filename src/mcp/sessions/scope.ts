import { foldText } from "../../transcript/text/fold-text.ts";
import type { Project } from "../../store/list/list-projects.ts";
import * as z from "zod";
import type { Context } from "../core/context.ts";
import { flag, text } from "../core/input.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, isPlainName, nameText, quoted } from "../core/quote.ts";
import { ToolFailure } from "../core/tool.ts";

/** Arguments of the tool that lists sessions. */
export const SCOPE_INPUT = {
  scope: z
    .enum(["here", "all"])
    .nullish()
    .describe("here (default): this project and its git worktrees; all if empty."),
  project: text("Another project: its path or last part."),
  programmatic: flag("true/false: with/without sessions of programs (claude -p)."),
};

/** The same arguments of other tools: all of tools/list has to fit into 12,000 bytes. */
export const SAME_SCOPE_INPUT = {
  scope: z.enum(["here", "all"]).nullish().describe("As in list_sessions."),
  project: text(),
  programmatic: flag(),
};

/** Sessions that a tool lists. */
export interface Scope {
  readonly name: "here" | "all" | "project";
  /** Directories; empty: all projects. */
  readonly dirs: readonly string[];
  /** Name that the call gave, shown instead of a path from transcripts that could read like the server's words. */
  readonly called?: string;
  /** Scope of the call, in which there is nothing, so that this one replaces it. */
  readonly insteadOf?: Scope;
  /** What the scope of the call has none of. Default: sessions. */
  readonly without?: "matches";
}

/** Returns the directory filter of the store. */
export const filterOf = ({ dirs: [dir, ...moreDirs] }: Scope): { dir: string | undefined; moreDirs: string[] } => ({
  dir,
  moreDirs,
});

/** Throws `ToolFailure` if a project fits no directory, or several. */
export async function scopeOf(
  { scope, project }: { readonly scope?: "here" | "all" | null | undefined; readonly project?: string | undefined },
  context: Context,
): Promise<Scope> {
  if (project !== undefined) {
    const dir = await projectDir(project, context);
    return { name: "project", dirs: [dir], ...(dir !== project && !isPlainName(dir) && { called: project }) };
  }
  if (scope === "all") return { name: "all", dirs: [] };
  const { projectDir: hostDir, cwd } = context.options;
  if (hostDir !== undefined) return { name: "here", dirs: [hostDir] };
  const roots = await context.roots().catch((error: unknown): readonly string[] => {
    context.signal.throwIfAborted();
    console.error(error);
    return [];
  });
  return { name: "here", dirs: roots.length > 0 ? roots : [cwd] };
}

/** Widens an empty default scope to all projects: otherwise the model repeats its search in other words. */
export const everywhere = (scope: Scope, without?: "matches"): Scope => ({
  name: "all",
  dirs: [],
  insteadOf: scope,
  ...(without !== undefined && { without }),
});

/** Whether the scope is `here` and has no sessions except the asking one. */
export async function isEmptyHere(
  scope: Scope,
  asking: string | undefined,
  includeProgrammatic: boolean,
  { store, signal }: Context,
): Promise<boolean> {
  if (scope.name !== "here") return false;
  const stream = await store.stream({ ...filterOf(scope), includeProgrammatic, archived: "include", signal });
  for (let session = await stream.next(); session !== undefined; session = await stream.next()) {
    if (session.sessionId !== asking) return false;
  }
  return true;
}

/** Describes a scope: `here (/w and its git worktrees)`. */
export function scopeText({ name, dirs, called, insteadOf, without }: Scope): string {
  const nothing = without === "matches" ? "nothing matches" : "there is no earlier session";
  if (insteadOf !== undefined) return `all projects, since ${nothing} in ${dirsText(insteadOf)}`;
  if (name === "all") return "all projects";
  if (called !== undefined) return `project ${echoed(called)} and its git worktrees`;
  return `${name} (${dirsText({ dirs })})`;
}

const dirsText = ({ dirs }: Pick<Scope, "dirs">): string =>
  `${dirs.map((dir) => nameText(dir)).join(", ")} and ${dirs.length > 1 ? "their" : "its"} git worktrees`;

/** Returns how many sessions are outside of a scope, given the number of its transcripts. */
export async function outside(scope: Scope, inside: number, { store, signal }: Context): Promise<number> {
  if (scope.name === "all") return 0;
  const { total } = await store.stream({ signal });
  return Math.max(0, total - inside);
}

/** Says how many sessions are outside of a scope, after the other facts of a list. */
export const outsideText = (scope: Scope, count: number): string =>
  scope.name === "all" ? "" : ` ${count} more are outside it (to include them: scope: "all").`;

const MAX_NAMED = 5;

async function projectDir(given: string, { store, signal }: Context): Promise<string> {
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(given)) return given;
  const { projects } = await store.projects(signal);
  const wanted = foldText(given);
  const named = (fits: (path: string) => boolean): Project[] =>
    projects.filter(({ key, path }) => fits(foldText(path ?? key)));
  const last = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;
  const byKey = projects.filter(({ key }) => key === given);
  const exact = byKey.length > 0 ? byKey : named((path) => last(path) === wanted);
  const found = exact.length > 0 ? exact : named((path) => path.includes(wanted));
  const [first] = found;
  if (first !== undefined && found.length === 1) return dirOf(first);
  const offered = (found.length > 0 ? found : projects).slice(0, MAX_NAMED).map((one) => notedLine(dirOf(one)));
  const name = echoed(given);
  if (first !== undefined) {
    throw new ToolFailure(
      `${found.length} projects match ${name}. Give the whole path:\n${quoted(offered.join("\n"))}`,
    );
  }
  const text = `No project matches ${name}. list_projects lists them all`;
  throw new ToolFailure(
    offered.length === 0
      ? `${text}: there are none.`
      : `${text}; the most recently active:\n${quoted(offered.join("\n"))}`,
  );
}

/** Returns the path of a project, or its key: used as a path, that has itself as its key. */
const dirOf = ({ path, key }: Project): string => path ?? key;
