import { SessionInUseError, TranscriptError, type TranscriptErrorCode } from "../../store/errors.ts";
import { notedLine } from "../../view/sanitise.ts";
import { quoted } from "./quote.ts";
import { ToolFailure } from "./tool.ts";

/** Errors that name files as they are called on the disk. */
const NAMES_FILES = new Set<TranscriptErrorCode>(["Io", "RestoreConflict"]);

/**
 * What went wrong, for a model: the message, and what to do next where that is known. Our own faults are told on stderr, too.
 * Messages from below name ids and paths as they were given, or as they are stored.
 */
export function failureText(error: unknown): string {
  if (error instanceof ToolFailure) return error.message;
  if (error instanceof SessionInUseError) {
    return `${notedLine(error.message)}. Only when it has ended there can that be done.`;
  }
  if (error instanceof TranscriptError) {
    const text = notedLine([error.message, error.hint].filter(Boolean).join(". "));
    return NAMES_FILES.has(error.code) ? `That could not be done:\n${quoted(text)}` : text;
  }
  if (error instanceof Error && "code" in error && typeof error.code === "string" && !error.code.startsWith("ERR_")) {
    return `The disk does not let that be done:\n${quoted(notedLine(error.message))}`;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return `That failed inside this server: ${notedLine(error instanceof Error ? error.message : String(error))}`;
}
