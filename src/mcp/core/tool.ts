import type * as z from "zod";
import type { Context } from "./context.ts";
import { inputProblem } from "./input.ts";
import type { Service } from "./service.ts";
import type { Content } from "./answer-content.ts";

/** What a tool answers: text for people and models, and the same facts as data where its rows are data. */
interface Answer {
  readonly text: string;
  /** What is no text, behind it. */
  readonly blocks?: readonly Content[];
  readonly structured?: Readonly<Record<string, unknown>>;
}

/** The call could not be done as it was asked for. The message is for the model: what was wrong, and what to do next. */
export class ToolFailure extends Error {}

/** What hosts are told of a tool, beside its schemas. All four hints are always given. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: false;
}

interface Definition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** When to use it, when not, and what next. The first sentence carries it: hosts may cut the rest. */
  readonly description: string;
  readonly annotations: Annotations;
  /** A strict object, so that a mistyped filter is told. */
  readonly input: Input;
  /** The shape of `structured`. Absent for tools that answer in prose. */
  readonly output?: z.ZodObject;
  /** `_meta` of the tool. */
  readonly meta?: Readonly<Record<string, unknown>>;
  run(input: z.output<Input>, context: Context, service: Service): Promise<Answer>;
}

export interface Tool extends Omit<Definition<z.ZodObject>, "run"> {
  /** Checks the arguments, and runs. Throws `ToolFailure`, and what the store throws. */
  call(args: unknown, context: Context, service: Service): Promise<Answer>;
}

export function defineTool<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  return {
    ...definition,
    async call(args, context, service) {
      const parsed = definition.input.safeParse(args ?? {});
      if (!parsed.success) throw new ToolFailure(inputProblem(definition.name, definition.input, parsed.error));
      const { structured, ...answer } = await definition.run(parsed.data, context, service);
      if (structured === undefined || definition.output === undefined) return answer;
      // Clients refuse data with members that the schema does not name, so they get what the schema made of it.
      return { ...answer, structured: definition.output.parse(structured) };
    },
  };
}

/** Of tools that only look. */
export const READS: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
