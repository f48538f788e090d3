import type { ChangeVerbs } from "./change-verbs.ts";
import type { CleanupVerbs } from "./cleanup-verbs.ts";
import type { ExportVerbs } from "./export-verbs.ts";
import type { ConversationVerbs } from "./conversation-verbs.ts";
import type { SearchVerbs } from "./search-verbs.ts";
import type { SessionVerbs } from "./session-verbs.ts";
import type { UsageVerbs } from "./usage-verbs.ts";

/** The operations of the servers on a store with fixed config dirs. Library and commands import the functions themselves. */
export interface Store
  extends
    Deferred<SessionVerbs>,
    Deferred<ConversationVerbs>,
    Deferred<ChangeVerbs>,
    Deferred<UsageVerbs>,
    Deferred<SearchVerbs>,
    Deferred<CleanupVerbs>,
    Deferred<ExportVerbs> {}

/** Asynchronous forms of verbs, whose code is loaded at the first call. */
type Deferred<Verbs> = {
  readonly [Name in keyof Verbs]: Verbs[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** Opens the store, in parts that are loaded on first use: a server answers `initialize` without them. */
export function openStore(configDirs?: readonly string[]): Store {
  return {
    ...deferred(
      async () => (await import("./session-verbs.ts")).sessionVerbs(configDirs),
      [
        "page",
        "stream",
        "projects",
        "projectDirs",
        "isDirectory",
        "placeOf",
        "ids",
        "has",
        "find",
        "title",
        "shortIds",
        "asking",
        "use",
        "live",
        "watch",
        "resumable",
      ],
    ),
    ...deferred(
      async () => (await import("./conversation-verbs.ts")).conversationVerbs(configDirs),
      ["conversation", "subagents", "subagentIds", "subagentFile", "raw"],
    ),
    ...deferred(
      async () => (await import("./change-verbs.ts")).changeVerbs(configDirs),
      ["fork", "rename", "editTags", "describe", "archive", "planDeletion", "remove", "trash", "restore"],
    ),
    ...deferred(async () => (await import("./usage-verbs.ts")).usageVerbs(configDirs), ["usage"]),
    ...deferred(async () => (await import("./search-verbs.ts")).searchVerbs(configDirs), ["search", "row"]),
    ...deferred(async () => (await import("./cleanup-verbs.ts")).cleanupVerbs(configDirs), ["planCleanup"]),
    ...deferred(async () => (await import("./export-verbs.ts")).exportVerbs(configDirs), ["exportSession"]),
  };
}

/** Returns functions that load the verbs when one of them is first called. */
function deferred<Verbs, Name extends keyof Verbs>(
  load: () => Promise<Verbs>,
  names: readonly Name[],
): Pick<Deferred<Verbs>, Name> {
  let loaded: Promise<Verbs> | undefined;
  const verb =
    (name: Name) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const verbs = await (loaded ??= load());
      return (verbs[name] as (...args: readonly unknown[]) => unknown)(...args);
    };
  return Object.fromEntries(names.map((name) => [name, verb(name)])) as Pick<Deferred<Verbs>, Name>;
}
