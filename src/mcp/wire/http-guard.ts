import { nodeCrypto } from "../../store/disk/builtins.ts";

export const HTTP_PATH = "/mcp";

interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Partial<Record<"host" | "origin" | "authorization", string | undefined>>>;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON-RPC error code. */
  readonly code?: number;
}

/**
 * Returns why a request is refused; undefined if it is accepted. `Host` and `Origin` must name this machine, with any port or
 * none: a web page can make any name resolve to it (DNS rebinding), but cannot choose these headers. The token is checked
 * before path and method, so that nobody learns more without it.
 */
export function refusalOf({ method, url, headers }: RequestHead, token: string): Refusal | undefined {
  if (headers.host === undefined || !HOST.test(headers.host)) {
    return { status: 403, message: "Host must be 127.0.0.1, localhost or [::1]" };
  }
  if (headers.origin !== undefined && !ORIGIN.test(headers.origin)) {
    return { status: 403, message: "Requests from pages of other hosts are refused" };
  }
  if (!isToken(headers.authorization, token)) {
    return {
      status: 401,
      message:
        "The header `Authorization: Bearer TOKEN` is missing or wrong; the server says on stderr where its token is",
      headers: { "WWW-Authenticate": 'Bearer realm="claude-transcripts"' },
    };
  }
  if (url !== HTTP_PATH) return { status: 404, message: `Not found: this server has only ${HTTP_PATH}` };
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

/** Compares tokens in constant time. */
function isToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  return nodeCrypto().timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => nodeCrypto().createHash("sha256").update(text).digest();
