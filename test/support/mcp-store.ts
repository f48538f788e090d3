import type { Context } from "../../src/mcp/core/context.ts";
import type { Service } from "../../src/mcp/core/service.ts";
import { turnRows, writeSession } from "./acp-store.ts";
import { tempConfigDir } from "./config-dir.ts";
import type { Told } from "./mcp-client.ts";
import type { Row } from "./rows.ts";

export const ONE = "11111111-0000-4000-8000-000000000001";
export const TWO = "22222222-0000-4000-8000-000000000002";
export const TWIN = "22222223-0000-4000-8000-000000000003";
const ELSEWHERE = "44444444-0000-4000-8000-000000000004";

export const tagged = (tag: string): Row => ({ type: "tag", tag });
export const titled = (customTitle: string): Row => ({ type: "custom-title", customTitle });
export const onBranch = (rows: readonly Row[], gitBranch: string): Row[] => rows.map((row) => ({ ...row, gitBranch }));

/** Rows with uuids of their own, as sessions have that are not copies of each other. */
export const withOwnIds = (rows: readonly Row[], n: number): Row[] =>
  JSON.parse(JSON.stringify(rows).replaceAll('"00000000-0000-', `"${n.toString(16).padStart(8, "0")}-0000-`)) as Row[];

/** A config dir of three sessions in `/w` and one in `/elsewhere`; the second is a day later than the first. */
export function store(): string {
  const dir = tempConfigDir();
  writeSession(dir, "-w", ONE, [...turnRows("Why is the café closed?"), tagged("keep")]);
  writeSession(dir, "-w", TWO, [
    ...withOwnIds(onBranch(turnRows("fix the parser", 86_400), "parser"), 2),
    titled("Parser by table"),
  ]);
  writeSession(dir, "-w", TWIN, turnRows("third", 2 * 86_400));
  writeSession(dir, "-elsewhere", ELSEWHERE, withOwnIds(turnRows("parser of dates", 60), 4), { cwd: "/elsewhere" });
  return dir;
}

interface ListedRow {
  readonly id: string;
  readonly title: string;
  readonly marks?: readonly string[];
}

/** Sessions that a tool told of. */
export const rows = (told: Told, member: "sessions" | "hits" = "sessions"): readonly ListedRow[] =>
  (told.structured?.[member] ?? []) as readonly ListedRow[];
export const ids = (told: Told, member?: "sessions" | "hits"): string[] => rows(told, member).map(({ id }) => id);

/** What a request brings whose client can do nothing further. */
export const quietContext = (service: Service): Context => ({
  ...service,
  signal: new AbortController().signal,
  progress: () => undefined,
  ask: undefined,
  roots: async () => [],
  toolUseId: undefined,
});
