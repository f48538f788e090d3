/** Secrets that are known by how they begin. What may stand before one is not asked: a digit, a letter, `_`. */
const TOKENS: readonly (readonly [kind: string, source: string])[] = [
  // Of Claude Code's own login too, and of other lengths than the rule knows.
  ["anthropic-key", "sk-ant-[a-z]{2,10}\\d{2}-[\\w-]{20,200}"],
  ["openai-key", "sk-(?:proj|svcacct|admin|None)-[\\w-]{40,200}"],
  ["openrouter-key", "sk-or-v1-[0-9a-f]{40,80}"],
  ["github-token", "gh[pousr]_[A-Za-z0-9]{36}[A-Za-z0-9_]{0,219}|github_pat_\\w{22,255}"],
  [
    "gitlab-token",
    "gl(?:pat|dt|rt|ptt|soat|cbt|ft|imt|agent|ffct|oas|rtr|wt)-[\\w-]{20,100}(?:\\.[\\w-]{2,40}){0,2}|GR1348941[\\w-]{20,40}",
  ],
  ["npm-token", "npm_[A-Za-z0-9]{36}"],
  ["pypi-token", "pypi-AgE[\\w-]{50,1000}"],
  ["rubygems-key", "rubygems_[0-9a-f]{48}"],
  ["slack-token", "xox[abeoprs](?:\\.xox[bp])?-[\\w-]{20,300}|xapp-\\d-[\\w-]{20,200}"],
  ["stripe-key", "[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9+/=]{24,100}"],
  ["google-key", "GOCSPX-[\\w-]{28}|ya29\\.[\\w-]{20,1000}"],
  ["docker-token", "dckr_(?:pat|oat)_[\\w-]{20,60}"],
  ["digitalocean-token", "do[opr]_v1_[0-9a-f]{64}"],
  ["huggingface-token", "hf_[A-Za-z0-9]{30,100}"],
  ["notion-token", "ntn_[A-Za-z0-9]{40,60}"],
  ["sentry-token", "sntry[su]_[A-Za-z0-9+/=_-]{40,400}"],
  ["grafana-token", "glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,400}"],
  ["atlassian-token", "AT(?:ATT|CTT|BB)[\\w=-]{24,300}"],
  ["groq-key", "gsk_[A-Za-z0-9]{40,60}"],
  ["xai-key", "xai-[A-Za-z0-9]{60,90}"],
  ["replicate-token", "r8_[A-Za-z0-9]{37}"],
  ["age-key", "AGE-SECRET-KEY-1[A-Z0-9]{58}"],
  ["vault-token", "hv[sbr]\\.[\\w-]{24,300}"],
  ["terraform-token", "[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,70}"],
  ["tailscale-key", "tskey-(?:[a-z]{2,10}-)?[A-Za-z0-9]{6,20}-[A-Za-z0-9]{16,40}"],
  ["supabase-token", "sbp_[0-9a-f]{40}"],
  ["figma-token", "figd_[\\w-]{36,60}"],
  ["newrelic-key", "NRAK-[A-Z0-9]{27}"],
  ["planetscale-token", "pscale_(?:pw|tkn|oauth)_[\\w.-]{32,64}"],
  ["perplexity-key", "pplx-[A-Za-z0-9]{40,60}"],
  ["doppler-token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.-]{40,60}"],
  ["linear-token", "lin_(?:api|oauth)_[A-Za-z0-9]{32,80}"],
  ["shopify-key", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"],
  ["sendgrid-key", "SG\\.[\\w-]{22}\\.[\\w-]{43}"],
  // Shorter beginnings are also in the middle of other texts.
  ["google-key", "(?<![A-Za-z0-9+/])(?:AIza[\\w-]{35}(?![\\w-])|1//0[\\w-]{40,200})"],
  ["jwt", "(?<![A-Za-z0-9+/])eyJ[\\w-]{10,4000}\\.eyJ[\\w-]{10,4000}(?:\\.[\\w-]{10,1000})?"],
  ["databricks-token", "(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?:-\\d)?(?![0-9a-f])"],
  ["aws-key", "(?<![A-Za-z0-9+/])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9+/])"],
  ["aws-session-token", "IQoJb3JpZ2lu[A-Za-z0-9+/]{100,2000}={0,2}"],
  ["twilio-key", "(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![0-9a-f])"],
  ["mailgun-key", "(?<![A-Za-z0-9-])key-[0-9a-f]{32}(?![0-9a-f])"],
  ["telegram-token", "(?<![\\w:])\\d{8,10}:AA[\\w-]{33}(?![\\w-])"],
  ["discord-token", "(?<![\\w-])[MNO][A-Za-z0-9]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}(?![\\w-])"],
  ["square-token", "(?<![\\w+/-])EAAA[\\w-]{60}(?![\\w-])"],
];

const ANY = new RegExp(TOKENS.map(([, source]) => `(${source})`).join("|"), "g");

/** Yields the tokens in a text. */
export function* tokensIn(text: string): Generator<{ readonly kind: string; readonly secret: string }> {
  ANY.lastIndex = 0;
  for (let match = ANY.exec(text); match !== null; match = ANY.exec(text)) {
    const group = match.findIndex((value, i) => i > 0 && value !== undefined);
    const kind = TOKENS[group - 1]?.[0];
    if (kind !== undefined && /\d|[a-z][A-Z]/.test(match[0].slice(4))) yield { kind, secret: match[0] };
  }
}
