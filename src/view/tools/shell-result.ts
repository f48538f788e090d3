import { asString, type JsonObject } from "../../transcript/rows/json-values.ts";
import { trimLines } from "../plain-text.ts";
import type { ShownText } from "./claude-tool.ts";

/** Result of a command. */
export interface ShellResult {
  readonly texts: readonly ShownText[];
  /** Undefined if unknown: the command is still running, was interrupted, or its nonzero exit was not reported as an error. */
  readonly exitCode: number | undefined;
  /** Whether `texts` contain everything that the text says. */
  readonly whole: boolean;
}

/**
 * Reads the result of Bash and similar tools. `text` is for the model, both streams in one; `structured` is the CLI's own
 * record (`stdout`, `stderr`, `interrupted`, `backgroundTaskId`, `returnCodeInterpretation`).
 */
export function shellResult(text: string, structured: JsonObject, failed: boolean): ShellResult {
  if (failed) return failure(text);
  const stdout = asString(structured["stdout"]);
  const stderr = asString(structured["stderr"]);
  const background = asString(structured["backgroundTaskId"]) !== undefined;
  // The record of a background command is from its start.
  if (stdout === undefined || stderr === undefined || background || structured["isImage"] === true)
    return { texts: output(text), exitCode: undefined, whole: true };
  const interrupted = structured["interrupted"] === true;
  const meaning = asString(structured["returnCodeInterpretation"]);
  const streams = [...output(stdout), ...(blank(stderr) ? [] : [{ text: "stderr:" }, ...output(stderr)])];
  const notes = [
    ...(interrupted ? [{ text: "Interrupted" }] : []),
    ...(meaning === undefined ? [] : [{ text: meaning }]),
  ];
  return {
    texts: streams.length + notes.length > 0 ? [...streams, ...notes] : output(text),
    whole: notes.length === 0,
    exitCode: interrupted || meaning !== undefined ? undefined : 0,
  };
}

/** Reads `Exit code 3` and both streams, or the reason why no command ran. */
function failure(text: string): ShellResult {
  const [line, code] = /^(?:Error: )?Exit code (\d{1,10})\n?/.exec(text) ?? [];
  if (line === undefined) return { texts: [{ text, language: "" }], exitCode: undefined, whole: true };
  return {
    texts: [{ text: `Exit code ${code}` }, ...output(text.slice(line.length))],
    exitCode: Number(code),
    whole: true,
  };
}

const blank = (text: string): boolean => text.trim() === "";
const output = (text: string): ShownText[] => (blank(text) ? [] : [{ text: trimLines(text), language: "console" }]);
