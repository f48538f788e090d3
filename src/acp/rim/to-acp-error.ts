import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { asString } from "../../transcript/rows/json-values.ts";
import { errnoOf, TranscriptError, type TranscriptErrorCode } from "../../store/errors.ts";

/**
 * Converts any error to the JSON-RPC error for the client (acp.md, "Errors"). Clients branch on these codes: acpx, for
 * example, starts a new session only after -32002.
 */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof TranscriptError) return fromStore(error);
  if (error instanceof Error && error.name === "AbortError") return RequestError.requestCancelled();
  // Node's own `ERR_…` codes mean a faulty call, an internal error, except for this one.
  const errno = errnoOf(error)?.replace("ERR_FS_EISDIR", "EISDIR");
  if (errno !== undefined && !errno.startsWith("ERR_")) return storageError(error, errno);
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return RequestError.internalError({ details: detailsOf(error) });
}

/** Returns a -32602 error that names the problem. `field` is the path in `params`, as a client would write it. */
export function invalidParams(field: string, problem: string): RequestError {
  return RequestError.invalidParams({ field, problem }, `${field}: ${problem}`);
}

/** Code for a file or directory that cannot be read or changed, from the range that JSON-RPC reserves for servers. */
const STORAGE_ERROR = -32050;

function storageError(error: unknown, code: string): RequestError {
  const details = detailsOf(error);
  return new RequestError(STORAGE_ERROR, `Storage error: ${details}`, { code, details });
}

/** The protocol's own code, for errors with more data than the SDK's helper takes. */
const SESSION_NOT_FOUND = -32002;

/** Store codes that mean an invalid request, with the field at fault. */
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

const detailsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
