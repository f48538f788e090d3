import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { ANNOTATION_TYPE, readAnnotation } from "../../transcript/summary/annotation.ts";
import { nameOf, SYNTHETIC } from "./charges.ts";
import type { Facts } from "./extracted.ts";

/** Longest title and longest path that are kept, in UTF-16 units. */
export const TITLE_UNITS = 1000;
const PATH_UNITS = 4096;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Keeps the facts that rows give about their session. */
export class FactReader {
  readonly #facts: Mutable<Facts>;
  /** Whether the directory is that of a row of the main conversation, or one to which the session moved. */
  #hasCwd: boolean;

  constructor(facts: Facts = {}, hasCwd = false) {
    this.#facts = { ...facts };
    this.#hasCwd = hasCwd;
  }

  get facts(): Facts {
    return { ...this.#facts };
  }

  get hasCwd(): boolean {
    return this.#hasCwd;
  }

  /** Takes the time (epoch ms) of a row of the conversation. */
  passed(time: number): void {
    if (Number.isNaN(time)) return;
    this.#facts.created ??= time;
    this.#facts.active = time;
  }

  /** Takes the facts of a row. `isMain`: it is not of a side conversation. */
  add(row: JsonObject, isMain: boolean): void {
    const facts = this.#facts;
    const { cwd, gitBranch, entrypoint, sessionKind } = row;
    if (typeof gitBranch === "string" && gitBranch !== facts.branch) facts.branch = nameOf(gitBranch);
    if (typeof cwd === "string" && !this.#hasCwd && (isMain || facts.cwd === undefined)) {
      facts.cwd = cwd.slice(0, PATH_UNITS);
      this.#hasCwd = isMain;
    }
    if (typeof entrypoint === "string") facts.entrypoint ??= nameOf(entrypoint);
    if (typeof sessionKind === "string") facts.sessionKind ??= nameOf(sessionKind);
    switch (row["type"]) {
      case "assistant": {
        const { model } = membersOf(row["message"]);
        if (isMain && typeof model === "string" && model !== SYNTHETIC) facts.model = nameOf(model);
        break;
      }
      case "custom-title":
        return this.#title("customTitle", row["customTitle"]);
      case "ai-title":
        return this.#title("aiTitle", row["aiTitle"]);
      case "summary":
        return this.#title("summary", row["summary"]);
      case "agent-name":
        return this.#title("agentName", row["agentName"]);
      case "tag":
        return this.#title("tag", row["tag"]);
      case ANNOTATION_TYPE: {
        const annotation = readAnnotation(row);
        if (annotation !== undefined) facts.annotation = annotation;
        break;
      }
      case "relocated": {
        const moved = asString(row["relocatedCwd"]);
        if (moved === undefined || moved === "") break;
        facts.cwd = moved.slice(0, PATH_UNITS);
        this.#hasCwd = true;
        break;
      }
      case "cost-state": {
        const cost = Number(row["totalCostUSD"]) * 1e6;
        if (typeof row["totalCostUSD"] === "number" && cost >= 0 && cost < Number.MAX_SAFE_INTEGER)
          facts.costState = Math.round(cost);
      }
    }
  }

  #title(key: "customTitle" | "aiTitle" | "summary" | "agentName" | "tag", value: unknown): void {
    if (typeof value === "string") this.#facts[key] = value.slice(0, TITLE_UNITS);
  }
}
