import type { Store } from "../../store/open/open-store.ts";

/** What every call works with. One for a process, whatever number of clients it has. */
export interface Service {
  readonly store: Store;
  readonly options: ServiceOptions;
}

interface ServiceOptions {
  /** The directory that `scope: "here"` means, where the client's host tells it (`CLAUDE_PROJECT_DIR`). */
  readonly projectDir: string | undefined;
  /** The working directory of the process. */
  readonly cwd: string;
  /** Whether the client started this process: its environment and its ancestors then say who asks. */
  readonly startedByClient: boolean;
  /** The session that started this process, as Claude Code tells it (`CLAUDE_CODE_SESSION_ID`). */
  readonly sessionId: string | undefined;
  /** No tool that changes anything. */
  readonly readOnly: boolean;
  /** Whether lists have the sessions that programs started, unless a call says otherwise. */
  readonly includeProgrammatic: boolean;
}
