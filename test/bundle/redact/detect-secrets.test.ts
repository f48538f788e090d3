import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SecretDetector } from "../../../src/bundle/redact/detect-secrets.ts";
import { KnownSecrets } from "../../../src/bundle/redact/known-secrets.ts";
import { undoneEscapes } from "../../../src/bundle/redact/secrets/undone-escapes.ts";
import { letters, SECRET_KINDS } from "../../support/planted-secrets.ts";
import { runs } from "../../support/runs.ts";

/** Returns texts as they are masked when all of them have been looked at. */
async function masked(...texts: string[]): Promise<string[]> {
  const known = new KnownSecrets();
  const detector = new SecretDetector(known);
  for (const text of texts) detector.add(text);
  await detector.look();
  return texts.map((text) => known.mask(text, () => undefined));
}

const HEX = "0123456789abcdef";
const word = (n: number): string => `Zq${letters(n, 5)}7${letters(n + 1, 5)}x9`;

describe("a token is found by how it begins", () => {
  test.for([
    ["pypi", `-AgEIcHlwaS5vcmc${letters(1, 150)}`],
    ["glcbt", `-${letters(2, 22)}`],
    ["whsec", `_${letters(3, 32)}`],
    ["sk-or-v1", `-${letters(4, 64, HEX)}`],
    ["GOCSPX", `-${letters(5, 28)}`],
    ["1//0", letters(6, 60)],
    ["dckr_pat", `_${letters(7, 27)}`],
    ["dop_v1", `_${letters(8, 64, HEX)}`],
    ["1234567890", `:AA${letters(9, 33)}`],
    ["MTE", `${letters(10, 21)}.${letters(11, 6)}.${letters(12, 38)}`],
    ["dapi", letters(13, 32, HEX)],
    ["ntn", `_${letters(14, 46)}`],
    ["glsa", `_${letters(15, 32)}_${letters(16, 8, HEX)}`],
    ["ATATT3", letters(17, 170)],
    ["gsk", `_${letters(18, 52)}`],
    ["xai", `-${letters(19, 80)}`],
    ["hvs", `.${letters(20, 95)}`],
    ["tskey", `-auth-${letters(21, 12)}-${letters(22, 32)}`],
    ["AGE-SECRET", `-KEY-1${letters(23, 58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")}`],
    ["IQoJb3JpZ2lu", letters(24, 300)],
  ])("%s", async ([begin, rest]) => {
    const token = `${begin}${rest}`;
    expect((await masked(`the token ${token} is secret`)).join("")).toMatch(
      /^the token \[redacted:[a-z-]+:1\] is secret$/,
    );
  });
});

describe("a value is found by what is before it", () => {
  const value = word(40);
  test.for([
    "DB_PASSWORD=@",
    "db_password=@",
    "DB_PASS=@",
    "MYSQL_PWD=@",
    "GPG_PASSPHRASE=@",
    "ENCRYPTION_KEY=@",
    'DB_PASSWORD="@"',
    '{"password": "@"}',
    "  password: @",
    "spring.datasource.password=@",
    "deploy --password=@ x",
    "deploy --password @ x",
    "mysql -uroot -p@ db",
    "curl -u bob:@ https://x.example/",
    "sshpass -p @ ssh h",
    "docker login -u bob -p @",
    "Authorization: Basic @",
    "Authorization: token @",
    "x-api-key: @",
    "Cookie: sessionid=@",
    "machine x.example login bob password @",
    "https://x.example/?token=@&x=1",
    "Server=db;User Id=sa;Password=@;",
    "AccountKey=@;EndpointSuffix=x",
    "https://bob:@@h.example/",
    '{"auths":{"x":{"auth":"@"}}}',
    "const apiKey = '@';",
  ])("%s", async (line) => {
    const [text = ""] = await masked(line.replace("@", value));
    expect(text).not.toContain(value);
    expect(text).toContain("[redacted:");
  });

  test.for([
    ["a short one", "DB_PASSWORD=hZ7k3t", "DB_PASSWORD=[redacted:env-value:1]"],
    ["one that begins like a placeholder", "API_TOKEN=xK8fj29dkf93kd02kd", "API_TOKEN=[redacted:env-value:1]"],
    ["one with signs", 'DB_PASSWORD="Zq4$(kd93;f02,K"', 'DB_PASSWORD="[redacted:env-value:1]"'],
    ["one of words", 'DB_PASSWORD="correct horse battery"', 'DB_PASSWORD="[redacted:env-value:1]"'],
    ["one without digits", "DB_PASSWORD=korrekthorse", "DB_PASSWORD=[redacted:env-value:1]"],
    ["a password with a slash", "https://bob:Zk9/abcdefg@h/", "[redacted:basic-auth:1]/"],
    [
      "one in colours",
      "\u001B[32mTOKEN\u001B[0m=\u001B[33mabcdefgh12345",
      "\u001B[32mTOKEN\u001B[0m=\u001B[33m[redacted:env-value:1]",
    ],
  ])("%s", async ([, given, text]) => {
    expect(await masked(given as string)).toEqual([text]);
  });

  test("and stays if it stands for one, or is code", async () => {
    const lines = [
      "DB_PASSWORD=your-password-here API_TOKEN=xxxxxxxxxxxxxxx",
      "DB_PASSWORD=${DB_PASSWORD} DB_PASSWORD=$PASSWORD {{ password }}",
      'password: string; token = getToken2(); apiKey: process.env["API_KEY"]',
      "--- PASS: TestOfSha256AndMore (0.00s)",
      "max_tokens: 4096, TOKEN_URL=https://x.example/oauth2/v1",
      "http://localhost:8080/a/@scope/package1",
    ];
    expect(await masked(...lines)).toEqual(lines);
  });
});

describe("a secret is found and masked", () => {
  const { secret } = (SECRET_KINDS["github-token"] as (n: number) => { secret: string })(5);
  const escaped = `\\u0067${secret.slice(1)}`;
  test.for([
    ["after a literal \\n", String.raw`a\n@\nb`, secret],
    ["after a colour", "\u001B[32m@\u001B[0m", secret],
    ["after a written colour", String.raw`\u001b[32m@\u001b[0m`, secret],
    ["after %3D", "token%3D@%26x", secret],
    ["after \\u003d", String.raw`token\u003d@\u0026`, secret],
    ["after a digit", "1@", secret],
    ["after _", "x_@", secret],
    ["in JSON in JSON", JSON.stringify(JSON.stringify("a\n@")), secret],
    ["with an escape in it", "x @ y", escaped],
    ["with a colour in it", "x @ y", `${secret.slice(0, 9)}\u001B[1m${secret.slice(9)}`],
  ])("%s", async ([, text, written]) => {
    expect(await masked((text as string).replace("@", written as string))).toEqual([
      (text as string).replace("@", "[redacted:github-token:1]"),
    ]);
  });
});

test("what is undone is known by where it stands in the original", () => {
  const texts = fc
    .array(fc.oneof(fc.string(), fc.constantFrom("\\n", "%41", "\\\\u0041", "\u001B[1m", "\n", "%")))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), (given, a, b) => {
      const undone = undoneEscapes(given);
      if (undone === undefined) return;
      const { text } = undone;
      expect(undoneEscapes("x")).toBeUndefined();
      const [start = 0, end = 0] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y);
      if (start === end) return;
      const original = undone.original(start, end);
      expect(given).toContain(original);
      // Undone alone it has the part in it: with more only at the line ends between lines that were left out.
      const again = undoneEscapes(original)?.text ?? original;
      expect(again.replaceAll("\n", "")).toContain(text.slice(start, end).replaceAll("\n", "").slice(0, 1));
    }),
    { numRuns: runs(200) },
  );
});
