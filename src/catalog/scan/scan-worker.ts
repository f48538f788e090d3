/** A thread that scans the sessions it is given, one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { errnoOf, isMissing } from "../../store/errors.ts";
import { isTextTerm, type Query } from "../query/query.ts";
import type { FromScanner, ToScanner } from "./scan-threads.ts";
import { SessionScanner } from "./scan-session.ts";

const query = workerData as Query;
const port = parentPort as NonNullable<typeof parentPort>;
const scanner = new SessionScanner(query);
const facts = query.clauses
  .flat()
  .map(({ term }) => term)
  .filter((term) => !isTextTerm(term));

port.on("message", ({ session, known, leftMs }: ToScanner) => {
  const holds = (term: (typeof facts)[number]): boolean | undefined => known[facts.indexOf(term)];
  scanner.scan({ ...session, holds }, undefined, performance.now() + leftMs).then(
    (scanned) => send({ scanned, tooSlow: scanner.tooSlow, skipped: scanner.takeSkipped() }),
    (error: unknown) => {
      const reason = errnoOf(error);
      // The error of a thread ends the whole scan.
      if (reason === undefined) setImmediate(() => throwIt(error));
      else send({ scanned: undefined, tooSlow: scanner.tooSlow, failed: isMissing(error) ? "missing" : reason });
    },
  );
});

function send(message: FromScanner): void {
  port.postMessage(message);
}

function throwIt(error: unknown): never {
  throw error;
}
