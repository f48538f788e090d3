import type * as Vm from "node:vm";

let vm: typeof Vm | undefined;
let context: Vm.Context | undefined;

/**
 * Runs a function and stops it after `ms`: a regular expression may take for ever for one text, and nothing else can
 * interrupt it. Returns false if it was stopped, at any point of its work.
 */
export function runWithin(ms: number, run: () => void): boolean {
  vm ??= process.getBuiltinModule("node:vm");
  context ??= vm.createContext({ run: undefined });
  context["run"] = run;
  try {
    vm.runInContext("run()", context, { timeout: ms });
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    context["run"] = undefined;
  }
}
