import { getSessionAnnotation } from "../../store/annotate/session-annotation.ts";
import { deletedConcurrently } from "../../store/errors.ts";
import { findFacts } from "../../store/list/session-info.ts";
import { openCopy, requireSession } from "../../store/projects/find-copies.ts";
import { isAllRead } from "../../store/read/unread.ts";
import { TranscriptFile } from "../../store/read/transcript-file.ts";
import { storedMessages } from "../../store/save/stored-messages.ts";
import type { LoadedMessage } from "../../transcript/saved/saved-row.ts";
import { extractModel } from "../stats/message-helpers.ts";
import { costOfSession } from "./session-cost.ts";
import type { LoadedSession, LoadSessionOptions } from "./loaded-session.ts";

/** See `loadSession` in library.ts. */
export async function loadSession(sessionId: string, options: LoadSessionOptions): Promise<LoadedSession> {
  const { signal, progress, onUnread } = options;
  const copy = requireSession(sessionId, options);
  const messages: LoadedMessage[] = [];
  const file = await TranscriptFile.read(openCopy(copy), signal, undefined, progress);
  try {
    for await (const { message } of storedMessages(file, signal)) messages.push(message as LoadedMessage);
    if (!isAllRead(file.unread)) onUnread?.(file.unread);
  } finally {
    file.close();
  }
  const facts = (await findFacts(sessionId, options))?.facts;
  const annotation = await getSessionAnnotation(sessionId, options);
  if (annotation === undefined) throw deletedConcurrently(sessionId);
  const { cost, unpricedTokens } = await costOfSession(copy, signal);
  return {
    sessionId,
    messages,
    metadata: {
      createdAt: facts?.createdAt,
      updatedAt: Math.round(file.stat.mtimeMs),
      messageCount: messages.length,
      totalCost: cost,
      unpricedTokens,
      title: facts?.customTitle,
      tags: annotation.tags,
      description: annotation.description,
      model: extractModel(messages),
      cwd: facts?.cwd,
    },
  };
}
