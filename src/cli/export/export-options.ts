import { isFilter } from "../../catalog/select/checked-filter.ts";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { asString } from "../../transcript/rows/json-values.ts";
import { readFilter } from "../filter/read-filter.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./export-formats.ts";
import { type Invocation, mustBe, oneOf, UsageError } from "../terminal/command.ts";

export interface ExportRequest {
  readonly format: ExportFormat;
  /** Undefined: the current directory. */
  readonly out: string | undefined;
  readonly toStdout: boolean;
  readonly force: boolean;
  readonly fileHistory: boolean;
  readonly redact: boolean;
  readonly dryRun: boolean;
  readonly thinking: boolean;
  readonly branches: boolean;
  /** Undefined if ids were given. */
  readonly filter: SessionFilter | undefined;
}

/** Throws `UsageError`. */
export function readExportOptions({ values, positionals, json, terminal }: Invocation): ExportRequest {
  const is = (name: string): boolean => values[name] === true;
  const named = asString(values["format"]) ?? "bundle";
  const format = EXPORT_FORMATS.find((name) => name === named);
  if (format === undefined) throw mustBe("--format", oneOf(EXPORT_FORMATS), named);
  const filter = readFilter(values);
  const filters = isFilter(filter);
  if (filters && positionals.length > 0) throw new UsageError("give either ids or a filter, not both");
  if (!filters && positionals.length === 0)
    throw new UsageError("the id of a session, or a filter such as --since 7d, is missing");
  const out = asString(values["out"]);
  const toStdout = is("stdout");
  if (toStdout && out !== undefined) throw new UsageError("--stdout and --out cannot be used together");
  if (toStdout && json) throw new UsageError("--stdout and --json cannot be used together: both print on stdout");
  if (toStdout && is("force")) throw new UsageError("--force only applies to a file");
  if (toStdout && format === "bundle" && terminal.isTty && !is("dry-run"))
    throw new UsageError("a bundle is not for a terminal: leave out --stdout, or send it to a file or a program");
  if (format !== "bundle" && is("file-history")) throw new UsageError("--file-history needs the format bundle");
  for (const name of ["thinking", "branches"])
    if (is(name) && (format === "bundle" || format === "jsonl"))
      throw new UsageError(`--${name} does not apply to the format ${format}, which has everything`);
  return {
    format,
    out,
    toStdout,
    force: is("force"),
    fileHistory: is("file-history"),
    redact: is("redact"),
    dryRun: is("dry-run"),
    thinking: is("thinking"),
    branches: is("branches"),
    filter: filters ? filter : undefined,
  };
}
