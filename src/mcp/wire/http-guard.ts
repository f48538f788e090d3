import { nodeCrypto } from "../../store/disk/builtins.ts";

/** The path that the server answers on. */
export const HTTP_PATH = "/mcp";

/** What a request says of itself before its body. */
interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly authorization?: string | undefined;
  };
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of JSON-RPC. */
  readonly code?: number;
}

/**
 * Why a request is not let in; undefined when it is. A page in a browser may have any name lead to this machine, but it
 * cannot choose what its requests say in `Host` and `Origin`: only this machine's own names are let in, with any port or
 * none, since a port is not what tells a stranger. Then the token, so that nobody learns more without it.
 */
export function refusalOf({ method, url, headers }: RequestHead, token: string): Refusal | undefined {
  if (headers.host === undefined || !HOST.test(headers.host)) {
    return { status: 403, message: "This server is reached as 127.0.0.1, localhost or [::1] only" };
  }
  if (headers.origin !== undefined && !ORIGIN.test(headers.origin)) {
    return { status: 403, message: "Requests from the pages of other hosts are refused" };
  }
  if (!isToken(headers.authorization, token)) {
    return {
      status: 401,
      message:
        "The header `Authorization: Bearer TOKEN` is missing or wrong; the server says on stderr where its token is",
      headers: { "WWW-Authenticate": 'Bearer realm="claude-transcripts"' },
    };
  }
  if (url !== HTTP_PATH) return { status: 404, message: `There is nothing but ${HTTP_PATH} here` };
  if (method !== "POST") {
    return {
      status: 405,
      message: "Only POST: this server keeps no sessions and no streams between requests",
      headers: { Allow: "POST" },
    };
  }
  return undefined;
}

const HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
const ORIGIN = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/** Takes as long for a token that is nearly right as for one that is not. */
function isToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  return nodeCrypto().timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => nodeCrypto().createHash("sha256").update(text).digest();
