import { candidateOf } from "../facts/stat-transcripts.ts";
import { fullFacts } from "../facts/metadata.ts";
import { toSessionInfo } from "./list-scope.ts";
import { findCopies, newestCopy } from "../projects/find-copies.ts";
import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import type { GetSessionInfoOptions, OrUndefined, SessionInfo } from "../types.ts";

/**
 * Returns the session as a list shows it, from the newest of its copies and the whole transcript. Undefined if there is
 * none, or it is a link or a side conversation, or has neither title nor prompt (official-helpers.md §3).
 */
export async function getSessionInfo(
  sessionId: string,
  options?: OrUndefined<GetSessionInfoOptions> | null,
): Promise<SessionInfo | undefined> {
  const candidate = newestCopy(findCopies(sessionId, options).flatMap((copy) => candidateOf(copy) ?? []));
  if (candidate === undefined) return undefined;
  let facts: SessionFacts | undefined;
  try {
    facts = await fullFacts(candidate);
  } catch {
    return undefined;
  }
  if (facts === undefined || facts.sidechainOnly || facts.summary === undefined) return undefined;
  return toSessionInfo(candidate, facts, facts.summary);
}
