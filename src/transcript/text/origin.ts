import { membersOf } from "../rows/json-values.ts";

const PERSON: ReadonlySet<unknown> = new Set([
  "human",
  "sdk",
  "unknown",
  "unclassified",
  "voice-call",
  "auto-continuation",
]);

/** Whether the `origin` of a user's row names the person, or nobody. Otherwise somebody else, or the CLI, sent its text. */
export function isFromPerson(origin: unknown): boolean {
  const { kind } = membersOf(origin);
  return typeof kind !== "string" || PERSON.has(kind);
}
