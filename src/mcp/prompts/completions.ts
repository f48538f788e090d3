import type { Context } from "../core/context.ts";
import { notedLine } from "../../view/sanitise.ts";
import type { Service } from "../core/service.ts";
import type { Completion } from "../core/server-definition.ts";
import { isAgentId } from "../core/uri.ts";

/** So many values are given at once, as the protocol has it. */
const VALUES = 100;
/** Sessions that are looked at for their tags, the last active first. */
const LOOKED_AT = 500;

/** Ids of sessions, the last active first as long as nothing is typed. */
export async function idsFrom(value: string, { signal }: Context, { store, options }: Service): Promise<Completion> {
  if (value === "") {
    const { includeProgrammatic } = options;
    const { sessions, total } = await store.page({ limit: VALUES, cursor: undefined, includeProgrammatic, signal });
    return { values: sessions.map(({ sessionId }) => sessionId), total };
  }
  return beginning([...(await store.ids())].sort(), value);
}

/** Ids of the subagents of a session, by the beginning of its id; none where it is not known which session. */
export async function agentIdsFrom(
  value: string,
  session: string | undefined,
  { store }: Pick<Service, "store">,
): Promise<Completion> {
  const copy = session === undefined ? undefined : await store.find(session.trim()).catch(() => undefined);
  const ids = copy === undefined ? [] : await store.subagentIds(copy.sessionId, "new");
  return beginning([...new Set(ids)].filter(isAgentId), value);
}

/** Names of the directories that hold the sessions of a project. */
export async function projectKeysFrom(value: string, { signal }: Context, { store }: Service): Promise<Completion> {
  const { projects } = await store.projects(signal);
  // A name that cannot be shown as it is cannot be offered either: without what is taken out it would be another one.
  const keys = projects.map(({ key }) => key).filter((key) => notedLine(key) === key);
  return beginning(keys, value);
}

/** Paths of projects. */
export async function projectPathsFrom(value: string, { signal }: Context, { store }: Service): Promise<Completion> {
  const { projects } = await store.projects(signal);
  return beginning(
    projects.map(({ path, key }) => notedLine(path ?? key)),
    value,
  );
}

/** Tags of sessions that were active lately. */
export async function tagsFrom(value: string, { signal }: Context, { store }: Service): Promise<Completion> {
  const stream = await store.stream({ archived: "include", signal });
  const tags = new Set<string>();
  for (let count = 0; count < LOOKED_AT; count++) {
    const session = await stream.next();
    if (session === undefined) break;
    if (session.tag !== undefined) tags.add(notedLine(session.tag));
  }
  return beginning([...tags], value);
}

/** Those that begin so, whatever the case of their letters. */
export function beginning(all: readonly string[], value: string): Completion {
  const start = value.toLowerCase();
  const values = all.filter((one) => one.toLowerCase().startsWith(start));
  return { values: values.slice(0, VALUES), total: values.length };
}
