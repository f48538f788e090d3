import { renameSession } from "../store/annotate/annotate.ts";
import { archiveSession, unarchiveSession } from "../store/annotate/archive.ts";
import { describeSession, editSessionTags, type TagEdit } from "../store/annotate/session-annotation.ts";
import { TranscriptError } from "../store/errors.ts";
import { forkSession, type ForkSessionOptions, type ForkSessionResult } from "../store/fork/fork-session.ts";
import { idInFork } from "../store/fork/message-id-in-fork.ts";
import { overwriteWarning } from "../store/live/session-in-use.ts";
import { resolveTrashEntry } from "../store/resolve/by-prefix.ts";
import { deleteSession, type DeleteResult } from "../store/trash/delete-session.ts";
import { type DeletionPlan, planDeletion } from "../store/trash/plan-delete.ts";
import {
  planRestoration,
  type RestorationPlan,
  restoreSession,
  type RestoreResult,
} from "../store/trash/restore-session.ts";
import { listTrash, type TrashEntry } from "../store/trash/trash-contents.ts";
import type { OrUndefined } from "../store/types.ts";

/** Verbs that change sessions, and list what can be restored. */
export interface ChangeVerbs {
  /** `upToMessageId` may be the message's id in a session that this one is a fork of. */
  fork(sessionId: string, options: ForkOptions): Promise<ForkSessionResult>;
  /** Returns a warning if the session is in use. */
  rename(sessionId: string, title: string): Promise<string | undefined>;
  /** Returns all tags that the session has then, and a warning if it is in use. */
  editTags(
    sessionId: string,
    edit: TagEdit,
  ): Promise<{ readonly tags: readonly string[]; readonly warning: string | undefined }>;
  /** Null removes the description. */
  describe(sessionId: string, description: string | null): Promise<void>;
  archive(sessionId: string, archived: boolean): Promise<void>;
  planDeletion(sessionId: string): Promise<DeletionPlan>;
  /** Moves a session to the trash. */
  remove(sessionId: string): Promise<DeleteResult>;
  trash(): Promise<readonly TrashEntry[]>;
  /** `prefix`: of a session's id or a trash entry's. */
  restore(prefix: string): Promise<RestoreResult & Pick<RestorationPlan, "summary">>;
}

type ForkOptions = OrUndefined<
  Pick<ForkSessionOptions, "upToMessageId" | "cwd" | "title" | "progress" | "signal" | "onUnread">
>;

export function changeVerbs(configDirs: readonly string[] | undefined): ChangeVerbs {
  const where = { configDirs };
  return {
    async fork(sessionId, options) {
      const { upToMessageId, signal } = options;
      try {
        return await forkSession(sessionId, { ...options, ...where });
      } catch (error) {
        if (upToMessageId === undefined || !isMessageNotFound(error)) throw error;
        const here = await idInFork(sessionId, upToMessageId, { ...where, signal });
        if (here === undefined) throw error;
        return forkSession(sessionId, { ...options, ...where, upToMessageId: here });
      }
    },
    async rename(sessionId, title) {
      const warning = overwriteWarning(sessionId, "the title", where);
      await renameSession(sessionId, title, where);
      return warning;
    },
    async editTags(sessionId, edit) {
      const warning = overwriteWarning(sessionId, "the tag", where);
      return { tags: await editSessionTags(sessionId, edit, where), warning };
    },
    describe: (sessionId, description) => describeSession(sessionId, description, where),
    archive: (sessionId, archived) => (archived ? archiveSession : unarchiveSession)(sessionId, where),
    planDeletion: (sessionId) => planDeletion(sessionId, where),
    remove: (sessionId) => deleteSession(sessionId, where),
    trash: async () => (await listTrash(where)).filter(({ replacedBy }) => replacedBy === undefined),
    async restore(prefix) {
      const id = resolveTrashEntry(prefix, configDirs);
      const { summary } = planRestoration(id, where);
      return { ...(await restoreSession(id, where)), summary };
    },
  };
}

const isMessageNotFound = (error: unknown): boolean =>
  error instanceof TranscriptError && error.code === "MessageNotFound";
