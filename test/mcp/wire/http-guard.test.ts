import { describe, expect, test } from "vitest";
import { HTTP_PATH, refusalOf } from "../../../src/mcp/wire/http-guard.ts";

const TOKEN = "a-token-that-nobody-guesses";
const right = { host: "127.0.0.1:4917", authorization: `Bearer ${TOKEN}` };
const status = (headers: object, { method = "POST", url = HTTP_PATH } = {}): number | undefined =>
  refusalOf({ method, url, headers }, TOKEN)?.status;

describe("who is let in", () => {
  test.for(["127.0.0.1:4917", "127.0.0.1", "localhost", "LOCALHOST:1", "[::1]", "[::1]:65535"])("Host %s", (host) => {
    expect(status({ ...right, host })).toBeUndefined();
  });

  test.for([
    undefined,
    "",
    "evil.example",
    "evil.example:4917",
    "localhost.evil.example",
    "evil-localhost",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "2130706433",
    "0.0.0.0",
    "::1",
    "[::1",
    "localhost:",
    "localhost:123456",
    "localhost:4917@evil.example",
    "user@localhost",
    "localhost\nevil.example",
    " localhost",
  ])("Host %j is refused", (host) => expect(status({ ...right, host })).toBe(403));

  test.for(["http://localhost", "http://localhost:5173", "https://127.0.0.1:1", "http://[::1]:4917"])(
    "Origin %s",
    (origin) => expect(status({ ...right, origin })).toBeUndefined(),
  );

  test.for([
    "",
    "null",
    "http://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1.nip.io",
    "http://localhost/",
    "http://localhost@evil.example",
    "http://localhost, http://evil.example",
    "file://",
    "chrome-extension://localhost",
    "localhost",
  ])("Origin %j is refused", (origin) => expect(status({ ...right, origin })).toBe(403));

  test.for([`bearer ${TOKEN}`, `Bearer  ${TOKEN} `])("Authorization %j", (authorization) => {
    expect(status({ ...right, authorization })).toBeUndefined();
  });

  test.for([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
  ])("Authorization %j is refused", (authorization) => {
    const refusal = refusalOf({ method: "POST", url: HTTP_PATH, headers: { ...right, authorization } }, TOKEN);
    expect(refusal).toMatchObject({ status: 401, headers: { "WWW-Authenticate": expect.stringMatching(/^Bearer /) } });
    expect(JSON.stringify(refusal)).not.toContain(TOKEN);
  });

  test("a stranger learns of his name first, then of the token, then of the path and the method", () => {
    const anything = { method: "GET", url: "/other" };
    expect(status({ host: "evil.example" }, anything)).toBe(403);
    expect(status({ host: "localhost" }, anything)).toBe(401);
    expect(status(right, anything)).toBe(404);
    expect(status(right, { method: "GET" })).toBe(405);
  });

  test.for(["/", "/mcp/", "/mcp?token=x", "//mcp", "/MCP", "*", "http://127.0.0.1/mcp"])("there is no %s", (url) =>
    expect(status(right, { url })).toBe(404),
  );

  test.for(["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])("%s is not for here", (method) => {
    const refusal = refusalOf({ method, url: HTTP_PATH, headers: right }, TOKEN);
    expect(refusal).toMatchObject({ status: 405, headers: { Allow: "POST" } });
  });
});
