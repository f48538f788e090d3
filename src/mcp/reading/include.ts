import { isWithheld, type Part, type Role } from "../../view/parts.ts";

export const ROLES = ["user", "assistant", "tool", "peer", "system"] as const satisfies readonly Role[];
export const INCLUDES = ["thinking", "tool_input", "tool_output", "system", "branches"] as const;
type Include = (typeof INCLUDES)[number];

/** Parts of a conversation to read. */
export interface Selection {
  /** Undefined: all but notes of the CLI, which `include` adds. */
  readonly roles: ReadonlySet<Role> | undefined;
  readonly include: ReadonlySet<Include>;
}

export const select = (roles: readonly Role[] | undefined, include: readonly Include[] | undefined): Selection => ({
  roles: roles === undefined || roles.length === 0 ? undefined : new Set(roles),
  include: new Set(include ?? []),
});

/** Returns why a part is left out: the argument that would show it, or "withheld" for thinking without text. */
export function leftOutBy(
  part: Part,
  { roles, include }: Selection,
): "roles" | "thinking" | "system" | "withheld" | undefined {
  // A role that the call names is shown even if it is left out by default.
  if (part.role === "system" && !include.has("system") && roles?.has("system") !== true) return "system";
  if (roles !== undefined && !roles.has(part.role) && part.role !== "system") return "roles";
  if (isWithheld(part)) return "withheld";
  return part.kind === "thinking" && !include.has("thinking") ? "thinking" : undefined;
}

/** Encodes a selection as a number for cursors. */
export function bitsOf({ roles, include }: Selection): number {
  const named = [...ROLES.map((role) => roles?.has(role) === true), ...INCLUDES.map((one) => include.has(one))];
  return named.reduce((bits, is, at) => bits | (Number(is) << at), 0);
}

/** Decodes `bitsOf`. */
export function selectionFrom(bits: number): Selection {
  const has = (at: number): boolean => ((bits >> at) & 1) === 1;
  return select(
    ROLES.filter((_, at) => has(at)),
    INCLUDES.filter((_, at) => has(ROLES.length + at)),
  );
}
