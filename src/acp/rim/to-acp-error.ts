import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { asString } from "../../transcript/rows/json-values.ts";
import { errnoOf, TranscriptError, type TranscriptErrorCode } from "../../store/errors.ts";

/**
 * Any error → the JSON-RPC error that a client gets (acp.md, "Errors"). Clients branch on these codes: acpx, for one,
 * starts a new session only after -32002.
 *
 * What the request got wrong is -32602 and names the field or carries the store's code in `data`; an unknown session is
 * -32002 with `data.sessionId`; a cancelled request is -32800; what the disk refuses is ours to tell and not ours to
 * mend: `STORAGE_ERROR`. Everything else is our fault: -32603, with the stack on stderr.
 */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof TranscriptError) return fromStore(error);
  if (error instanceof Error && error.name === "AbortError") return RequestError.requestCancelled();
  // Node's own `ERR_…` codes are for wrong calls, and those are ours; but for this one.
  const errno = errnoOf(error)?.replace("ERR_FS_EISDIR", "EISDIR");
  if (errno !== undefined && !errno.startsWith("ERR_")) return storageError(error, errno);
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return internalError(error);
}

/** -32602 that names what is wrong. `field` is the path in `params`, as a client would write it. */
export function invalidParams(field: string, problem: string): RequestError {
  return RequestError.invalidParams({ field, problem }, `${field}: ${problem}`);
}

/** From the range that JSON-RPC leaves to servers: a file or directory does not let itself be read or changed. */
const STORAGE_ERROR = -32050;

function storageError(error: unknown, code: string): RequestError {
  const details = error instanceof Error ? error.message : String(error);
  return new RequestError(STORAGE_ERROR, `Storage error: ${details}`, { code, details });
}

/** The protocol's own, for when there is more to say than its helper says. */
const SESSION_NOT_FOUND = -32002;

/** The store's codes that mean "the request cannot be met as it stands", with the field that is to blame. */
const CLIENT_FAULTS: Partial<Record<TranscriptErrorCode, string>> = {
  InvalidCursor: "cursor",
  InvalidArgument: "params",
  SessionInUse: "sessionId",
  SessionBusy: "sessionId",
  SessionExists: "sessionId",
  MessageNotFound: '_meta["claude-transcripts"].messageId',
  NoMessages: "sessionId",
};

function fromStore(error: TranscriptError): RequestError {
  const { code, message, hint, data } = error;
  if (code === "SessionNotFound" || code === "InvalidSessionId") {
    const sessionId = asString(data["sessionId"]) ?? "";
    const { unreadable } = data;
    return unreadable === undefined
      ? RequestError.sessionNotFound(sessionId)
      : new RequestError(SESSION_NOT_FOUND, message, { sessionId, unreadable });
  }
  if (code === "Aborted") return RequestError.requestCancelled();
  const field = typeof data["argument"] === "string" ? data["argument"] : CLIENT_FAULTS[code];
  if (field !== undefined) return RequestError.invalidParams({ ...data, code, field, ...(hint && { hint }) }, message);
  return storageError(error, code);
}

function internalError(error: unknown): RequestError {
  const details = error instanceof Error ? error.message : String(error);
  return RequestError.internalError({ details });
}
