import type { Store } from "../../open/open-store.ts";

/** Dependencies of every call, shared by all clients of the process. */
export interface Service {
  readonly store: Store;
  readonly options: {
    /** Directory that `scope: "here"` means, if the host names one (`CLAUDE_PROJECT_DIR`). */
    readonly projectDir: string | undefined;
    readonly cwd: string;
    /** Whether the client started this process: if so, its environment and ancestors identify the asking session. */
    readonly startedByClient: boolean;
    /** Session that started this process, if Claude Code names it (`CLAUDE_CODE_SESSION_ID`). */
    readonly sessionId: string | undefined;
    /** Whether lists include sessions that programs started, unless a call says otherwise. */
    readonly includeProgrammatic: boolean;
    /** Where exports may be written, if anywhere. */
    readonly exportDir?: string | undefined;
  };
}
