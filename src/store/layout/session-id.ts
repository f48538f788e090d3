import { InvalidSessionIdError } from "../errors.ts";

const SESSION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reports whether the value is a session id: a UUID of any case and version (official-helpers.md §1). */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && SESSION_ID.test(value);
}

/** Returns a session id exactly as given, because its case is part of the file name. Else throws `InvalidSessionIdError`. */
export function requireSessionId(value: unknown): string {
  if (!isSessionId(value)) throw new InvalidSessionIdError(value);
  return value;
}

/** Returns the session whose transcript has this file name; undefined for any other name. */
export function sessionIdOfFile(name: string): string | undefined {
  const id = name.slice(0, -".jsonl".length);
  return name.endsWith(".jsonl") && isSessionId(id) ? id : undefined;
}
