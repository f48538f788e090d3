import type { Candidate } from "../facts/candidate.ts";
import { candidateOf } from "../facts/stat-transcripts.ts";
import { fullFacts } from "../facts/metadata.ts";
import { toSessionInfo } from "./list-scope.ts";
import { findCopies, newestCopy } from "../projects/find-copies.ts";
import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import type { GetSessionInfoOptions, OrUndefined, SessionInfo } from "../types.ts";

/**
 * Returns the session as a list shows it, from the newest of its copies and the whole transcript. Undefined if there is
 * none, or it is a link or a side conversation, or has neither title nor prompt (official-helpers.md §3). Throws `signal.reason`
 * when aborted.
 */
export async function getSessionInfo(
  sessionId: string,
  options?: OrUndefined<GetSessionInfoOptions> | null,
): Promise<SessionInfo | undefined> {
  const found = await findFacts(sessionId, options);
  if (found === undefined) return undefined;
  const { candidate, facts } = found;
  if (facts.sidechainOnly || facts.summary === undefined) return undefined;
  return toSessionInfo(candidate, facts, facts.summary);
}

/** Returns the facts of the newest copy of a session, from the whole transcript. Undefined if there is none, or it is a link. */
export async function findFacts(
  sessionId: string,
  options?: OrUndefined<GetSessionInfoOptions> | null,
): Promise<{ readonly candidate: Candidate; readonly facts: SessionFacts } | undefined> {
  const candidate = newestCopy(findCopies(sessionId, options).flatMap((copy) => candidateOf(copy) ?? []));
  if (candidate === undefined) return undefined;
  const signal = options?.signal;
  signal?.throwIfAborted();
  try {
    const facts = await fullFacts(candidate, signal);
    return facts && { candidate, facts };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
