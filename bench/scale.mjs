/** CPU times and peak memory of the built program on the shapes of shapes.mjs, at n and 2n. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeShape, SHAPE_AGENT, SHAPE_SESSION, SHAPES } from "./shapes.mjs";
import { keep } from "./table.mjs";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const RESOURCES = new URL("resources.mjs", import.meta.url).href;
const USUAL_N = 5000;
/** Maximum ratio of the times at 2n and at n. */
const MOST = 2.3;
/** Maximum memory: a multiple of the bytes of the shape, and a constant for any process, MB. */
const TIMES_THE_BYTES = 4;
const LEAST_MB = 100;
/** Maximum number of rounds while the ratio is too large: the machine may be busy. */
const TRIES = 4;

const messages = (...all) => all.map((one) => `${JSON.stringify({ jsonrpc: "2.0", ...one })}\n`).join("");
const load = messages(
  { id: 1, method: "initialize", params: { protocolVersion: 1, clientCapabilities: {} } },
  { id: 2, method: "session/load", params: { sessionId: SHAPE_SESSION, cwd: "/w", mcpServers: [] } },
);
const clientInfo = { name: "bench", version: "1" };
const read = (args) =>
  messages(
    { id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } },
    { method: "notifications/initialized" },
    { id: 2, method: "tools/call", params: { name: "read_session", arguments: { session: SHAPE_SESSION, ...args } } },
  );

/** Arguments and input of each operation, by its name in the table. Undefined if the shape does not support it. */
const OPERATIONS = {
  list: () => [["list", "--all"]],
  show: () => [["show", SHAPE_SESSION, "--full"]],
  load: () => [["acp"], load],
  read: () => [["mcp"], read({})],
  fork: () => [["fork", SHAPE_SESSION, "--json"]],
  doctor: () => [["doctor"]],
  "up to": ({ upTo }) => upTo && [["fork", SHAPE_SESSION, "--up-to", upTo, "--json"]],
  agent: ({ agent }) => agent && [["show", SHAPE_SESSION, "--subagent", SHAPE_AGENT]],
};

/** Prints a separate table with a line for each shape, and keeps a row for each number. `rounds`: at least. */
export async function measureScale({ rounds, only }) {
  console.log("\nseconds at 2n, and their ratio to those at n; peak memory at 2n and its limit, MB");
  console.log(
    ["".padEnd(58), "MB".padStart(6), ...Object.keys(OPERATIONS).map((name) => name.padStart(11)), "   peak"].join(" "),
  );
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (!name.includes(only)) continue;
    const n = shape.many ?? USUAL_N;
    const made = [n, 2 * n].map((size) => {
      const configDir = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-scale-"));
      return { configDir, megabytes: makeShape(configDir, shape, size) / 1e6 };
    });
    const cells = [];
    let peak = 0;
    for (const [what, operation] of Object.entries(OPERATIONS)) {
      const run = operation(shape);
      if (run === undefined) {
        cells.push("".padStart(11));
        continue;
      }
      const { ratio, seconds, maxRssMb } = await compare(made, run, rounds);
      peak = Math.max(peak, maxRssMb);
      const met = ratio <= MOST;
      keep({ name: `${name}: ${what}`, unit: "s", ours: seconds, ratio, target: `≤ ${MOST}`, met });
      cells.push(`${seconds.toFixed(2)} ${ratio.toFixed(2)}${ratio > MOST ? "!" : " "}`.padStart(11));
    }
    const { megabytes } = made[1];
    const allowed = TIMES_THE_BYTES * megabytes + LEAST_MB;
    const target = `≤ ${allowed.toFixed(0)}`;
    keep({ name: `${name}: peak, RSS in MB`, unit: "MB", ours: peak, target, met: peak <= allowed });
    const memory = `${peak.toFixed(0).padStart(5)} of ${allowed.toFixed(0)}${peak > allowed ? "!" : ""}`;
    console.log([name.padEnd(58), megabytes.toFixed(1).padStart(6), ...cells, memory].join(" "));
    for (const { configDir } of made) rmSync(configDir, { recursive: true });
  }
}

/** Runs at n and at 2n in turns. Returns the smallest times. */
async function compare(made, [args, input], rounds) {
  const least = [Infinity, Infinity];
  let maxRssMb = 0;
  for (let i = 0; i < rounds || (i < TRIES && least[1] > MOST * least[0]); i++) {
    for (const [at, { configDir }] of made.entries()) {
      const used = await resources(configDir, args, input);
      least[at] = Math.min(least[at], used.seconds);
      if (at === 1) maxRssMb = Math.max(maxRssMb, used.maxRssMb);
    }
  }
  return { seconds: least[1], ratio: least[1] / least[0], maxRssMb };
}

async function resources(configDir, args, input = "") {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir };
  const child = spawn(process.execPath, ["--import", RESOURCES, CLI, ...args], {
    env,
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  let report = "";
  let errors = "";
  child.stdio[3].on("data", (chunk) => (report += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  let printed = "";
  if (args[0] === "fork") child.stdout.on("data", (chunk) => (printed += chunk));
  else child.stdout.resume();
  child.stdin.end(input);
  const status = await new Promise((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(`${args.join(" ")} in ${configDir} exited with ${status}: ${errors}`);
  if (args[0] === "fork") {
    const [{ forkId }] = JSON.parse(printed).results;
    rmSync(path.join(configDir, "projects", "-w", `${forkId}.jsonl`));
  }
  return JSON.parse(report);
}
