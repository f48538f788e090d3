/**
 * Loads the same sessions through this server and through claude-agent-acp, and reports what each shows and loses, and how
 * long each takes.
 *
 *     npm install --prefix bench/peers
 *     node bench/peers.mjs CONFIG_DIR... [--sessions 20] [--rounds 5] [--megabytes 20] [--out FILE]
 *
 * The sessions are those with the most kinds of content. Each program gets a copy, because the incumbent's CLI writes to
 * loaded sessions. Exits with 1 if our server is less than five times as fast.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { incumbent, ours } from "./peers/agents.mjs";
import { census } from "./peers/census.mjs";
import { addUp, comparisonPage } from "./peers/page.mjs";
import { tally } from "./peers/tally.mjs";
import { makeSingle, SINGLE_SESSION } from "./store.mjs";

/** Target: how many times as fast our server must be. */
const TARGET = 5;
/** Time for updates after the answer, ms. */
const QUIET_MS = 300;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: "string", default: "20" },
    rounds: { type: "string", default: "5" },
    megabytes: { type: "string", default: "20" },
    out: { type: "string" },
  },
});
if (incumbent === undefined || positionals.length === 0) {
  console.error(
    "usage: npm install --prefix bench/peers && node bench/peers.mjs CONFIG_DIR... [--sessions N] [--out FILE]",
  );
  process.exit(2);
}

const scratch = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-peers-"));
try {
  const agents = [incumbent, ours];
  const sessions = inTurns(positionals.map((dir) => mostVaried(sessionsOf(dir)))).slice(0, Number(values.sessions));
  const shown = {};
  for (const agent of agents) shown[agent.name] = await replays(agent, sessions);
  const times = await race(agents, Number(values.megabytes), Number(values.rounds));
  const faster = times[incumbent.name].last / times[ours.name].last;
  const page = comparisonPage({ agents, sessions, shown, times, values });
  console.log(page);
  const conversation = times[incumbent.name].conversation / times[ours.name].conversation;
  console.log(`time to the last update: ${faster.toFixed(1)} × as fast, target ≥ ${TARGET}`);
  console.log(`time to the last update of the conversation: ${conversation.toFixed(1)} × as fast`);
  if (values.out !== undefined) writeFileSync(values.out, page);
  process.exitCode = faster >= TARGET ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function sessionsOf(configDir) {
  const projects = path.join(configDir, "projects");
  return readdirSync(projects).flatMap((project) =>
    readdirSync(path.join(projects, project))
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => {
        const file = path.join(projects, project, name);
        return { id: name.slice(0, -".jsonl".length), project, file, parts: census(file) };
      }),
  );
}

/** Takes items from the lists in turns. */
function inTurns(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

/** Sorts sessions: first those with the most tools and kinds of content, then the larger ones. */
function mostVaried(sessions) {
  const variety = ({ parts }) =>
    new Set([...parts.calls, ...parts.planCalls].map(({ name }) => name)).size +
    Object.values(parts).filter((items) => (Array.isArray(items) ? items.length > 0 : items > 0)).length;
  const size = ({ file }) => statSync(file).size;
  const order = (a, b) => variety(b) - variety(a) || size(b) - size(a) || (a.id < b.id ? -1 : 1);
  return sessions.sort(order);
}

/** Adds up what a program shows of each session. */
async function replays(agent, sessions) {
  const place = prepare(agent.name);
  for (const { file, project, id } of sessions) {
    const to = path.join(place.config, "projects", project);
    mkdirSync(to, { recursive: true });
    cpSync(file, path.join(to, `${id}.jsonl`));
    const sessionDir = file.replace(/\.jsonl$/, "");
    if (statSync(sessionDir, { throwIfNoEntry: false })?.isDirectory())
      cpSync(sessionDir, path.join(to, id), { recursive: true });
  }
  const tallies = [];
  for (const { id, project, parts, file } of sessions) {
    const connection = agent.start(place.config, place.home);
    await connection.initialize();
    const { error } = await connection.load(id, place.work);
    await delay(QUIET_MS);
    const { updates, late } = connection;
    await connection.stop();
    const copy = readFileSync(path.join(place.config, "projects", project, `${id}.jsonl`));
    const changedBytes = copy.equals(readFileSync(file)) ? 0 : 1;
    tallies.push(tally(parts, { updates, late, error, changedBytes }));
  }
  return addUp(tallies);
}

/** Returns the median times to the updates and the answer of one large session: fresh processes, programs in turns. */
async function race(agents, megabytes, rounds) {
  const times = Object.fromEntries(
    agents.map(({ name }) => [name, { initialize: [], conversation: [], answer: [], last: [] }]),
  );
  const places = new Map(agents.map((agent) => [agent, prepare(`${agent.name}-race`)]));
  for (const { config } of places.values()) makeSingle(config, { megabytes });
  for (let round = 0; round < rounds; round++) {
    for (const [agent, { config, home, work }] of places) {
      const connection = agent.start(config, home);
      await connection.initialize();
      times[agent.name].initialize.push(connection.elapsedMs);
      const { error } = await connection.load(SINGLE_SESSION, work, { keep: false });
      if (error !== undefined) throw new Error(`${agent.name}: ${JSON.stringify(error)}`);
      times[agent.name].answer.push(connection.elapsedMs);
      times[agent.name].conversation.push(connection.lastOfConversationMs);
      // The incumbent sends its commands and other news after the answer.
      await delay(QUIET_MS);
      times[agent.name].last.push(connection.lastUpdateMs);
      await connection.stop();
    }
  }
  const medians = (lists) => Object.fromEntries(Object.entries(lists).map(([what, list]) => [what, median(list)]));
  return Object.fromEntries(Object.entries(times).map(([name, lists]) => [name, medians(lists)]));
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Makes a config dir, a home, and a working directory for a program. */
function prepare(name) {
  const made = {};
  for (const what of ["config", "home", "work"]) {
    made[what] = path.join(scratch, name, what);
    mkdirSync(made[what], { recursive: true });
  }
  return made;
}
