import { PROTOCOL_VERSION, type InitializeResponse } from "@agentclientprotocol/sdk/unstable";
import { PAGE_SESSIONS_MAX } from "../../transcript/rows/limits.ts";
import { VERSION } from "../../version.ts";
import { ANNOTATE_METHOD, META, SEARCH_METHOD } from "../rim/from-acp.ts";
import type { ServerOptions } from "./server.ts";

/** Describes the server and its capabilities. Clients must not use what is not named here (acp-coverage.md B3). */
export const initializeResponse = ({ prompter, readOnly }: ServerOptions): InitializeResponse => ({
  // The only version supported: a client that does not support it disconnects (acp-coverage.md B1).
  protocolVersion: PROTOCOL_VERSION,
  agentInfo: { name: "claude-transcripts", title: "Claude transcripts", version: VERSION },
  agentCapabilities: {
    loadSession: true,
    promptCapabilities: prompter.capabilities,
    sessionCapabilities: {
      list: {},
      resume: {},
      close: {},
      status: {},
      ...(!readOnly && { fork: {}, delete: {}, archive: {}, title: {} }),
    },
    _meta: {
      [META]: {
        list: { limit: PAGE_SESSIONS_MAX, includeWorktrees: true, includeProgrammatic: true, query: true },
        search: { method: SEARCH_METHOD, limit: PAGE_SESSIONS_MAX },
        load: { limit: true, cursor: true },
        ...(readOnly ? { readOnly } : { fork: { messageId: true }, annotate: { method: ANNOTATE_METHOD } }),
      },
    },
  },
  authMethods: [],
});
