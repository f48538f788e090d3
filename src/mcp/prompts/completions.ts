import type { Context } from "../core/context.ts";
import { notedLine } from "../../view/sanitise.ts";
import type { Completion } from "../core/server-definition.ts";
import { isAgentId } from "../core/uri.ts";

/** Maximum values of a completion, by the protocol. */
const MAX_VALUES = 100;
/** Maximum number of sessions searched for tags, most recently active first. */
const MAX_SESSIONS = 500;

/** Completes ids of sessions; most recently active first if nothing is typed yet. */
export async function sessionIdsFrom(value: string, { store, options, signal }: Context): Promise<Completion> {
  if (value === "") {
    const { includeProgrammatic } = options;
    const { sessions, total } = await store.page({ limit: MAX_VALUES, cursor: undefined, includeProgrammatic, signal });
    return { values: sessions.map(({ sessionId }) => sessionId), total };
  }
  return startingWith([...(await store.ids())].sort(), value);
}

/** Completes ids of the subagents of a session, given a prefix of its id; no values unless that names one session. */
export async function agentIdsFrom(
  value: string,
  session: string | undefined,
  { store }: Context,
): Promise<Completion> {
  const copy = session === undefined ? undefined : await store.find(session.trim()).catch(() => undefined);
  const ids = copy === undefined ? [] : await store.subagentIds(copy.sessionId, "new");
  return startingWith([...new Set(ids)].filter(isAgentId), value);
}

/** Completes names of project directories. */
export async function projectKeysFrom(value: string, { store, signal }: Context): Promise<Completion> {
  const { projects } = await store.projects(signal);
  // A name with hidden characters is not offered: sanitised, it would be another name.
  const keys = projects.map(({ key }) => key).filter((key) => notedLine(key) === key);
  return startingWith(keys, value);
}

/** Completes paths of projects. */
export async function projectPathsFrom(value: string, { store, signal }: Context): Promise<Completion> {
  const { projects } = await store.projects(signal);
  const paths = projects.map(({ path, key }) => notedLine(path ?? key));
  return startingWith(paths, value);
}

/** Completes tags of recently active sessions. */
export async function tagsFrom(value: string, { store, signal }: Context): Promise<Completion> {
  const stream = await store.stream({ archived: "include", signal });
  const tags = new Set<string>();
  for (let count = 0; count < MAX_SESSIONS; count++) {
    const session = await stream.next();
    if (session === undefined) break;
    for (const tag of session.tags) tags.add(notedLine(tag));
  }
  return startingWith([...tags], value);
}

/** Returns the values that start with a text, ignoring case. */
export function startingWith(all: readonly string[], value: string): Completion {
  const start = value.toLowerCase();
  const values = all.filter((one) => one.toLowerCase().startsWith(start));
  return { values: values.slice(0, MAX_VALUES), total: values.length };
}
