import { lintSource } from "@secretlint/core";
import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { KnownSecrets } from "./known-secrets.ts";
import { OWN_PATTERNS } from "./own-patterns.ts";
import { privateKeys } from "./private-keys.ts";

/** Names of what the rules find. A rule that is not here gives its own name. */
const KINDS: Readonly<Record<string, string>> = {
  AWSAccountID: "aws-account",
  "rule-aws": "aws-key",
  "rule-privatekey": "private-key",
  "rule-npm": "npm-token",
  "rule-basicauth": "basic-auth",
  IncomingWebhook: "slack-webhook",
  "rule-slack": "slack-token",
  "rule-sendgrid": "sendgrid-key",
  "rule-shopify": "shopify-key",
  "rule-github": "github-token",
  "rule-openai": "openai-key",
  "rule-anthropic": "anthropic-key",
  "rule-linear": "linear-token",
  "rule-1password": "1password-token",
  "rule-database-connection-string": "database-url",
};

/** Rules left out: one obeys comments in the text, which may be anybody's, and one reads files by their names. */
const NOT_USED = /rule-(?:filter-comments|gcp)$/;

const RULES = rules
  .filter(({ meta }) => !NOT_USED.test(meta.id))
  .map((rule) => ({
    id: rule.meta.id,
    rule,
    ...(rule.meta.id.endsWith("rule-aws") && { options: { enableIDScanRule: true } }),
  }));

/** The rule for npm looks for another kind of token in each of these files. */
const FILES: readonly { readonly filePath: string; readonly rules: typeof RULES }[] = [
  { filePath: "package.json", rules: RULES },
  { filePath: ".npmrc", rules: RULES.filter(({ id }) => id.endsWith("rule-npm")) },
];

/** Texts are looked at together: each call of the detector takes longer than a row. */
const BATCH_UNITS = 1024 * 1024;
const SHARED_UNITS = 64 * 1024;
/** Between texts. No secret has a NUL, and most patterns end at a line. */
const SEPARATOR = "\n\0\n";

/** Finds secrets in texts. */
export class SecretDetector {
  readonly #known: KnownSecrets;
  #texts: string[] = [];
  #units = 0;

  constructor(known: KnownSecrets) {
    this.#known = known;
  }

  /** Takes a text. Returns whether enough have come for `look`. */
  add(text: string): boolean {
    // Of a long text, parts that share more than any secret is long.
    for (let at = 0; at < text.length; at += BATCH_UNITS)
      this.#texts.push(text.slice(at, at + BATCH_UNITS + SHARED_UNITS));
    this.#units += text.length + SEPARATOR.length;
    return this.#units >= BATCH_UNITS;
  }

  /** Looks at all texts that have come, and adds what is found. */
  async look(): Promise<void> {
    const texts = this.#texts;
    this.#texts = [];
    this.#units = 0;
    for (let from = 0; from < texts.length;) {
      let to = from;
      for (let units = 0; to < texts.length && units < BATCH_UNITS; to++) units += (texts[to] as string).length;
      const together = texts.slice(from, to).join(SEPARATOR);
      const isApart = await this.#lookAt(together);
      if (!isApart) for (const text of texts.slice(from, to)) await this.#lookAt(text);
      this.#lookForOwn(together);
      // A key ends with its text: what is between the head of one and the tail of another is no part of either.
      for (const text of texts.slice(from, to))
        for (const { whole, lines } of privateKeys(text)) this.#known.addKey(whole, lines);
      from = to;
    }
  }

  /** Returns false if a match goes on from one text into the next: it hides what is there. */
  async #lookAt(content: string): Promise<boolean> {
    let isApart = true;
    for (const { filePath, rules: used } of FILES) {
      const { messages } = await lintSource({
        source: { content, filePath, ext: "", contentType: "text" },
        options: { noPhysicFilePath: true, config: { rules: used } },
      });
      for (const { messageId, ruleId, data, range } of messages) {
        // Some rules report a range that begins too early, and give the secret itself as a value of the message.
        const { KEY, TOKEN, ID, CREDENTIAL, URI, URL } = (data ?? {}) as Readonly<Record<string, unknown>>;
        const given = [KEY, TOKEN, ID, CREDENTIAL, URI, URL].find((value) => typeof value === "string");
        const secret = given ?? content.slice(range[0], range[1]);
        if (secret.includes("\0")) isApart = false;
        else this.#add(KINDS[messageId] ?? KINDS[ruleOf(ruleId)] ?? ruleOf(ruleId).replace(/^rule-/, ""), secret);
      }
    }
    return isApart;
  }

  #lookForOwn(content: string): void {
    for (const { kind, pattern, isSecret } of OWN_PATTERNS) {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(content); match !== null; match = pattern.exec(content)) {
        const secret = match.at(-1) ?? match[0];
        if (isSecret?.(secret, match) !== false) this.#add(kind, secret);
      }
    }
  }

  #add(kind: string, secret: string): void {
    const value = secret.trim();
    const password = /^[a-z][a-z0-9+.:-]*:\/\/[^:@/]*:([^@/]+)@/i.exec(value)?.[1];
    this.#known.add(kind, value, password !== undefined && isPlainlySecret(password) ? [password] : []);
  }
}

const ruleOf = (ruleId: string): string => ruleId.replace(/^.*secretlint-/, "");

/** Whether a password is no word that also means something else. */
const isPlainlySecret = (password: string): boolean =>
  [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length >= 2;
