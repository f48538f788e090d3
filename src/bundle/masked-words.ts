/** Kinds of what `redact` masks, in words. A kind that is not here reads well with spaces: `github token`. */
const WORDS: Readonly<Record<string, string>> = {
  home: "home directory",
  user: "name of a user",
  host: "name of the machine",
  "env-value": "value in .env",
  "basic-auth": "password in a URL or a header",
  "database-url": "address of a database with its password",
  "aws-account": "number of an AWS account",
  "aws-key": "AWS key",
  "npm-token": "npm token",
  "openai-key": "OpenAI key",
  "anthropic-key": "Anthropic key",
  "github-token": "GitHub token",
  "gitlab-token": "GitLab token",
  "google-key": "Google key",
  "google-token": "Google token",
  "stripe-key": "Stripe key",
  "huggingface-token": "Hugging Face token",
  "slack-token": "Slack token",
  "slack-webhook": "Slack webhook",
  "sendgrid-key": "SendGrid key",
  "shopify-key": "Shopify key",
  "linear-token": "Linear token",
  "1password-token": "1Password token",
  jwt: "JSON web token",
  "picture-metadata": "metadata of a picture",
};

/** Says how many places were masked, by kind: `39 × home directory, 4 × value in .env`; `nothing` if there are none. */
export function maskedWords(kinds: Readonly<Record<string, number>>): string {
  const words = Object.entries(kinds).map(
    ([kind, count]) => `${count.toLocaleString("en")} × ${WORDS[kind] ?? kind.replaceAll("-", " ")}`,
  );
  return words.length === 0 ? "nothing" : words.join(", ");
}
