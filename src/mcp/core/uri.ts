/** What a URI of ours names. Ids and keys are only ever compared with what there is: none becomes a part of a path. */
export type Place =
  | {
      readonly kind: "session" | "messages" | "raw";
      /** The beginning of a session's id, or all of it. */
      readonly session: string;
      readonly cursor: string | undefined;
    }
  | {
      readonly kind: "subagent";
      readonly session: string;
      readonly agentId: string;
      readonly cursor: string | undefined;
    }
  | { readonly kind: "project"; readonly key: string; readonly cursor: string | undefined };

const START = "claude-transcripts://";
const CURSOR = String.raw`(?:\?cursor=([\w.~-]{1,4096}))?`;
const AGENT = String.raw`[\w-]{1,128}`;
const AGENT_ID = new RegExp(`^${AGENT}$`);
const SESSION = new RegExp(`^${START}session/([0-9a-fA-F-]{1,36})(?:/(messages|raw)|/subagent/(${AGENT}))?${CURSOR}$`);
const PROJECT = new RegExp(`^${START}project/((?:[\\w.~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2}){1,1024})${CURSOR}$`);

/**
 * Reads a URI as the client wrote it, by a grammar of our own: general readers of URIs take `..` and double slashes out of a
 * path, so that what is checked is not what was asked for. Undefined for anything else.
 */
export function parseUri(uri: string): Place | undefined {
  const [, session, kind, agentId, cursor] = SESSION.exec(uri) ?? [];
  if (session !== undefined) {
    if (agentId !== undefined) return { kind: "subagent", session, agentId, cursor };
    return { kind: kind === "messages" || kind === "raw" ? kind : "session", session, cursor };
  }
  const [, encoded, next] = PROJECT.exec(uri) ?? [];
  const key = encoded === undefined ? undefined : decoded(encoded);
  return key === undefined ? undefined : { kind: "project", key, cursor: next };
}

export const sessionUri = (sessionId: string): string => `${START}session/${sessionId}`;
export const rawUri = (sessionId: string, cursor: number): string => `${sessionUri(sessionId)}/raw?cursor=${cursor}`;
export const projectUri = (key: string): string => `${START}project/${encodeURIComponent(key)}`;

/** The form of what is shown to people. */
export const MARKDOWN = "text/markdown";

/** Whether a URI can name a subagent of that id. */
export const isAgentId = (id: string): boolean => AGENT_ID.test(id);

/** RFC 6570, as clients fill them in. Each takes the cursor of a page that came before. */
export const TEMPLATES = {
  session: `${START}session/{id}`,
  messages: `${START}session/{id}/messages{?cursor}`,
  raw: `${START}session/{id}/raw{?cursor}`,
  subagent: `${START}session/{id}/subagent/{agentId}`,
  project: `${START}project/{key}`,
} as const;

/** Decoded once; undefined for what is no text, or could be no directory's name. */
function decoded(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return name === "." || name === ".." || /[/\\\0]/.test(name) ? undefined : name;
  } catch {
    return undefined;
  }
}
