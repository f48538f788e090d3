/** Values that a text gives to names of secrets: lines of `.env`, members of JSON and YAML, options of commands, parts of URLs. */

export interface Assignment {
  readonly name: string;
  readonly value: string;
  /** What is before the value, with the name. */
  readonly before: string;
}

const WORD =
  "secret|token|passwor[dt]|passwd|passphrase|pass|pwd|api[_-]?key|(?:private|access|account|encryption|auth|app|signing|master|secret|admin|service)[_-]?key|credentials?";
const NAMED = new RegExp(
  `(?:${WORD})((?:[_.-][a-z0-9]{1,20}){0,2})(["']?[ \\t]{0,4}(?:=>|:=|[=:])[ \\t]{0,4})(?:"([^"\\n\\0]{1,500})"|'([^'\\n\\0]{1,500})'|([^\\s"'\`\\0]{1,500}))`,
  "gi",
);
/** Letters of a name before its word. */
const NAME_UNITS = 60;
const NOT_THE_SECRET =
  /(?:^|[_.-])(?:FILE|PATH|DIR|URL|URI|ID|NAME|LENGTH|LIMIT|TYPE|COUNT|FIELD|HEADER|PREFIX|REGEX|HASH|ENV)$/i;
const PASSWORD = /PASS|PWD/i;

/** Yields the values that look like secrets. */
export function* secretAssignments(text: string): Generator<Assignment> {
  NAMED.lastIndex = 0;
  for (let match = NAMED.exec(text); match !== null; match = NAMED.exec(text)) {
    const [whole, suffix = "", sign = "", double, single, bare = ""] = match;
    const begin = /[\w.-]*$/.exec(text.slice(Math.max(0, match.index - NAME_UNITS), match.index))?.[0] ?? "";
    const name = begin + whole.slice(0, whole.indexOf(sign, 3 + suffix.length));
    const quoted = double ?? single;
    const value = quoted ?? bareValue(bare, name, sign);
    // A value may be a name itself: `--password=token=…`.
    NAMED.lastIndex = match.index + whole.length - (quoted ?? bare).length;
    if (NOT_THE_SECRET.test(suffix) || isPlaceholder(value)) continue;
    if (!isSecretValue(name, value, quoted !== undefined, sign)) continue;
    const start = quoted === undefined ? whole.length - bare.length : whole.length - quoted.length - 1;
    const before = begin + whole.slice(0, start);
    yield { name, value, before };
  }
}

/** The value of a variable goes on to a blank, or to what ends a command; elsewhere signs end it that end one in code or a URL. */
const bareValue = (value: string, name: string, sign: string): string =>
  (sign === "=" && isConstant(name) ? /^[^;&<>|(){}]*/ : /^[^,;&<>{}()[\]\\]*/).exec(value)?.[0].replace(/,$/, "") ??
  "";

const isConstant = (name: string): boolean => /^[A-Z0-9_]+$/.test(name);

function isSecretValue(name: string, value: string, isQuoted: boolean, sign: string): boolean {
  const isPassword = PASSWORD.test(name);
  // What tests print.
  if (/^pass$/i.test(name) && sign.includes(":")) return false;
  if (/\s/.test(value)) return isConstant(name) && isPassword && isQuoted && sign.includes("=");
  // Names of functions, variables and files are no values.
  if (!isQuoted && /^[\w.]+\(|^[a-z_]+(?:\.[a-z_]+)+$|^[./~]/i.test(value) && !/\d.*\d/.test(value)) return false;
  if (isConstant(name) && sign.includes("=")) {
    if (isPassword) return value.length >= 6 && (isQuoted || /\S=\S|^[^ ]/.test(sign));
    return value.length >= 12 && hasLetterAndDigit(value);
  }
  if (value.length < (isPassword ? 8 : 12)) return false;
  if (isConstant(name)) return hasLetterAndDigit(value);
  return hasLetterAndDigit(value) && (kindsOf(value) >= 3 || turns(value) >= 3);
}

const hasLetterAndDigit = (text: string): boolean => /[A-Za-z]/.test(text) && /[0-9]/.test(text);
const kindsOf = (text: string): number =>
  [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9_.-]/].filter((kind) => kind.test(text)).length;
/** How often letters and digits take turns. */
const turns = (text: string): number => (text.match(/\d(?=\D)|\D(?=\d)/g) ?? []).length;

const PLACEHOLDER_WORD =
  "x+|\\*+|\\.+|your|my|the|an?|some|our|new|old|own|example|sample|change|me|changeme|here|password|passwd|pass|secret|token|api|key|apikey|access|auth|user|username|redacted|undefined|null|none|nil|true|false|test|testing|dummy|fake|mock|placeholder|todo|value|string|foo|bar|baz|hunter|abc|goes|insert|replace|with|this|is|not|real|super|very|local|dev|default|postgres|mysql|root|admin|env|id|client";
const PLACEHOLDER = new RegExp(
  `^(?:(?:${PLACEHOLDER_WORD})(?:[-_. ]?(?:${PLACEHOLDER_WORD}))*[-_]?\\d{0,4}[!.…]{0,3}|<[^>]*>|\\$?\\{.*\\}|\\$\\(.*|\\$[A-Za-z_]\\w*|%[\\w.]+%|\\[[A-Za-z: _-]*(?:redacted|hidden|masked|secret)[^\\]]*\\]?|(?:process\\.env|os\\.environ|import\\.meta|env)[.[(].*|\\*.*\\*)$`,
  "i",
);

/** Reports whether a value stands for another one, in a template or in documentation. */
export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value) || /\$\{|\{\{/.test(value);
