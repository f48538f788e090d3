import { type Invocation, mustBe, oneOf, UsageError } from "../terminal/command.ts";
import type { Role } from "../../view/parts.ts";
import type { Selection } from "../render/select.ts";
import type { PartFilter } from "../render/message-view.ts";
import { asString } from "../../transcript/rows/json-values.ts";

export const FORMATS = ["text", "markdown", "json", "jsonl"] as const;
export const ROLES = ["user", "assistant", "tool", "peer", "system"] as const;

export interface ShowOptions {
  readonly format: (typeof FORMATS)[number];
  readonly selection: Selection;
  readonly filter: PartFilter;
  readonly subagent: string | undefined;
  /** Shows only the last answer, or what the user typed. */
  readonly words: "answer" | "prompts" | undefined;
  /** Query: shows only the messages that match. */
  readonly grep: string | undefined;
  readonly full: boolean;
  readonly pager: boolean;
}

/** Throws `UsageError`. */
export function readOptions({ values, json }: Invocation): ShowOptions {
  const text = (name: string): string | undefined => asString(values[name]);
  const named = text("format") ?? (json ? "json" : "text");
  const format = FORMATS.find((name) => name === named);
  if (format === undefined) throw mustBe("--format", oneOf(FORMATS), named);
  if (json && format !== "json") throw new UsageError(`--json and --format ${format} cannot be used together`);
  const last = text("last");
  if (last !== undefined && !/^[1-9]\d{0,8}$/.test(last)) throw mustBe("--last", "a positive integer", last);
  const words = readWords(values, format);
  const { around, grep, context } = readPlace(values);
  return {
    format,
    words,
    grep,
    selection: {
      from: text("from"),
      last: last === undefined ? undefined : Number(last),
      around,
      context,
      branches: values["branches"] === true,
      current: values["current"] === true,
    },
    filter: {
      roles: readRoles(values["role"]),
      thinking: values["thinking"] === true || format === "json",
      hidden: format === "json",
    },
    full: values["full"] === true,
    subagent: text("subagent"),
    pager: values["no-pager"] !== true,
  };
}

function readWords(values: Readonly<Record<string, unknown>>, format: ShowOptions["format"]): ShowOptions["words"] {
  const words = (["answer", "prompts"] as const).filter((name) => values[name] === true);
  const [only, other] = words;
  if (only === undefined) return undefined;
  if (other !== undefined) throw new UsageError("--answer and --prompts cannot be used together");
  const others = ["role", "full", "thinking", "around", "grep", "context", ...(only === "answer" ? ["last"] : [])];
  for (const name of others) {
    if (values[name] !== undefined) throw new UsageError(`--${only} and --${name} cannot be used together`);
  }
  if (format === "jsonl") throw new UsageError(`--${only} and --format jsonl cannot be used together`);
  return only;
}

/** Messages shown before and after the one that `--around` names. */
const NEIGHBOURS = 3;

function readPlace(values: Readonly<Record<string, unknown>>): {
  readonly around: string | undefined;
  readonly grep: string | undefined;
  readonly context: number;
} {
  const [around, grep, context] = ["around", "grep", "context"].map((name) => asString(values[name]));
  if (context !== undefined && !/^\d{1,6}$/.test(context)) throw mustBe("--context", "a number of messages", context);
  if (around === undefined && grep === undefined) {
    if (context !== undefined) throw new UsageError("--context needs --around or --grep");
    return { around, grep, context: 0 };
  }
  if (grep !== undefined && grep.trim() === "") throw mustBe("--grep", "a query", grep);
  const others = around === undefined ? [] : ["grep", "from", "last"];
  for (const name of others) {
    if (values[name] !== undefined) throw new UsageError(`--around and --${name} cannot be used together`);
  }
  return { around, grep, context: context === undefined ? (around === undefined ? 0 : NEIGHBOURS) : Number(context) };
}

function readRoles(given: unknown): ReadonlySet<Role> | undefined {
  if (!Array.isArray(given)) return undefined;
  const words = given.flatMap((words) => String(words).split(",")).map((word) => word.trim());
  return new Set(
    words.map((word) => {
      const role = ROLES.find((name) => name === word);
      if (role === undefined) throw mustBe("--role", oneOf(ROLES), word);
      return role;
    }),
  );
}
