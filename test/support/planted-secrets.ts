import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

/** Secrets of many kinds, made of parts here: whole ones in a file would set off scanners of code hosts. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Letters that look random and are always the same. */
export function letters(seed: number, length: number, from = LETTERS): string {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += from.charAt((state >>> 8) % from.length);
  }
  return text;
}

const upper = LETTERS.slice(0, 26) + LETTERS.slice(52);
const base64Lines = (seed: number): string =>
  `MII${letters(seed, 61)}\n${letters(seed + 1, 64)}\n${letters(seed + 2, 40)}==`;
const begin = (what: string): string => `-----${what} RSA PRIVATE KEY-----`;

/** How to make a secret of each kind from a number; `in` is a text by which it is known for one. */
export const SECRET_KINDS: Readonly<Record<string, (n: number) => { secret: string; text: string }>> =
  Object.fromEntries(
    (
      [
        ["aws-key", (n) => letters(n, 40), (s) => `AWS_SECRET_ACCESS_KEY=${s}`],
        ["github-token", (n) => `gh${"pousr".charAt(n % 5)}_${letters(n, 36)}`],
        ["npm-token", (n) => `npm_${letters(n, 36)}`],
        ["slack-token", (n) => ["xoxb", letters(n, 12, "0123456789"), letters(n, 24)].join("-")],
        [
          "slack-webhook",
          (n) =>
            `https://hooks.slack.com/services/T${letters(n, 9, upper)}/B${letters(n + 1, 9, upper)}/${letters(n, 24)}`,
        ],
        ["sendgrid-key", (n) => ["SG", letters(n, 22), letters(n + 1, 43)].join(".")],
        ["shopify-key", (n) => `shpat_${letters(n, 32)}`],
        [
          "openai-key",
          (n) => `sk-${[letters(n, 20), "FJ", letters(n + 1, 20)].join("T3Blbk").replace("FJT3Blbk", "FJ")}`,
        ],
        ["anthropic-key", (n) => `sk-ant-api03-${letters(n, 93)}AA`],
        ["linear-token", (n) => `lin_api_${letters(n, 40)}`],
        ["private-key", (n) => `${begin("BEGIN")}\n${base64Lines(n)}\n${begin("END")}`],
        ["database-url", (n) => `postgres://app:${letters(n, 16)}@db.internal:5432/app`],
      ] as [string, (n: number) => string, ((s: string) => string)?][]
    ).map(([kind, make, within = (s: string) => `the value is ${s} .`]) => [
      kind,
      (n: number) => ({ secret: make(n), text: within(make(n)) }),
    ]),
  );

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32?.(body) ?? 0);
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one pixel, with a comment if there is one. */
export function png(comment?: string, packed = false): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const text = (value: string): Buffer =>
    packed
      ? chunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(value)]))
      : chunk("tEXt", Buffer.from(`Comment\0${value}`));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(comment === undefined ? [] : [text(comment)]),
    chunk("IDAT", deflateSync(Buffer.from([0, 0]))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
