import { expect, test } from "vitest";
import { PendingRequests } from "../../src/servers/pending-requests.ts";

test("waits until every request is settled, and not at all when there is none", async () => {
  const pending = new PendingRequests();
  await pending.none();
  pending.add(1);
  pending.add("a");
  let done = false;
  const none = pending.none().then(() => (done = true));
  pending.settle("unknown");
  pending.settle(1);
  await Promise.resolve();
  expect(done).toBe(false);
  pending.settle("a");
  await none;
  expect(done).toBe(true);
});
