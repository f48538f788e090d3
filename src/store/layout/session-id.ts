import { InvalidSessionIdError } from "../errors.ts";

const SESSION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Whether the value is a session id: hexadecimal digits in groups of 8-4-4-4-12, of any case and any UUID version
 * (official-helpers.md §1). Only such a value ever becomes a part of a path.
 */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && SESSION_ID.test(value);
}

/** The value, when it is a session id, exactly as it was given: its case names the file. Else `InvalidSessionIdError`. */
export function requireSessionId(value: unknown): string {
  if (!isSessionId(value)) throw new InvalidSessionIdError(value);
  return value;
}

/** The session whose transcript has this file name; undefined for any other name. */
export function sessionIdOfFile(name: string): string | undefined {
  const id = name.slice(0, -".jsonl".length);
  return name.endsWith(".jsonl") && isSessionId(id) ? id : undefined;
}
