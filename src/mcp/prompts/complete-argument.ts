import type { Context } from "../core/context.ts";
import type { Service } from "../core/service.ts";
import type { Completion, ServerDefinition } from "../core/server-definition.ts";

interface Argument {
  readonly name: string;
  readonly value: string;
  /** Values of other arguments by name, if the client sends them. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** Completes an argument of a prompt or a variable of a template; undefined if there is no such prompt or template. */
export async function complete(
  { prompts, resources }: ServerDefinition,
  of: { readonly prompt?: string; readonly uriTemplate?: string },
  { name, value, chosen }: Argument,
  context: Context,
  service: Service,
): Promise<Completion | undefined> {
  const prompt = prompts.find((one) => one.name === of.prompt);
  const template = resources.templates.find((one) => one.uriTemplate === of.uriTemplate);
  if (prompt === undefined && template === undefined) return undefined;
  const argument = prompt?.arguments.find((one) => one.name === name);
  const found =
    prompt === undefined
      ? await template?.complete?.(name, value, chosen, context, service)
      : await argument?.complete?.(value, context, service);
  return found ?? { values: [], total: 0 };
}
