import { prompts } from "./prompts/prompts.ts";
import { resources } from "./resources/resources.ts";
import type { Tables } from "./core/server-definition.ts";

/** What the program offers: all tools or those that are named, without the changing ones when nothing may change. */
export function shippedTables({
  readOnly,
  tools,
}: {
  readonly readOnly: boolean;
  readonly tools?: readonly string[] | undefined;
}): Tables {
  return {
    // Their schemas alone take as long to make as the SDK takes to load, and nobody asks for them before the handshake.
    async tools() {
      const { TOOLS } = await import("./tools/all-tools.ts");
      return TOOLS.filter(
        ({ name, annotations }) => (tools?.includes(name) ?? true) && (annotations.readOnlyHint || !readOnly),
      );
    },
    resources,
    prompts,
  };
}
