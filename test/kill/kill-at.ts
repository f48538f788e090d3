import type { Operation } from "./operations.ts";
import { run } from "./run.ts";
import { makeStore } from "./store.ts";

/** Kills an operation at a point (run.ts), and says what is wrong then. */
export async function killAt(operation: Operation, point: string): Promise<string[]> {
  const store = makeStore(operation);
  try {
    await operation.prepare(store);
    const before = store.see();
    const { killed } = await run(operation.call(store), point);
    if (!killed) return ["the run was not killed"];
    return [...(await operation.check(store, before)), ...(await operation.again(store, before))];
  } catch (error) {
    return [`${error instanceof Error ? error.stack : String(error)}`];
  } finally {
    store.remove();
  }
}
