/** Secrets that the detector's rules leave out, or find in one form only. */

export interface OwnPattern {
  readonly kind: string;
  /** Global. The first group is the secret; without one, the whole match. */
  readonly pattern: RegExp;
  readonly isSecret?: (secret: string, match: RegExpExecArray) => boolean;
}

const hasLetterAndDigit = (text: string): boolean => /[A-Za-z]/.test(text) && /[0-9]/.test(text);
/** What stands for a value in a template or in documentation. */
const isPlaceholder = (text: string): boolean =>
  /^[<{$%*.]|\$\{|\{\{|^(?:x+|\*+|your|my|example|changeme|password|secret|redacted|undefined|null|process\.env)/i.test(
    text,
  );

export const OWN_PATTERNS: readonly OwnPattern[] = [
  // Of Claude Code's own login too, and of other lengths than the rule knows.
  { kind: "anthropic-key", pattern: /\bsk-ant-[a-z]{2,10}\d{2}-[\w-]{20,200}/g },
  { kind: "openai-key", pattern: /\bsk-(?:proj|svcacct|admin)-[\w-]{40,200}/g },
  { kind: "github-token", pattern: /(?:\bgh[pousr]_[A-Za-z0-9_]{36,255}|\bgithub_pat_\w{22,255})/g },
  { kind: "gitlab-token", pattern: /\bgl(?:pat|dt|rt|ptt|soat)-[\w-]{20,100}/g },
  { kind: "google-key", pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  { kind: "google-token", pattern: /\bya29\.[\w-]{20,1000}/g },
  { kind: "stripe-key", pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}/g },
  { kind: "huggingface-token", pattern: /\bhf_[A-Za-z0-9]{30,100}/g },
  { kind: "jwt", pattern: /\beyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g },
  { kind: "bearer-token", pattern: /\bbearer\s{1,4}([\w.~+/-]{20,4000}=*)/gi, isSecret: hasLetterAndDigit },
  {
    kind: "basic-auth",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'`<>\0]{0,100}:[^\s@/"'`<>\0]{3,200}@[^\s/"'`<>\0]{1,200}/gi,
    isSecret: (url) => !isPlaceholder(/:([^:@]*)@/.exec(url.slice(url.indexOf("://") + 3))?.[1] ?? "x"),
  },
  {
    kind: "basic-auth",
    pattern: /\bbasic\s{1,4}([A-Za-z0-9+/]{12,2000}={0,2})/gi,
    isSecret: (value) => /^[\x20-\x7e]+:[\x20-\x7e]+$/.test(Buffer.from(value, "base64").toString("latin1")),
  },
  {
    // A line of `.env`, or an exported variable.
    kind: "env-value",
    pattern:
      /\b([A-Z0-9_]{0,60}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?)(?:_[A-Z0-9]{1,20}){0,2})\b["']?[ \t]{0,4}[=:][ \t]{0,4}["']?([^\s"'`,;$<>{}()[\]\\\0]{6,500})/g,
    isSecret(value, [, name = ""]) {
      const least = /PASSW/.test(name) ? 6 : 12;
      return (
        value.length >= least &&
        hasLetterAndDigit(value) &&
        !isPlaceholder(value) &&
        !/_(?:FILE|PATH|DIR|URL|ID|NAME|LENGTH|LIMIT)$/.test(name)
      );
    },
  },
];
