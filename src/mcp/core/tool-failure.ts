import { SessionInUseError, TranscriptError, type TranscriptErrorCode } from "../../store/errors.ts";
import { notedLine } from "../../view/sanitise.ts";
import { quoted } from "./quote.ts";
import { ToolFailure } from "./tool.ts";

/** Errors whose messages contain names of files from the disk. */
const NAMES_FILES = new Set<TranscriptErrorCode>(["Io", "RestoreConflict"]);

/** Says what went wrong, and what to do next if that is known. Internal errors are also printed on stderr. */
export function failureText(error: unknown): string {
  if (error instanceof ToolFailure) return error.message;
  if (error instanceof SessionInUseError) {
    return `${notedLine(error.message)}. Try again when the session has ended.`;
  }
  if (error instanceof TranscriptError) {
    const text = notedLine([error.message, error.hint].filter(Boolean).join(". "));
    return NAMES_FILES.has(error.code) ? `That failed:\n${quoted(text)}` : text;
  }
  if (error instanceof Error && "code" in error && typeof error.code === "string" && !error.code.startsWith("ERR_")) {
    return `A disk operation failed:\n${quoted(notedLine(error.message))}`;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return `Internal error: ${notedLine(error instanceof Error ? error.message : String(error))}`;
}
