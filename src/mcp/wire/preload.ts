/** Lazily loaded modules, except those that HTTP does not need. */
const MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("../tools/all-tools.ts"),
  () => import("../core/json-schema.ts"),
  () => import("../resources/resources-read.ts"),
  () => import("../../open/session-verbs.ts"),
  () => import("../../open/conversation-verbs.ts"),
  () => import("../../open/change-verbs.ts"),
  () => import("../../open/usage-verbs.ts"),
  () => import("../../open/search-verbs.ts"),
  () => import("../../open/cleanup-verbs.ts"),
  () => import("../../open/export-verbs.ts"),
];

/** Loads the code of all requests before there are any: a module that Node cannot open once, because files ran out, stays failed. */
export async function preload(): Promise<void> {
  for (const load of MODULES) await load();
}
