import { lintSource } from "@secretlint/core";
import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { KnownSecrets } from "./known-secrets.ts";
import { isPlaceholder, secretAssignments } from "./secrets/assignments.ts";
import { OWN_PATTERNS } from "./secrets/own-patterns.ts";
import { privateKeys } from "./secrets/private-keys.ts";
import { tokensIn } from "./secrets/token-patterns.ts";
import { undoneEscapes, type UndoneText } from "./secrets/undone-escapes.ts";
import { INDEXED_UNITS, TextIndex } from "./text-index.ts";

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
  /** What was found in the texts that are looked at. */
  readonly #found = new Map<string, Found>();

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
      const batch = texts.slice(from, to);
      await this.#lookTogether(batch);
      const undone = batch.flatMap((text) => undoneEscapes(text) ?? []);
      if (undone.length > 0) {
        this.#found.clear();
        await this.#lookTogether(undone.map(({ text }) => text));
        this.#addOriginals(undone);
      }
      from = to;
    }
  }

  async #lookTogether(texts: readonly string[]): Promise<void> {
    const together = texts.join(SEPARATOR);
    const isApart = await this.#lookAt(together);
    if (!isApart) for (const text of texts) await this.#lookAt(text);
    this.#lookForOwn(together);
    // A key ends with its text: what is between the head of one and the tail of another is no part of either.
    for (const text of texts)
      for (const { whole, lines } of privateKeys(text)) {
        this.#known.addKey(whole, lines);
        for (const line of lines) this.#found.set(line, { kind: "private-key" });
      }
  }

  /** Adds what was found in texts without escapes as it stands in the texts themselves. */
  #addOriginals(texts: readonly UndoneText[]): void {
    const index = new TextIndex([...this.#found.keys()].filter((secret) => secret.length >= INDEXED_UNITS));
    for (const undone of texts) {
      const { text } = undone;
      for (let next = index.find(text, 0); next !== undefined; next = index.find(text, next.at + 1)) {
        const { at, found } = next;
        const { kind, before } = this.#found.get(found) as Found;
        const written = undone.original(at, at + found.length);
        if (written === found) continue;
        if (before === undefined) this.#known.add(kind, found, [written]);
        else this.#known.addAfter(kind, undone.original(at, at + before.length), written, found.slice(before.length));
      }
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
    for (const { kind, secret } of tokensIn(content)) this.#add(kind, secret);
    for (const { kind, pattern, isSecret } of OWN_PATTERNS) {
      pattern.lastIndex = 0;
      for (let match = pattern.exec(content); match !== null; match = pattern.exec(content)) {
        const secret = match[1] ?? match[0];
        if (!isSecret(secret)) continue;
        if (match[1] === undefined || isTelling(secret)) this.#add(kind, secret);
        else this.#addAfter(kind, match[0].slice(0, match[0].lastIndexOf(secret)), secret);
      }
    }
    for (const { value, before } of secretAssignments(content)) {
      if (isTelling(value)) this.#add("env-value", value);
      else this.#addAfter("env-value", before, value);
    }
  }

  #add(kind: string, secret: string): void {
    const value = secret.trim();
    const password = /^[a-z][a-z0-9+.:-]*:\/\/[^:@/]*:(.+)@/i.exec(value)?.[1];
    const isSecret = password !== undefined && isTelling(password) && !isPlaceholder(password);
    this.#known.add(kind, value, isSecret ? [password] : []);
    this.#found.set(value, { kind });
  }

  #addAfter(kind: string, before: string, value: string): void {
    this.#known.addAfter(kind, before, before + value, value);
    this.#found.set(before + value, { kind, before });
  }
}

interface Found {
  readonly kind: string;
  /** What is before a value that is only known after it. */
  readonly before?: string;
}

/** Whether a value is no word that also means something else: then it is masked wherever it stands. */
const isTelling = (value: string): boolean =>
  value.length >= INDEXED_UNITS &&
  (value.length >= 16 || [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length >= 2);

const ruleOf = (ruleId: string): string => ruleId.replace(/^.*secretlint-/, "");
