import type { JsonObject } from "../../transcript/rows/json-values.ts";
import type { Beside } from "../parts.ts";
import type { ToolResult } from "../result.ts";

/** What a tool does, in the words of ACP's `ToolKind`. */
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

/** An edit as the call's input has it. Undefined: the input does not say. */
export interface InputEdit {
  readonly oldText: string | undefined;
  readonly newText: string | undefined;
  /** The new text is that of the whole file. */
  readonly whole?: boolean;
}

/** Two sides of a change in one file. `oldText` is null for a new one. */
export interface FileDiff {
  readonly path: string;
  readonly oldText: string | null;
  readonly newText: string;
  /** Where a hunk lies: `oldStart`, `oldLines`, `newStart`, `newLines`, as far as they are recorded. */
  readonly numbers?: JsonObject;
}

/** A text of a result. `language`: it is shown as it stands, in a fence; empty if it has no name. Absent: Markdown. */
export interface ShownText {
  readonly text: string;
  readonly language?: string;
}

/** How a successful result is shown, if not as the text for the model. */
export interface ResultLook {
  /** Replaces the title of the call. */
  readonly title?: string;
  /** At most one of `texts`, `diffs` and `pieces` is there. Without any, the output is shown. */
  readonly texts?: readonly ShownText[];
  readonly diffs?: readonly FileDiff[];
  /** The pieces of the output that are for a person. */
  readonly pieces?: ToolResult["pieces"];
  readonly places?: Place[];
  /** Facts for programs, under the names that clients know. */
  readonly facts?: JsonObject;
  /** What the call shows stays, as with an output that is a confirmation. */
  readonly keepsCall?: boolean;
  /** `texts` or `pieces` have all that the output says. */
  readonly complete?: boolean;
}

/** The call that a result answers. `input` has at least the members that the tool `needs`. */
export interface AnsweredCall {
  readonly input: JsonObject;
  readonly cwd: string | undefined;
}

/** `structured` is the CLI's own record of the result (`toolUseResult`); `beside`: what stands in other files. */
export type ResultView = (
  call: AnsweredCall,
  result: ToolResult,
  structured: JsonObject,
  beside: Beside | undefined,
) => ResultLook;

/**
 * One of Claude's tools. Two surfaces show a call in two ways: under a `title` that says by itself what it does, or as
 * a `line` after the tool's name. `cwd`: paths below it are shown relative to it.
 */
export interface ClaudeTool {
  readonly kind: ToolKind;
  /** Empty: the name of the tool stands for it. */
  readonly title: (input: JsonObject, cwd: string | undefined) => string;
  /** What the title leaves out, as Markdown. */
  readonly detail: (input: JsonObject) => string | undefined;
  /** Only its first line is shown. */
  readonly line: (input: JsonObject, cwd: string | undefined) => string;
  /** What the line leaves out. */
  readonly body: (input: JsonObject) => string | undefined;
  readonly bodyLanguage: string;
  /** Members of the input that say what the call is about; they come first if the input is cut. */
  readonly leads: readonly string[];
  /** The path that the call names. */
  readonly file: ((input: JsonObject) => unknown) | undefined;
  /** The line of `file` at which the call begins, from 1. */
  readonly firstLine: ((input: JsonObject) => number) | undefined;
  /** The tool changes `file`; the input says how. */
  readonly edits: ((input: JsonObject) => readonly InputEdit[]) | undefined;
  /**
   * What a successful output is: lines of a terminal, source text, Markdown, other words; or, for the model only, the
   * confirmation of what the call or its diff shows.
   */
  readonly output: "console" | "source" | "markdown" | "words" | "confirmation";
  /** The result has an exit code and two streams. */
  readonly isShell: boolean;
  /** Members of the input that the result is shown with. */
  readonly needs: readonly string[];
  readonly result: ResultView | undefined;
  /** How a call changes the plan: all of it with its input, or a task with its result. */
  readonly plan: "todos" | PlanChange | undefined;
  /** Whether its calls have conversations of their own. */
  readonly subagents: "always" | "sometimes" | "never";
}

/** A change of one task, or the list of all. */
export type PlanChange = "create" | "update" | "list";
