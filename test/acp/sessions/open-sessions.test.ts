import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { expect, test } from "vitest";
import { OpenSessions } from "../../../src/acp/sessions/open-sessions.ts";

const never = new AbortController().signal;

/** Work that ends when it is stopped: with an error, or with an answer that came too late. */
const untilStopped = (stop: AbortSignal, late: boolean) =>
  new Promise<{ stopReason: "end_turn" }>((resolve, reject) => {
    stop.addEventListener("abort", () =>
      late ? resolve({ stopReason: "end_turn" }) : reject(new Error("broken off")),
    );
  });

test.for<["cancel" | "close", boolean]>([
  ["cancel", true],
  ["cancel", false],
  ["close", true],
  ["close", false],
])("a turn that is stopped by %s counts as cancelled, whether it answers late (%s) or fails", async ([how, late]) => {
  const sessions = new OpenSessions();
  sessions.open("s1", "/w");
  const turn = sessions.runTurn("s1", never, (stop) => untilStopped(stop, late));
  sessions[how]("another");
  sessions[how]("s1");
  expect(await turn).toEqual({ stopReason: "cancelled" });
  expect(sessions.cwdOf("s1")).toBe(how === "cancel" ? "/w" : undefined);
});

test("a turn that is not stopped answers or fails by itself", async () => {
  const sessions = new OpenSessions();
  expect(await sessions.runTurn("s1", never, async () => ({ stopReason: "refusal" }))).toEqual({
    stopReason: "refusal",
  });
  const failed = sessions.runTurn("s1", never, () => Promise.reject(new Error("a fault")));
  await expect(failed).rejects.toThrow("a fault");
});

test("cancelling the request is not cancelling the turn", async () => {
  const sessions = new OpenSessions();
  const request = new AbortController();
  const turn = sessions.runTurn("s1", request.signal, (stop) => untilStopped(stop, false));
  request.abort();
  await expect(turn).rejects.toThrow("broken off");
});

test("cancel does not end loads, close does", async () => {
  const sessions = new OpenSessions();
  const load = sessions.run(
    "load",
    "s1",
    never,
    (stop) => new Promise<void>((_resolve, reject) => stop.addEventListener("abort", () => reject(stop.reason))),
  );
  let ended = false;
  void load.catch(() => (ended = true));
  sessions.cancel("s1");
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  sessions.close("s1");
  await expect(load).rejects.toEqual(RequestError.requestCancelled({ sessionId: "s1" }));
});
