import { isPlaceholder } from "./assignments.ts";

/** Secrets that are known by what stands before them. */
export interface OwnPattern {
  readonly kind: string;
  /** Global. The first group is the secret; without one, the whole match. */
  readonly pattern: RegExp;
  readonly isSecret: (secret: string) => boolean;
}

const hasLetterAndDigit = (text: string): boolean => /[A-Za-z]/.test(text) && /[0-9]/.test(text);
const isToken = (text: string): boolean => hasLetterAndDigit(text) && !isPlaceholder(text);
const isPassword = (text: string): boolean => !isPlaceholder(text) && !/^[$<{%]/.test(text);
/** A value that no word of a program is. */
const isMixed = (text: string): boolean => isToken(text) && (text.match(/\d(?=\D)|\D(?=\d)/g) ?? []).length >= 3;

export const OWN_PATTERNS: readonly OwnPattern[] = [
  {
    // The secret beside its id.
    kind: "aws-key",
    pattern: /A[KS]IA[A-Z2-7]{16}[\s"',:;|]{1,8}([A-Za-z0-9+/]{40})(?![\w+/])/g,
    isSecret: isToken,
  },
  { kind: "bearer-token", pattern: /(?<![a-z])bearer\s{1,4}([\w.~+/-]{16,4000}=*)/gi, isSecret: isToken },
  {
    kind: "authorization",
    pattern:
      /authorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:basic|token|bearer|apikey|key)[ \t]{1,4}([^\s"'`,;<>()\0]{8,4000})/gi,
    isSecret: isToken,
  },
  {
    kind: "authorization",
    pattern:
      /(?:x-api-key|x-auth-token|x-access-token|private-token|x-gitlab-token|x-vault-token|job-token)["']?[ \t]{0,4}:[ \t]{0,4}["']?([^\s"'`,;<>{}\0]{10,500})/gi,
    isSecret: isToken,
  },
  {
    // One cookie; the others of the line by the next pattern.
    kind: "cookie",
    pattern: /cookie["']?[ \t]{0,4}:[ \t]{0,4}["']?[\w.-]{1,60}=([^\s"'`,;<>\0]{12,4000})/gi,
    isSecret: isToken,
  },
  {
    kind: "cookie",
    pattern: /;[ \t]{0,4}[\w.-]{0,40}(?:sess|sid|auth|jwt|csrf|token)[\w.-]{0,40}=([^\s"'`,;<>\0]{12,4000})/gi,
    isSecret: isMixed,
  },
  {
    kind: "basic-auth",
    pattern: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'`<>\0]{0,100}:[^\s@"'`<>\0]{3,200}(?:@[^\s@/"'`<>\0]{1,200}){1,3}/gi,
    isSecret(url) {
      const [, password = ""] = /:\/\/[^:]*:(.*)@/.exec(url) ?? [];
      // A port, and an `@` in the path after it.
      return isPassword(password) && !/^\d{1,5}(?:\/|$)/.test(password);
    },
  },
  { kind: "basic-auth", pattern: /https?:\/\/([A-Za-z0-9_-]{16,200})@[\w.-]/g, isSecret: isToken },
  {
    kind: "basic-auth",
    pattern: /(?<![a-z])basic\s{1,4}([A-Za-z0-9+/]{12,2000}={0,2})/gi,
    isSecret: (value) => /^[\x20-\x7e]+:[\x20-\x7e]+$/.test(Buffer.from(value, "base64").toString("latin1")),
  },
  {
    kind: "basic-auth",
    pattern: /(?:"auth"[ \t]{0,4}:[ \t]{0,4}"|(?<!\w)_auth[ \t]{0,4}=[ \t]{0,4}["']?)([A-Za-z0-9+/]{12,2000}={0,2})/g,
    isSecret: isToken,
  },
  {
    kind: "password",
    pattern: /(?<!\w)curl [^\n\0]{0,200}?(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'\0]{1,100}:([^\s"'\0]{3,200})/g,
    isSecret: isPassword,
  },
  {
    kind: "password",
    pattern: /(?<!\w)(?:mysql|mariadb)(?:-?dump|admin)? [^\n|;\0]{0,200}?(?<=\s)-p["']?([^\s"'\0]{3,200})/g,
    isSecret: isPassword,
  },
  { kind: "password", pattern: /sshpass[ \t]{1,4}-p[ \t]{0,4}["']?([^\s"'\0]{3,200})/g, isSecret: isPassword },
  {
    kind: "password",
    pattern: /(?<!\w)(?:docker|podman|helm) [^\n\0]{0,60}?login [^\n\0]{0,200}?(?<=\s)-p[ =]["']?([^\s"'\0]{3,200})/g,
    isSecret: isPassword,
  },
  {
    kind: "password",
    pattern:
      /--(?:[a-z-]{0,30}-)?(?:password|passwd|pass|token|secret|api-?key|access-?key)[ \t]{1,4}["']?([^\s"'`\0-][^\s"'`\0]{7,500})/g,
    isSecret: isMixed,
  },
  {
    kind: "password",
    pattern: /(?<!\w)login\s{1,8}\S{1,100}\s{1,8}password\s{1,8}([^\s"'`\0]{3,200})/g,
    isSecret: isToken,
  },
  {
    kind: "env-value",
    pattern: /(?<!\w)setx[ \t]{1,4}\w{0,60}(?:TOKEN|KEY|SECRET|PASSWORD)[ \t]{1,4}["']?([^\s"'\0]{8,500})/g,
    isSecret: isToken,
  },
  {
    kind: "signature",
    pattern: /[?&](?:sig|signature|X-Amz-Signature|X-Goog-Signature|key|auth|sharedkey)=([\w%+/=-]{16,2000})/gi,
    isSecret: isMixed,
  },
];
