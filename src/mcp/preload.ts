/** All that is loaded when it is first needed, but for what is not needed over HTTP. */
const MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("./all-tools.ts"),
  () => import("./json-schema.ts"),
  () => import("./resources-read.ts"),
  () => import("../store/annotate.ts"),
  () => import("../store/archive.ts"),
  () => import("../store/asking.ts"),
  () => import("../store/config-dir.ts"),
  () => import("../store/delete.ts"),
  () => import("../store/find-by-prefix.ts"),
  () => import("../store/fork.ts"),
  () => import("../store/live.ts"),
  () => import("../store/open-conversation.ts"),
  () => import("../store/page.ts"),
  () => import("../store/plan-delete.ts"),
  () => import("../store/project-list.ts"),
  () => import("../store/projects.ts"),
  () => import("../store/raw-page.ts"),
  () => import("../store/restore.ts"),
  () => import("../store/session-stream.ts"),
  () => import("../store/short-ids.ts"),
  () => import("../store/subagents.ts"),
  () => import("../store/title.ts"),
  () => import("../store/trash.ts"),
];

/**
 * Loads the code of all requests, one module after the other, before there are any: a module that Node could not open once,
 * for want of files, it never tries to open again.
 */
export async function preload(): Promise<void> {
  for (const load of MODULES) await load();
}
