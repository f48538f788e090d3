import type { Context } from "./context.ts";
import type { Service } from "./service.ts";

/** Id of the session in which the model asks; undefined where nothing tells. */
export const askingSession = (
  { toolUseId, signal }: Pick<Context, "toolUseId" | "signal">,
  { store, options }: Service,
): Promise<string | undefined> =>
  store.asking({ started: options.sessionId, isOurParent: options.startedByClient, toolUseId, signal });
