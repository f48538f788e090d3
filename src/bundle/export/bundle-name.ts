import type { BundledSession } from "../manifest.ts";

/** Characters of an id that a name has. */
const ID_UNITS = 8;
/** Maximum length of a title in a name, UTF-16 units. */
const TITLE_UNITS = 60;

/** Returns the name of a bundle: `fix-the-login-5d3f2a10.tar.gz`, or `claude-sessions-2026-11-30.tar.gz` for several sessions. */
export const bundleName = (sessions: readonly BundledSession[], createdAt: string): string =>
  `${exportName(sessions, createdAt)}.tar.gz`;

/** The same without the ending. */
function exportName(sessions: readonly Pick<BundledSession, "sessionId" | "title">[], createdAt: string): string {
  const [session] = sessions;
  if (session === undefined || sessions.length > 1) return `claude-sessions-${createdAt.slice(0, 10)}`;
  return sessionName(session);
}

/** Returns a file name for a session on any system, without an ending: words of its title, and the beginning of its id. */
export function sessionName({ sessionId, title = "" }: Pick<BundledSession, "sessionId" | "title">): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  let name = "";
  for (const word of words) {
    if (name.length + word.length >= TITLE_UNITS) break;
    name += `${word}-`;
  }
  return `${name === "" ? "session-" : name}${sessionId.slice(0, ID_UNITS)}`;
}
