import type { Context } from "../core/context.ts";
import type { Service } from "../core/service.ts";
import type { Completion, Tables } from "../core/server-definition.ts";

/** The protocol's own bound. */
const VALUES = 100;

interface Asked {
  readonly name: string;
  readonly value: string;
  /** What the others were given, by name, as far as the client says. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** The values of an argument of a prompt, or of a variable of a template, that begin so; undefined where there is no such prompt or template. */
export async function complete(
  { prompts, resources }: Tables,
  of: { readonly prompt?: string; readonly uriTemplate?: string },
  { name, value, chosen }: Asked,
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
  const { values, total } = found ?? { values: [], total: 0 };
  return { values: values.slice(0, VALUES), total };
}
