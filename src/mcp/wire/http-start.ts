import { TranscriptError } from "../../store/errors.ts";
import { printable } from "../../view/sanitise.ts";
import type { Service } from "../core/service.ts";
import type { Tables } from "../core/server-definition.ts";

/** Names a token of the user's own. Never an argument: those every process of the machine can read. */
const TOKEN_VARIABLE = "CLAUDE_TRANSCRIPTS_TOKEN";
/** Shorter ones could be guessed. */
const TOKEN_UNITS = 16;

/**
 * Starts to serve over HTTP, and tells on stderr where, and where the token is. Throws `TranscriptError` where the port
 * cannot be had, or there is no token to be had.
 */
export async function startHttp(
  tables: Tables,
  service: Service,
  { port, configDirs }: { readonly port: number; readonly configDirs: readonly string[] | undefined },
): Promise<void> {
  const { token, where } = await tokenOf(configDirs);
  const [{ serveHttp }, { preload }] = [await import("./http.ts"), await import("./preload.ts")];
  await preload();
  try {
    const { url } = await serveHttp(tables, service, { port, token });
    console.error(
      `claude-transcripts mcp: serving on ${url}\nClients send \`Authorization: Bearer TOKEN\`; the token is ${where}.`,
    );
  } catch (error) {
    throw new TranscriptError("Io", `Port ${port} cannot be had: ${messageOf(error)}`, {
      hint: "Choose another with --port, or 0 for any that is free.",
    });
  }
}

async function tokenOf(
  configDirs: readonly string[] | undefined,
): Promise<{ readonly token: string; readonly where: string }> {
  const own = process.env[TOKEN_VARIABLE];
  if (own !== undefined && own !== "") {
    if (own.length < TOKEN_UNITS || !/^[!-~]+$/.test(own)) {
      throw new TranscriptError(
        "InvalidArgument",
        `${TOKEN_VARIABLE} must have at least ${TOKEN_UNITS} characters, letters, digits and signs without spaces`,
      );
    }
    return { token: own, where: `that of ${TOKEN_VARIABLE}` };
  }
  const { serverToken } = await import("../../store/live/server-token.ts");
  try {
    const { token, path } = serverToken({ configDirs });
    return { token, where: `in ${printable(path)}` };
  } catch (error) {
    throw new TranscriptError("Io", `The file for the token cannot be made: ${messageOf(error)}`, {
      hint: `Give a token of your own in the environment variable ${TOKEN_VARIABLE}.`,
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
