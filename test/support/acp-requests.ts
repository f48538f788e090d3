import type { RawClient, Reply } from "./acp-client.ts";
import { sessionId } from "./config-dir.ts";

/** An id that no session has. */
export const UNKNOWN = sessionId(0xdead);

/** Params of load, resume and fork. */
export const open = (id: string, cwd = "/w") => ({ sessionId: id, cwd, mcpServers: [] });
export const ours = (options: unknown) => ({ _meta: { "claude-transcripts": options } });

export interface ListedSession {
  readonly sessionId: string;
  readonly cwd: string;
  readonly title?: string;
  readonly updatedAt?: string;
  readonly archived?: boolean;
  readonly _meta: { readonly "claude-transcripts": Readonly<Record<string, unknown>> };
}

export const rowsOf = ({ result }: Reply): ListedSession[] => (result as { sessions: ListedSession[] }).sessions;
export const idsOf = (reply: Reply): string[] => rowsOf(reply).map((row) => row.sessionId);

/** The ids on every page of a list. */
export async function pages(client: RawClient, params: Readonly<Record<string, unknown>>): Promise<string[][]> {
  const all: string[][] = [];
  let cursor: unknown;
  do {
    const reply = await client.call("session/list", { ...params, ...(cursor !== undefined && { cursor }) });
    all.push(idsOf(reply));
    cursor = reply.result?.["nextCursor"];
  } while (cursor !== undefined);
  return all;
}
