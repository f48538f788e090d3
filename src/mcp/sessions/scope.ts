import { foldText } from "../../transcript/text/fold-text.ts";
import type { Project } from "../../store/list/list-projects.ts";
import * as z from "zod";
import type { Context } from "../core/context.ts";
import { flag, text } from "../core/input.ts";
import { notedLine } from "../../view/sanitise.ts";
import { echoed, isPlainName, nameText, quoted } from "../core/quote.ts";
import type { Service } from "../core/service.ts";
import { ToolFailure } from "../core/tool.ts";

/** Arguments of the tools that look at many sessions. */
export const SCOPE_INPUT = {
  scope: z
    .enum(["here", "all"])
    .nullish()
    .describe("here (default): this project and its git worktrees, or all where it has none; all: every project."),
  project: text("Another project: its path, or the last part of it."),
  programmatic: flag("With (true) or without (false) the sessions that programs started (claude -p)."),
};

/** Which sessions a tool looks at. */
export interface Scope {
  readonly name: "here" | "all" | "project";
  /** Directories; none: all projects. */
  readonly dirs: readonly string[];
  /** How the project was named, where its path was found in transcripts and may read like words of ours. */
  readonly called?: string;
  /** The scope that was asked for, and in which there is no session, so that this one took its place. */
  readonly insteadOf?: Scope;
}

/** The directory filter of the store. */
export const filterOf = ({ dirs: [dir, ...moreDirs] }: Scope): { dir: string | undefined; moreDirs: string[] } => ({
  dir,
  moreDirs,
});

/** Throws `ToolFailure` for a project that is none, or may be several. */
export async function scopeOf(
  { scope, project }: { readonly scope?: "here" | "all" | null | undefined; readonly project?: string | undefined },
  context: Context,
  service: Service,
): Promise<Scope> {
  if (project !== undefined) {
    const dir = await projectDir(project, context, service);
    return { name: "project", dirs: [dir], ...(dir !== project && !isPlainName(dir) && { called: project }) };
  }
  if (scope === "all") return { name: "all", dirs: [] };
  const { projectDir: told, cwd } = service.options;
  if (told !== undefined) return { name: "here", dirs: [told] };
  const roots = await context.roots().catch((error: unknown): readonly string[] => {
    context.signal.throwIfAborted();
    console.error(error);
    return [];
  });
  return { name: "here", dirs: roots.length > 0 ? roots : [cwd] };
}

/**
 * All projects in the place of a scope that nobody chose and in which nothing can be found: what found nothing is otherwise
 * asked again, in other words.
 */
export const everywhere = (scope: Scope): Scope => ({ name: "all", dirs: [], insteadOf: scope });

/** Whether `here` has no session but the one that asks, so that all projects are looked at in its place. */
export async function isEmptyHere(
  scope: Scope,
  { asking, includeProgrammatic }: { readonly asking: string | undefined; readonly includeProgrammatic: boolean },
  { signal }: Context,
  { store }: Service,
): Promise<boolean> {
  if (scope.name !== "here") return false;
  const stream = await store.stream({ ...filterOf(scope), includeProgrammatic, archived: "include", signal });
  for (let session = await stream.next(); session !== undefined; session = await stream.next()) {
    if (session.sessionId !== asking) return false;
  }
  return true;
}

/** `here (/w and its git worktrees)`. */
export function scopeText({ name, dirs, called, insteadOf }: Scope): string {
  if (insteadOf !== undefined) return `all projects, since there is no earlier session ${scopeText(insteadOf)}`;
  if (name === "all") return "all projects";
  if (called !== undefined) return `project ${echoed(called)} and its git worktrees`;
  return `${name} (${dirs.map((dir) => nameText(dir)).join(", ")} and ${dirs.length > 1 ? "their" : "its"} git worktrees)`;
}

/** How many sessions lie outside, given how many there are files of inside. */
export async function outside(scope: Scope, inside: number, { signal }: Context, { store }: Service): Promise<number> {
  if (scope.name === "all") return 0;
  const { total } = await store.stream({ signal });
  return Math.max(0, total - inside);
}

const NAMED = 5;

async function projectDir(given: string, { signal }: Context, { store }: Service): Promise<string> {
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
  const offered = (found.length > 0 ? found : projects).slice(0, NAMED).map((one) => notedLine(dirOf(one)));
  const name = echoed(given);
  if (first !== undefined) {
    throw new ToolFailure(`${found.length} projects fit ${name}. Give the whole path:\n${quoted(offered.join("\n"))}`);
  }
  const text = `No project fits ${name}. list_projects gives all there are`;
  throw new ToolFailure(
    offered.length === 0 ? `${text}: none.` : `${text}; the last active:\n${quoted(offered.join("\n"))}`,
  );
}

/** The key of a path is a path of that key. */
const dirOf = ({ path, key }: Project): string => path ?? key;
