import { SessionInUseError, TranscriptError } from "../store/errors.ts";
import { plainLine } from "./hidden.ts";
import { ToolFailure } from "./tool.ts";

/**
 * What went wrong, for a model: the message, and what to do next where that is known. Our own faults are told on stderr, too.
 * Messages from below name ids and paths as they were given, or as they are stored.
 */
export function failureText(error: unknown): string {
  if (error instanceof ToolFailure) return error.message;
  if (error instanceof SessionInUseError) {
    return `${plainLine(error.message)}. Only when it has ended there can that be done.`;
  }
  if (error instanceof TranscriptError) return plainLine([error.message, error.hint].filter(Boolean).join(". "));
  if (error instanceof Error && "code" in error && typeof error.code === "string" && !error.code.startsWith("ERR_")) {
    return `The disk does not let that be done: ${plainLine(error.message)}`;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return `That failed inside this server: ${plainLine(error instanceof Error ? error.message : String(error))}`;
}
