/** All that is loaded when it is first needed, but for what is not needed over HTTP. */
const MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("../tools/all-tools.ts"),
  () => import("../core/json-schema.ts"),
  () => import("../resources/resources-read.ts"),
  () => import("../../store/open/session-verbs.ts"),
  () => import("../../store/open/conversation-verbs.ts"),
  () => import("../../store/open/change-verbs.ts"),
];

/**
 * Loads the code of all requests, one module after the other, before there are any: a module that Node could not open once,
 * for want of files, it never tries to open again.
 */
export async function preload(): Promise<void> {
  for (const load of MODULES) await load();
}
