import { isWithheld, type Part, type Role } from "../../view/parts.ts";

export const ROLES = ["user", "assistant", "tool", "peer", "system"] as const satisfies readonly Role[];
export const INCLUDES = ["thinking", "tool_input", "tool_output", "system", "branches"] as const;
type Include = (typeof INCLUDES)[number];

/** What of a conversation is read. */
export interface Choice {
  /** Absent: all but what the CLI notes, which `include` adds. */
  readonly roles: ReadonlySet<Role> | undefined;
  readonly include: ReadonlySet<Include>;
}

export const chosen = (roles: readonly Role[] | undefined, include: readonly Include[] | undefined): Choice => ({
  roles: roles === undefined || roles.length === 0 ? undefined : new Set(roles),
  include: new Set(include ?? []),
});

/** Whether the part is shown, and if not, what would show it; nothing shows a thought of which there is no text. */
export function leftOutBy(
  part: Part,
  { roles, include }: Choice,
): "roles" | "thinking" | "system" | "withheld" | undefined {
  // What somebody named is wanted, whatever is left out by default.
  if (part.role === "system" && !include.has("system") && roles?.has("system") !== true) return "system";
  if (roles !== undefined && !roles.has(part.role) && part.role !== "system") return "roles";
  if (isWithheld(part)) return "withheld";
  return part.kind === "thinking" && !include.has("thinking") ? "thinking" : undefined;
}

/** The choice as a number, as a cursor carries it. */
export function bitsOf({ roles, include }: Choice): number {
  const named = [...ROLES.map((role) => roles?.has(role) === true), ...INCLUDES.map((one) => include.has(one))];
  return named.reduce((bits, is, at) => bits | (Number(is) << at), 0);
}

/** What `bitsOf` was given. */
export function choiceOf(bits: number): Choice {
  const has = (at: number): boolean => ((bits >> at) & 1) === 1;
  return chosen(
    ROLES.filter((_, at) => has(at)),
    INCLUDES.filter((_, at) => has(ROLES.length + at)),
  );
}
