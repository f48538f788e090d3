/**
 * `node record.mjs DIR COMMAND [ARG]...`: runs an agent and keeps what goes through its pipes, as `DIR/<pid>.client` and
 * `DIR/<pid>.agent`: a client of somebody else's that starts the agent itself is watched like this.
 */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import path from "node:path";

const [dir, command, ...args] = process.argv.slice(2);
const file = (side) => path.join(dir, `${process.pid}.${side}`);
const agent = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });

process.stdin.on("data", (chunk) => {
  appendFileSync(file("client"), chunk);
  agent.stdin.write(chunk);
});
process.stdin.on("end", () => agent.stdin.end());
agent.stdin.on("error", () => undefined);
agent.stdout.on("data", (chunk) => {
  appendFileSync(file("agent"), chunk);
  process.stdout.write(chunk);
});
process.stdout.on("error", () => undefined);
agent.on("exit", (code) => {
  process.stdin.destroy();
  process.exitCode = code ?? 1;
});
