import { readDuration } from "../../transcript/text/when.ts";
import { type Options, mustBe, UsageError } from "../terminal/command.ts";
import { setting } from "../terminal/environment.ts";

/** Option of the servers that lets them clean up. */
export const CLEANUP_AFTER: Options = {
  "cleanup-after": {
    type: "string",
    value: "SPAN",
    help: "Once a day, move sessions to the trash that were last active longer ago: 90d, 12w. Those in use, tagged keep or titled by somebody stay. Default: never.",
  },
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns the days of `--cleanup-after`, or of its variable; undefined if neither is set. Throws `UsageError`. */
export function cleanupAfterDays(
  values: Readonly<Record<string, unknown>>,
  { readOnly }: { readonly readOnly: boolean },
): number | undefined {
  const given = setting("cleanup-after", values);
  if (given === undefined) return undefined;
  if (readOnly) throw new UsageError(`${given.from} and --read-only cannot be used together`);
  const days = (readDuration(given.value) ?? 0) / DAY_MS;
  if (days >= 1) return days;
  throw mustBe(given.from, "a duration of at least a day, such as 90d or 12w", given.value);
}
