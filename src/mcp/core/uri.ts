/** A parsed URI. Ids and keys are only compared with existing ones; none becomes part of a path. */
export type ParsedUri = { readonly cursor: string | undefined } & (
  | { readonly kind: "project"; readonly key: string }
  /** `session`: prefix of a session's id, or all of it. */
  | { readonly kind: "session" | "messages" | "raw"; readonly session: string }
  | { readonly kind: "subagent"; readonly session: string; readonly agentId: string }
);

const START = "claude-transcripts://";
const CURSOR = String.raw`(?:\?cursor=([\w.~-]{1,4096}))?`;
const AGENT = String.raw`[\w-]{1,128}`;
const AGENT_ID = new RegExp(`^${AGENT}$`);
const SESSION = new RegExp(`^${START}session/([0-9a-fA-F-]{1,36})(?:/(messages|raw)|/subagent/(${AGENT}))?${CURSOR}$`);
const PROJECT = new RegExp(`^${START}project/((?:[\\w.~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2}){1,1024})${CURSOR}$`);

/**
 * Parses a URI as the client wrote it; undefined for any other. General parsers resolve `..` and double slashes, so the URI
 * that is checked would not be the one that the client sent.
 */
export function parseUri(uri: string): ParsedUri | undefined {
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

/** MIME type of text for people. */
export const MARKDOWN = "text/markdown";

/** Whether a URI can contain the id of this subagent. */
export const isAgentId = (id: string): boolean => AGENT_ID.test(id);

/** URI templates (RFC 6570). A cursor comes from the previous page. */
export const TEMPLATES = {
  session: `${START}session/{id}`,
  messages: `${START}session/{id}/messages{?cursor}`,
  raw: `${START}session/{id}/raw{?cursor}`,
  subagent: `${START}session/{id}/subagent/{agentId}`,
  project: `${START}project/{key}`,
} as const;

/** Decodes once; undefined for malformed text and for anything that cannot be the name of a directory. */
function decoded(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return name === "." || name === ".." || /[/\\\0]/.test(name) ? undefined : name;
  } catch {
    return undefined;
  }
}
