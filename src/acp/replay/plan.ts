import type { PlanEntry } from "@agentclientprotocol/sdk/unstable";
import type { PlanChange } from "../../view/tools/claude-tool.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { PLAN_ENTRIES, PLAN_ENTRY_UNITS } from "../rim/message-limits.ts";
import { shorten } from "../../view/plain-text.ts";

interface Task {
  readonly subject: string;
  readonly activeForm: string | undefined;
  readonly status: unknown;
}

/** Tracks the plan. Each method returns the whole plan, since ACP replaces it, or undefined if nothing changed. */
export class Plan {
  #tasks = new Map<string, Task>();
  #entries: readonly PlanEntry[] = [];

  get entries(): PlanEntry[] {
    return [...this.#entries];
  }

  todos(todos: unknown): PlanEntry[] | undefined {
    if (!Array.isArray(todos)) return undefined;
    const tasks = todos.map(membersOf).map(({ content, activeForm, status }) => ({
      subject: asString(content) ?? "",
      activeForm: asString(activeForm),
      status,
    }));
    this.#entries = toEntries(tasks, tasks.length);
    return this.entries;
  }

  /** Applies a successful call of a task tool: its input, and the row's own record of the result. */
  done(change: PlanChange, input: JsonObject, structured: JsonObject): PlanEntry[] | undefined {
    const changed =
      change === "create"
        ? this.#create(input, membersOf(structured["task"]))
        : change === "update"
          ? structured["success"] !== false && this.#update(input)
          : this.#list(structured["tasks"]);
    if (!changed) return undefined;
    this.#entries = toEntries(this.#tasks.values(), this.#tasks.size);
    return this.entries;
  }

  #create(input: JsonObject, { id, subject }: JsonObject): boolean {
    if (typeof id !== "string") return false;
    const name = asString(subject) ?? asString(input["subject"]) ?? "";
    this.#tasks.set(id, { subject: name, activeForm: asString(input["activeForm"]), status: "pending" });
    return true;
  }

  #update({ taskId, status, subject, activeForm }: JsonObject): boolean {
    const task = typeof taskId === "string" ? this.#tasks.get(taskId) : undefined;
    // The task was created before the replayed part, so only its number is known.
    if (task === undefined) return false;
    if (status === "deleted") return this.#tasks.delete(String(taskId));
    this.#tasks.set(String(taskId), {
      subject: asString(subject) ?? task.subject,
      activeForm: asString(activeForm) ?? task.activeForm,
      status: status ?? task.status,
    });
    return true;
  }

  #list(tasks: unknown): boolean {
    if (!Array.isArray(tasks)) return false;
    const before = this.#tasks;
    this.#tasks = new Map();
    for (const { id, subject, status } of tasks.map(membersOf)) {
      if (typeof id !== "string") continue;
      this.#tasks.set(id, { subject: asString(subject) ?? "", activeForm: before.get(id)?.activeForm, status });
    }
    return this.#tasks.size > 0 || before.size > 0;
  }
}

function toEntries(tasks: Iterable<Task>, count: number): PlanEntry[] {
  const shown: PlanEntry[] = [];
  // Stops at the limit, since every change to a task sends the whole plan again.
  for (const task of tasks) {
    if (shown.length === PLAN_ENTRIES) break;
    const status = task.status === "completed" || task.status === "in_progress" ? task.status : "pending";
    const content = (status === "in_progress" ? task.activeForm : undefined) ?? task.subject;
    shown.push({ content: shorten(content, PLAN_ENTRY_UNITS), priority: "medium", status });
  }
  const more = count - shown.length;
  return more > 0 ? [...shown, { content: `… and ${more} more`, priority: "low", status: "pending" }] : shown;
}
