import { expect, test } from "vitest";
import { PLAN_ENTRIES, PLAN_ENTRY_UNITS } from "../../../src/acp/rim/message-limits.ts";
import { Plan } from "../../../src/acp/replay/plan.ts";

const create = (plan: Plan, id: unknown, subject: string) =>
  plan.done("create", { subject }, { task: { id, subject } });

test("a plan of very many entries is cut, and says how many more there are", () => {
  const todos = Array.from({ length: PLAN_ENTRIES + 3 }, () => ({ content: "x".repeat(PLAN_ENTRY_UNITS * 2) }));
  const entries = new Plan().todos(todos) ?? [];
  expect(entries).toHaveLength(PLAN_ENTRIES + 1);
  expect(entries.at(-1)).toEqual({ content: "… and 3 more", priority: "low", status: "pending" });
  expect(entries[0]?.content).toBe(`${"x".repeat(PLAN_ENTRY_UNITS - 1)}…`);
});

test("a call that changes nothing sends no plan", () => {
  const plan = new Plan();
  expect(plan.todos("x")).toBeUndefined();
  expect(create(plan, 7, "no id")).toBeUndefined();
  expect(plan.done("update", { taskId: "1", status: "completed" }, { success: true })).toBeUndefined();
  expect(plan.done("list", {}, { tasks: [] })).toBeUndefined();
  create(plan, "1", "one");
  expect(plan.done("update", { taskId: "1", status: "completed" }, { success: false })).toBeUndefined();
  expect(plan.entries).toEqual([{ content: "one", priority: "medium", status: "pending" }]);
});

test("a list replaces the known tasks, and an empty list empties the plan", () => {
  const plan = new Plan();
  create(plan, "1", "one");
  const tasks = [{ id: "2", subject: "two", status: "completed" }, { subject: "no id" }, 7];
  expect(plan.done("list", {}, { tasks })).toEqual([{ content: "two", priority: "medium", status: "completed" }]);
  expect(plan.done("list", {}, { tasks: [] })).toEqual([]);
});

test.for(["__proto__", "constructor", "toString"])("a task may be called %s", (id) => {
  expect(create(new Plan(), id, "one")).toEqual([{ content: "one", priority: "medium", status: "pending" }]);
});
