import { TranscriptError } from "../../store/errors.ts";
import { printable } from "../../view/sanitise.ts";
import type { Service } from "../core/service.ts";
import type { ServerDefinition } from "../core/server-definition.ts";

/** Environment variable with the user's own token. Not an option: every process of the machine can read arguments. */
const TOKEN_VARIABLE = "CLAUDE_TRANSCRIPTS_TOKEN";
/** Minimum length of a token; shorter ones could be guessed. */
const MIN_TOKEN_UNITS = 16;

/**
 * Starts to serve over HTTP, and prints the address and where the token is on stderr. Throws `TranscriptError` if the port or
 * the token cannot be used.
 */
export async function startHttp(
  definition: ServerDefinition,
  service: Service,
  { port, configDirs }: { readonly port: number; readonly configDirs: readonly string[] | undefined },
): Promise<void> {
  const { token, where } = await tokenOf(configDirs);
  const [{ serveHttp }, { preload }] = [await import("./http.ts"), await import("./preload.ts")];
  await preload();
  try {
    const { url } = await serveHttp(definition, service, { port, token });
    console.error(
      `claude-transcripts mcp: serving on ${url}\nClients send \`Authorization: Bearer TOKEN\`; the token is ${where}.`,
    );
  } catch (error) {
    throw new TranscriptError("Io", `Cannot listen on port ${port}: ${messageOf(error)}`, {
      hint: "Choose another port with --port; 0 takes any free one.",
    });
  }
}

async function tokenOf(
  configDirs: readonly string[] | undefined,
): Promise<{ readonly token: string; readonly where: string }> {
  const own = process.env[TOKEN_VARIABLE];
  if (own !== undefined && own !== "") {
    if (own.length < MIN_TOKEN_UNITS || !/^[!-~]+$/.test(own)) {
      throw new TranscriptError(
        "InvalidArgument",
        `${TOKEN_VARIABLE} must have at least ${MIN_TOKEN_UNITS} characters: ASCII letters, digits and punctuation, no spaces`,
      );
    }
    return { token: own, where: `that of ${TOKEN_VARIABLE}` };
  }
  const { serverToken } = await import("../../store/live/server-token.ts");
  try {
    const { token, path } = serverToken({ configDirs });
    return { token, where: `in ${printable(path)}` };
  } catch (error) {
    throw new TranscriptError("Io", `Cannot create the token file: ${messageOf(error)}`, {
      hint: `Set a token of your own in the environment variable ${TOKEN_VARIABLE}.`,
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
