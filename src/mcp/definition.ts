import { prompts } from "./prompts/prompts.ts";
import { resources } from "./resources/resources.ts";
import type { ServerDefinition } from "./core/server-definition.ts";

/** Returns what the server offers: all tools or the named ones; with `readOnly`, only tools that change nothing. */
export function serverDefinition({
  readOnly,
  tools,
  exports = false,
}: {
  readonly readOnly: boolean;
  readonly tools?: readonly string[] | undefined;
  /** Whether there is a directory for exports. */
  readonly exports?: boolean;
}): ServerDefinition {
  return {
    // Building their schemas takes as long as loading the SDK, and no client needs them before the handshake.
    async tools() {
      const { EXPORT_TOOLS, TOOLS } = await import("./tools/all-tools.ts");
      return [...TOOLS, ...(exports ? EXPORT_TOOLS : [])].filter(
        ({ name, annotations }) => (tools?.includes(name) ?? true) && (annotations.readOnlyHint || !readOnly),
      );
    },
    resources,
    prompts,
  };
}
