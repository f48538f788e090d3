import type { JsonObject } from "../../transcript/rows/json-values.ts";
import type { Sidecars } from "../parts.ts";
import type { ToolResult } from "../result.ts";

/** Kind of a tool, one of ACP's `ToolKind`. */
export type ToolKind =
  | "read"
  | "edit"
  | "delete"
  | "move"
  | "search"
  | "execute"
  | "think"
  | "fetch"
  | "switch_mode"
  | "other";

/** A file, by its absolute path; `line` counts from 1. */
export interface Place {
  readonly path: string;
  readonly line?: number;
}

/** An edit in the input of a call. Undefined: the input does not say. */
export interface InputEdit {
  readonly oldText: string | undefined;
  readonly newText: string | undefined;
  /** `newText` is the whole file. */
  readonly whole?: boolean;
}

/** Both sides of a change in one file. `oldText` is null for a new file. */
export interface FileDiff {
  readonly path: string;
  readonly oldText: string | null;
  readonly newText: string;
  /** Position of a hunk: `oldStart`, `oldLines`, `newStart`, `newLines`, if recorded. */
  readonly numbers?: JsonObject;
}

/** Text of a result. With a `language`, which may be empty, it is shown in a fence; without one it is Markdown. */
export interface ShownText {
  readonly text: string;
  readonly language?: string;
}

/** How a successful result is shown, if not as the text for the model. */
export interface ResultLook {
  /** Replaces the title of the call. */
  readonly title?: string;
  /** At most one of `texts`, `diffs` and `pieces` is set. Without any, the output is shown. */
  readonly texts?: readonly ShownText[];
  readonly diffs?: readonly FileDiff[];
  /** The pieces of the output that are for a person. */
  readonly pieces?: ToolResult["pieces"];
  readonly places?: Place[];
  /** Facts for programs, under the names that clients know. */
  readonly facts?: JsonObject;
  /** Keeps the content of the call, as if the output were a confirmation. */
  readonly keepsCall?: boolean;
  /** `texts` or `pieces` contain everything that the output says. */
  readonly complete?: boolean;
}

/** The call that a result answers. `input` has at least the members that the tool `needs`. */
export interface AnsweredCall {
  readonly input: JsonObject;
  readonly cwd: string | undefined;
}

/** Decides how a result is shown. `structured` is the CLI's own record of the result (`toolUseResult`). */
export type ResultView = (
  call: AnsweredCall,
  result: ToolResult,
  structured: JsonObject,
  sidecars: Sidecars | undefined,
) => ResultLook;

/**
 * One of Claude's tools. Two surfaces show a call in two ways: under a `title` that says by itself what it does, or as
 * a `line` after the tool's name. `cwd`: paths below it are shown relative to it.
 */
export interface ClaudeTool {
  readonly kind: ToolKind;
  /** If empty, the name of the tool is shown. */
  readonly title: (input: JsonObject, cwd: string | undefined) => string;
  /** Rest of the call that is not in the title, as Markdown. */
  readonly detail: (input: JsonObject) => string | undefined;
  /** Only its first line is shown. */
  readonly line: (input: JsonObject, cwd: string | undefined) => string;
  /** Rest of the call that is not in the line. */
  readonly body: (input: JsonObject) => string | undefined;
  readonly bodyLanguage: string;
  /** Most important members of the input: they come first, in case the input is cut. */
  readonly leads: readonly string[];
  /** The path that the call names. */
  readonly file: ((input: JsonObject) => unknown) | undefined;
  /** The line of `file` at which the call begins, from 1. */
  readonly firstLine: ((input: JsonObject) => number) | undefined;
  /** The tool changes `file`; the input says how. */
  readonly edits: ((input: JsonObject) => readonly InputEdit[]) | undefined;
  /** Kind of a successful output. A `confirmation` tells the model what the call or its diff shows. */
  readonly output: "console" | "source" | "markdown" | "words" | "confirmation";
  /** The result has an exit code and two streams. */
  readonly isShell: boolean;
  /** Members of the input that the result is shown with. */
  readonly needs: readonly string[];
  readonly result: ResultView | undefined;
  /** How a call changes the plan: all of it with its input, or a task with its result. */
  readonly plan: "todos" | PlanChange | undefined;
  /** Whether its calls start conversations of their own. */
  readonly subagents: "always" | "sometimes" | "never";
}

/** Change to one task, or the list of all tasks. */
export type PlanChange = "create" | "update" | "list";
