import type * as z from "zod";
import type { Context } from "./context.ts";
import { inputProblem } from "./input.ts";
import type { Content } from "./answer-content.ts";

/** Answer of a tool: text for people and models, and for some tools the same facts as data. */
export interface Answer {
  readonly text: string;
  /** Content other than text, sent after it. */
  readonly blocks?: readonly Content[];
  readonly structured?: Readonly<Record<string, unknown>>;
}

/** Error in a call. The message is for the model: what was wrong, and what to do next. */
export class ToolFailure extends Error {}

/** Hints for hosts. All four are always sent. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: false;
}

interface Definition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** When to use it, when not, and what next. The first sentence must suffice: hosts may cut the rest. */
  readonly description: string;
  readonly annotations: Annotations;
  /** A strict object, so that a misspelt filter is an error. */
  readonly input: Input;
  /** Schema of `structured`. Absent for tools that answer in prose. */
  readonly output?: z.ZodObject;
  /** `_meta` of the tool. */
  readonly meta?: Readonly<Record<string, unknown>>;
  run(input: z.output<Input>, context: Context): Promise<Answer>;
}

export interface Tool extends Omit<Definition<z.ZodObject>, "run"> {
  /** Checks the arguments and runs the tool. Throws `ToolFailure`, and errors of the store. */
  call(args: unknown, context: Context): Promise<Answer>;
}

export function defineTool<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  return {
    ...definition,
    async call(args, context) {
      const parsed = definition.input.safeParse(args ?? {});
      if (!parsed.success) throw new ToolFailure(inputProblem(definition.name, definition.input, parsed.error));
      const { structured, ...answer } = await definition.run(parsed.data, context);
      if (structured === undefined || definition.output === undefined) return answer;
      // Clients refuse members that the schema does not name; parsing removes them.
      return { ...answer, structured: definition.output.parse(structured) };
    },
  };
}

/** Hints of tools that only read. */
export const READS: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
