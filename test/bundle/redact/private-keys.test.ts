import { describe, expect, test } from "vitest";
import { SecretDetector } from "../../../src/bundle/redact/detect-secrets.ts";
import { KnownSecrets } from "../../../src/bundle/redact/known-secrets.ts";
import { privateKeys } from "../../../src/bundle/redact/secrets/private-keys.ts";
import { letters } from "../../support/planted-secrets.ts";

const LINES = [letters(1, 64), letters(2, 64), letters(3, 64), `${letters(4, 22)}==`];
const mark = (word: string): string => `-----${word} RSA PRIVATE KEY-----`;
const key = (lines: readonly string[] = LINES): string => [mark("BEGIN"), ...lines, mark("END")].join("\n");
const linesIn = (text: string): string[] => [...privateKeys(text)].flatMap(({ lines }) => lines);

describe("the lines of a private key are found", () => {
  test.for([
    ["as it is", key()],
    ["without its end", [mark("BEGIN"), ...LINES].join("\n")],
    ["without its beginning", [...LINES, mark("END")].join("\n")],
    ["in JSON", JSON.stringify({ key: key() })],
    ["in JSON in JSON", JSON.stringify(JSON.stringify({ key: key() }))],
    ["with numbers", key(LINES.map((line, i) => `${i + 2}\t${line}`))],
    ["in a diff", key(LINES).replace(/^/gm, "+")],
    ["in a comment", key(LINES).replace(/^/gm, "# ")],
    ["in colours", key(LINES.map((line) => `\u001B[33m${line}\u001B[0m`))],
    ["in code", key(LINES.map((line) => `  '${line}\\n' +`))],
    [
      "in PuTTY's form",
      ["Private-Lines: 4", ...LINES, `Private-MAC: ${letters(9, 40, "0123456789abcdef")}`].join("\n"),
    ],
    ["with headers", key(["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,12", "", ...LINES])],
    ["with headers and without its end", [mark("BEGIN"), "Proc-Type: 4,ENCRYPTED", "", ...LINES].join("\n")],
  ])("%s", ([, text]) => {
    expect(linesIn(text as string)).toEqual(LINES);
  });

  test("and nothing else between two marks", () => {
    const code = `const b = "${mark("BEGIN")}"; parentUuid assistant 0123456789abcdef0123456789abcdef01234567 "${mark("END")}"`;
    expect([...privateKeys(code)]).toEqual([]);
    expect(linesIn(`${mark("BEGIN")}\nMIIE...\n${mark("END")}`)).toEqual([]);
  });

  test("in a text of many marks, in time that grows with it", () => {
    const marks = `${mark("BEGIN")}\n`.repeat(20_000) + "Private-Lines: 1\n".repeat(20_000);
    const begin = process.cpuUsage().user;
    expect(linesIn(marks)).toEqual([]);
    expect(process.cpuUsage(undefined).user - begin).toBeLessThan(2_000_000);
  });
});

test("the beginning of a key in one text and its end in another make no key of what is between them", async () => {
  const known = new KnownSecrets();
  const detector = new SecretDetector(known);
  const between = ["uuid-of-a-row-between", letters(9, 40), "parentUuid", "assistant"];
  for (const text of [`const b = "${mark("BEGIN")}"`, ...between, `const e = "${mark("END")}"`]) detector.add(text);
  await detector.look();
  for (const text of between) expect(known.mask(text, () => undefined)).toBe(text);
  for (const text of [`${mark("BEGIN")}\n${LINES[0]}`, between[0] as string, `${LINES[2]}\n${mark("END")}`])
    detector.add(text);
  await detector.look();
  expect(known.mask(`${LINES[0]} ${between[0]} ${LINES[2]}`, () => undefined)).toBe(
    `[redacted:private-key:1] ${between[0]} [redacted:private-key:2]`,
  );
});
