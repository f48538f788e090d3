import type { Context } from "./context.ts";
import type { Service } from "./service.ts";

/** Returns the id of the session that the model's request comes from; undefined if unknown. */
export const askingSession = (
  { toolUseId, signal }: Pick<Context, "toolUseId" | "signal">,
  { store, options }: Service,
): Promise<string | undefined> =>
  store.asking({ started: options.sessionId, isOurParent: options.startedByClient, toolUseId, signal });
