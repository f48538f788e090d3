/** node failures.mjs REPORT: prints the name of each test of a vitest JSON report that failed, and how its message begins. */
import { readFileSync } from "node:fs";

/** Lines shown of a message. */
const LINES = 12;

const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { name, message, status, assertionResults } of testResults) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && failed.length === 0) tell(name, message);
  for (const test of failed) tell(`${name} > ${test.fullName}`, test.failureMessages.join("\n"));
}

function tell(title, message) {
  console.log([title, ...String(message).split("\n").slice(0, LINES)].join("\n    "));
}
