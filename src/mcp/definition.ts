import { prompts } from "./prompts/prompts.ts";
import { resources } from "./resources/resources.ts";
import type { ServerDefinition } from "./core/server-definition.ts";

/** Returns what the server offers: all tools or the named ones; with `readOnly`, only tools that change nothing. */
export function serverDefinition({
  readOnly,
  tools,
}: {
  readonly readOnly: boolean;
  readonly tools?: readonly string[] | undefined;
}): ServerDefinition {
  return {
    // Building their schemas takes as long as loading the SDK, and no client needs them before the handshake.
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
