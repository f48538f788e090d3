/** All that is loaded when it is first needed, but for what is not needed over HTTP. */
const MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("../tools/all-tools.ts"),
  () => import("../core/json-schema.ts"),
  () => import("../resources/resources-read.ts"),
  () => import("../../store/annotate/annotate.ts"),
  () => import("../../store/annotate/archive.ts"),
  () => import("../../store/live/calling-session.ts"),
  () => import("../../store/layout/config-dir.ts"),
  () => import("../../store/trash/delete-session.ts"),
  () => import("../../store/resolve/by-prefix.ts"),
  () => import("../../store/fork/fork-session.ts"),
  () => import("../../store/live/session-in-use.ts"),
  () => import("../../store/read/open-conversation.ts"),
  () => import("../../store/list/list-session-page.ts"),
  () => import("../../store/trash/plan-delete.ts"),
  () => import("../../store/list/list-projects.ts"),
  () => import("../../store/projects/project-dirs.ts"),
  () => import("../../store/read/raw-rows.ts"),
  () => import("../../store/trash/restore-session.ts"),
  () => import("../../store/list/stream-sessions.ts"),
  () => import("../../store/resolve/short-ids.ts"),
  () => import("../../store/read/subagents.ts"),
  () => import("../../store/facts/title-of.ts"),
  () => import("../../store/trash/trash-contents.ts"),
];

/**
 * Loads the code of all requests, one module after the other, before there are any: a module that Node could not open once,
 * for want of files, it never tries to open again.
 */
export async function preload(): Promise<void> {
  for (const load of MODULES) await load();
}
