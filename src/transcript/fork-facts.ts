import { record } from "./voice-call.ts";

/** Where a row stands that is read again when it is written, in bytes: a few of them may be as large as all the rest. */
export interface StoredRow {
  readonly offset: number;
  readonly length: number;
}

/** What a fork takes over of the rows that are no conversation (sdk-spec §6.5). Last ones win, where one counts. */
export class ForkFacts {
  historySuppressed = false;
  readonly organizations = new Set<string>();
  /** Rows whose `replacements` are taken over. */
  readonly replacements: StoredRow[] = [];
  atis: string | undefined;
  tools: readonly string[] | undefined;
  /** Rows that are taken over as they are, less the session id. */
  readonly dataFlow: StoredRow[] = [];
  derivedFrom: readonly unknown[] | undefined;
  relocatedCwd: string | undefined;
  /** The last titles of either kind, wherever they stand; `""` is one. */
  customTitle: string | undefined;
  aiTitle: string | undefined;
  readonly #sessionId: string;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  /** Types worth parsing a row for. */
  static readonly types: ReadonlySet<string> = new Set([
    "history-suppression",
    "hybrid-organization",
    "content-replacement",
    "atis-latch",
    "tools-used",
    "data-flow-records",
    "data-flow-incomplete",
    "derived-from",
    "relocated",
    "custom-title",
    "ai-title",
  ]);

  add(row: Readonly<Record<string, unknown>>, offset: number, length: number): void {
    const own = row["sessionId"] === this.#sessionId;
    switch (row["type"]) {
      case "history-suppression":
        this.historySuppressed = true;
        return;
      case "hybrid-organization":
        return this.#addOrganization(row["organizationUuid"]);
      case "content-replacement":
        if (own && Array.isArray(row["replacements"])) this.replacements.push({ offset, length });
        return;
      case "atis-latch": {
        const { atis } = row;
        if (own && typeof atis === "string" && /^[\x21-\x7e]*$/.test(atis)) this.atis = atis;
        return;
      }
      case "tools-used": {
        const { tools } = row;
        if (own && Array.isArray(tools))
          this.tools = tools.filter((tool): tool is string => typeof tool === "string" && tool !== "");
        return;
      }
      case "data-flow-records":
      case "data-flow-incomplete":
        if (own && row["agentId"] === undefined) this.dataFlow.push({ offset, length });
        return;
      case "derived-from":
        if (own && row["v"] === 1 && Array.isArray(row["sessions"]))
          this.derivedFrom = row["sessions"].filter(isOrigin);
        return;
      case "relocated": {
        const { relocatedCwd } = row;
        if (own && typeof relocatedCwd === "string" && relocatedCwd !== "") this.relocatedCwd = relocatedCwd;
        return;
      }
      case "custom-title":
        if (typeof row["customTitle"] === "string") this.customTitle = row["customTitle"];
        return;
      case "ai-title":
        if (typeof row["aiTitle"] === "string") this.aiTitle = row["aiTitle"];
    }
  }

  #addOrganization(value: unknown): void {
    if (typeof value !== "string" || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return;
    this.organizations.add(value.toLowerCase());
  }
}

function isOrigin(value: unknown): boolean {
  const origin = record(value);
  return (
    typeof origin?.["type"] === "string" &&
    typeof origin["via"] === "string" &&
    (origin["id"] === null || typeof origin["id"] === "string")
  );
}
