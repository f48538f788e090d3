/**
 * Runs inside a network namespace that holds loopback only: brings loopback up, then answers requests, one JSON value
 * on stdin, one on stdout.
 *
 *   { claude, config, rules, runs: [{ cwd, args, input?, env? }, …] }  →  [{ code, stdout, stderr, requests }, …]
 *
 * It refuses to start the CLI where any other network device is up: nothing outside may ever be reached.
 */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { startModel } from "./model.mjs";

const LONGEST_RUN_MS = 60_000;

execFileSync("ip", ["link", "set", "lo", "up"]);
const devices = Object.keys(os.networkInterfaces());
if (devices.some((name) => name !== "lo")) throw new Error(`This is no isolated network: ${devices.join(", ")}`);

const { claude, config, rules, runs } = JSON.parse(await text(process.stdin));
const home = path.join(config, "home");
const scratch = path.join(config, "tmp");
for (const dir of [home, scratch]) fs.mkdirSync(dir, { recursive: true });
const model = await startModel(rules);
const results = [];
for (const { cwd, args, input, env } of runs) {
  model.requests.length = 0;
  const done = await run(cwd, args, input, env);
  results.push({ ...done, requests: [...model.requests] });
}
model.stop();
process.stdout.write(JSON.stringify(results));

function run(cwd, args, input = "", own = {}) {
  const env = {
    PATH: process.env.PATH,
    TERM: "dumb",
    HOME: home,
    TMPDIR: scratch,
    CLAUDE_CONFIG_DIR: config,
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${model.port}`,
    ANTHROPIC_API_KEY: "sk-ant-not-a-real-key",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    IS_SANDBOX: "1",
    ...own,
  };
  const child = spawn(claude, args, { cwd, env, stdio: "pipe", timeout: LONGEST_RUN_MS });
  child.stdin.on("error", () => {}).end(input);
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return Promise.all([ended, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
    code,
    stdout,
    stderr,
  }));
}
