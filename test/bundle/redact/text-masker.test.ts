import { describe, expect, test } from "vitest";
import { complete, homesIn, identityOfPath } from "../../../src/bundle/redact/identity.ts";
import { KnownSecrets } from "../../../src/bundle/redact/known-secrets.ts";
import { TextMasker } from "../../../src/bundle/redact/text-masker.ts";

const JANE = complete({ homes: ["/home/jane"], users: ["jane"], hosts: ["box7.example"] });

function masked(text: string, identity = JANE, secrets = new KnownSecrets()): { text: string; kinds: string[] } {
  const kinds: string[] = [];
  return { text: new TextMasker(secrets, identity).mask(text, (kind) => kinds.push(kind)), kinds };
}

describe("names", () => {
  test.for([
    ["/home/jane/shop", "/redacted-home/shop", ["home"]],
    ["in /home/jane.", "in /redacted-home.", ["home"]],
    ["/home/jane-docker", "/home/redacted-user-docker", ["user"]],
    ["/home/janet", "/home/janet", []],
    ["-I/home/jane/x", "-I/home/redacted-user/x", ["user"]],
    ["-home-jane-shop", "-redacted-home-shop", ["home"]],
    [
      "jane_doe, jane@box7: JANE",
      "redacted-user_doe, redacted-user@redacted-host: redacted-user",
      ["user", "user", "user", "host"],
    ],
    [String.raw`"a\njane\tBOX7.example"`, String.raw`"a\nredacted-user\tredacted-host"`, ["user", "host"]],
    ["file%2Fhome%2Fjane", "file%2Fhome%2Fredacted-user", ["user"]],
    ["box77, mybox7", "box77, mybox7", []],
    ["github.com:Jane/x", "github.com:redacted-user/x", ["user"]],
    ["\u001B[01;32mjane@box7", "\u001B[01;32mredacted-user@redacted-host", ["user", "host"]],
    [String.raw`\u003cjane@x.example`, String.raw`\u003credacted-user@x.example`, ["user"]],
    ["%22jane%22 user%3Djane", "%22redacted-user%22 user%3Dredacted-user", ["user", "user"]],
    [String.raw`\u002fhome\u002fjane`, String.raw`\u002fhome\u002fredacted-user`, ["user"]],
    ["nothing", "nothing", []],
  ] as const)("in %j become %j", ([given, text, kinds]) => {
    expect(masked(given)).toEqual({ text, kinds });
  });

  test("of Windows are found in all spellings of a path", () => {
    const identity = complete({ homes: [String.raw`C:\Users\jane.doe`], users: [], hosts: [] });
    for (const [given, text] of [
      [String.raw`C:\Users\jane.doe\x`, String.raw`C:/redacted-home\x`],
      [String.raw`C:\\Users\\jane.doe\\x`, String.raw`C:/redacted-home\\x`],
      ["C:/Users/jane.doe/x", "C:/redacted-home/x"],
      ["C--Users-jane-doe-x", "C--redacted-home-x"],
      ["by jane.doe", "by redacted-user"],
    ] as const)
      expect(masked(given, identity).text).toBe(text);
  });

  test("that tell nothing of anybody stay", () => {
    const root = complete({ homes: ["/root"], users: ["root", "node"], hosts: ["localhost"] });
    expect(masked("the root cause, /root/x, node, localhost", root).text).toBe(
      "the root cause, /redacted-home/x, node, localhost",
    );
  });

  test("that are words are masked in paths only, and short ones as they are written", () => {
    const identity = complete({ homes: ["/home/max", "/Users/2026", "/home/ada"], users: [], hosts: ["nas"] });
    expect(masked("max 2026 nas /home/max/x /Users/2026 ada ADA", identity).text).toBe(
      "max 2026 nas /redacted-home/x /redacted-home redacted-user ADA",
    );
  });

  test.for([
    ["see /home/ada/x and /Users/bo.", ["/home/ada", "/Users/bo"]],
    ["/mnt/c/Users/ada/x, /c/Users/ada", ["/mnt/c/Users/ada", "/c/Users/ada"]],
    [String.raw`"C:\\Users\\ada\\x"`, [String.raw`C:\Users\ada`]],
    [String.raw`\\wsl.localhost\Ubuntu\home\ada\x`, [String.raw`\\wsl.localhost\Ubuntu\home\ada`]],
    ["/export/home/ada /home/corp/ada/x", ["/export/home/ada", "/home/corp/ada"]],
    ["projects/-home-ada-acme/x.jsonl", ["/home/ada"]],
    ["projects/C--Users-ada-acme/x.jsonl", [String.raw`C:\Users\ada`]],
    ["/home/user/x /home/$USER /home/<name> /Users/you https://x.example/home/page ~/home/x", []],
  ] as const)("%s has the homes %j", ([text, homes]) => expect([...homesIn(text)]).toEqual(homes));

  test.for([
    ["/home/ada/x", ["/home/ada"], ["ada"]],
    ["/Users/ada", ["/Users/ada"], ["ada"]],
    [String.raw`D:\Users\ada\x`, [String.raw`D:\Users\ada`], ["ada"]],
    ["/srv/ada", [], []],
    ["/home/ubuntu/x", ["/home/ubuntu"], []],
  ] as const)("of the directory %s are known by where homes are", ([path, homes, users]) => {
    expect(identityOfPath(path)).toEqual({ homes, users, hosts: [] });
  });
});

describe("secrets", () => {
  const secrets = new KnownSecrets();
  secrets.add("key", "abcdefghijklmnopqrstuvwxyz");
  secrets.add("key", "0123456789", ["part-of-it"]);
  secrets.add("other", "abcdefghijklmnop");
  secrets.add("short", "abc");

  test.for([
    ["a abcdefghijklmnopqrstuvwxyz b", "a [redacted:key:1] b"],
    ["abcdefghijklmnop", "[redacted:other:1]"],
    ["x0123456789y 0123456789", "x[redacted:key:2]y [redacted:key:2]"],
    ["part-of-it abc", "[redacted:key:2] abc"],
    ["cut: abcdefghijklmnopqrs…", "cut: [redacted:other:1]qrs…"],
    ["$& $1 [redacted:key:1]", "$& $1 [redacted:key:1]"],
  ])("in %j become %j", ([given, text]) => {
    expect(masked(given as string, complete(), secrets).text).toBe(text);
  });

  test.for([
    ["a abcdefghijklmnopqrs", "a [redacted:key:1]"],
    ["a abcdefghijklmnopqrs…", "a [redacted:key:1]…"],
    ["a abcdefghijklmnopqrs... (+12 lines)", "a [redacted:key:1]... (+12 lines)"],
    ["a abcdefghijklmnopqrs… [truncated]", "a [redacted:key:1]… [truncated]"],
    ['"abcdefghijklmnop", and', '"[redacted:key:1]", and'],
    ["abcdefghijklmnop\\n abcdefghijklmnopq", "[redacted:key:1]\\n [redacted:key:1]"],
    ["a abcdefghijklmnopqrX", "a abcdefghijklmnopqrX"],
    ["a abcdefghijklmnop.txt", "a abcdefghijklmnop.txt"],
    ["a abcdefgh", "a abcdefgh"],
    ["https://bob:abcdefg@ x", "https://bob:abcdefg@ x"],
  ])("are masked by their beginning where they were cut: %j is %j", ([given, text]) => {
    const long = new KnownSecrets();
    long.add("key", "abcdefghijklmnopqrstuvwxyz");
    long.add("url", "https://bob:abcdefg@host");
    expect(masked(given as string, complete(), long).text).toBe(text);
  });

  test("that are short or words are masked where they stand after their name", () => {
    const short = new KnownSecrets();
    short.addAfter("env-value", "PASSWORD=", "PASSWORD=abc123", "abc123");
    short.addAfter("env-value", 'PASS="', 'PASS="abc123', "abc123");
    for (const [given, text] of [
      ["PASSWORD=abc123 abc123", "PASSWORD=[redacted:env-value:1] abc123"],
      ['PASS="abc123"', 'PASS="[redacted:env-value:1]"'],
      [JSON.stringify('PASS="abc123"'), JSON.stringify('PASS="[redacted:env-value:1]"')],
    ] as const)
      expect(masked(given, complete(), short).text).toBe(text);
  });
});
