/** What sessions cost, by a second implementation that shares nothing with src: not the reader of rows, not the prices. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** Dollars for a million tokens: input, output, cache read. Written from Anthropic's price page. */
const PRICES = [
  [/^claude-opus-5-5/, 4, 20, 0.2],
  [/^claude-opus-(5|4-[5-8])/, 5, 25, 0.5],
  [/^claude-opus-4/, 15, 75, 1.5],
  [/^claude-sonnet-5/, 2, 10, 0.2],
  [/^claude-(sonnet-4|3-[57]-sonnet)/, 3, 15, 0.3],
  [/^claude-haiku-4-5/, 1, 5, 0.1],
  [/^claude-3-5-haiku/, 0.8, 4, 0.08],
  [/^claude-fable-5$/, 10, 50, 1],
];
/** Models whose requests above 200,000 input tokens cost twice, and their output one and a half times, until a day. */
const LONG = [
  [/^claude-(opus|sonnet)-4-6/, Date.parse("2026-03-13T00:00:00Z")],
  [/^claude-sonnet-4-5/, Infinity],
];
const LONG_INPUT = 200_000;
const SEARCH = 0.01;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/**
 * Returns every charge of a config dir, of each file the last of each request, and the records of Claude Code itself.
 * `isProgress`: it is only in the transcript of the session that started the subagent.
 */
export function readCharges(configDir) {
  const charges = [];
  for (const { files } of sessionsIn(configDir)) for (const file of files) charges.push(...chargesOf(file));
  return charges;
}

/** Returns sessions with their files: transcripts, the newest first, then subagents. */
function sessionsIn(configDir) {
  const sessions = new Map();
  const projects = path.join(configDir, "projects");
  const old = [];
  for (const key of readdirSync(projects)) {
    const dir = path.join(projects, key);
    if (!statSync(dir).isDirectory()) continue;
    for (const name of readdirSync(dir)) {
      const file = path.join(dir, name);
      const id = name.replace(/\.jsonl$/, "");
      if (/^agent-.+\.jsonl$/.test(name)) old.push(file);
      if (id === name || !UUID.test(id) || !statSync(file).isFile()) continue;
      const session = sessions.get(id) ?? { id, mains: [], agents: [] };
      sessions.set(id, session);
      session.mains.push({ path: file, mtime: statSync(file).mtimeMs });
      for (const agent of agentFiles(path.join(dir, id, "subagents"))) session.agents.push(agent);
    }
  }
  for (const file of old) {
    const row = rowsOf(file).find(({ sessionId }) => typeof sessionId === "string");
    if (row !== undefined) sessions.get(row.sessionId)?.agents.push(file);
  }
  return [...sessions.values()].map(({ id, mains, agents }) => {
    mains.sort((a, b) => b.mtime - a.mtime);
    const began =
      rowsOf(mains[0].path)
        .map(timeOf)
        .find((time) => !Number.isNaN(time)) ?? Infinity;
    const named = new Set(agents.map((file) => path.basename(file).replace(/^agent-(.+)\.jsonl$/, "$1")));
    const common = { session: id, began, named };
    const main = mains.map((one, at) => ({ ...common, path: one.path, isMain: true, isShown: at === 0 }));
    return { files: [...main, ...agents.map((file) => ({ ...common, path: file, isMain: false, isShown: false }))] };
  });
}

function agentFiles(dir) {
  let entries;
  try {
    entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile() && /^agent-.+\.jsonl$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function chargesOf({ path: file, session, began, named, isMain, isShown }) {
  const charges = new Map();
  let record;
  let last = 0;
  let model = "";
  for (const row of rowsOf(file)) {
    const time = timeOf(row);
    if (["user", "assistant", "system", "attachment", "progress"].includes(row.type) && !Number.isNaN(time))
      last = time;
    if (row.type === "cost-state" && isShown) record = row.totalCostUSD;
    const { agentId, type, message: inner } = row.data ?? {};
    const isProgress = row.type === "progress" && type === "agent_progress";
    if (isProgress && (named.has(agentId) || !isMain)) continue;
    const said = isProgress ? inner : row;
    const { id, usage, model: own } = said?.message ?? {};
    if (said?.type !== "assistant" || typeof id !== "string" || own === "<synthetic>") continue;
    if (isMain && !isProgress && row.isSidechain !== true) model = own;
    if (usage === undefined) continue;
    const at = Number.isNaN(timeOf(said)) ? last : timeOf(said);
    const key = `${id}\n${said.requestId ?? ""}`;
    charges.set(key, {
      key,
      session,
      began,
      ts: Math.floor(at / 1000),
      model: own,
      micros: microsOf(own, usage, at),
      isProgress,
    });
  }
  const all = [...charges.values()];
  if (record !== undefined && isMain) {
    all.push({ session, began, ts: Math.floor(last / 1000), model, micros: record * 1e6, isRecord: true });
  }
  return all;
}

/** Returns the charges that count: each request once, for the session that began first, then for the smaller id. */
export function spendOf(charges) {
  const ordered = charges
    .filter(({ isRecord }) => isRecord !== true)
    .sort((a, b) => a.began - b.began || (a.session < b.session ? -1 : a.session > b.session ? 1 : 0));
  const spend = new Map();
  for (const charge of ordered) if (!spend.has(charge.key)) spend.set(charge.key, charge);
  return { spend: [...spend.values()] };
}

/** Returns what Claude Code's own records have beyond the rows, of sessions that repeat no other session's requests. */
export function unrecordedOf(charges, spend) {
  const owners = new Map(spend.map((charge) => [charge.key, charge]));
  const isCopy = ({ key, session, ts }) => owners.get(key)?.ts === ts && owners.get(key).session !== session;
  const forks = new Set(charges.filter(isCopy).map(({ session }) => session));
  return charges
    .filter(({ isRecord, session }) => isRecord === true && !forks.has(session))
    .map((record) => {
      const rows = spend.filter(({ session }) => session === record.session);
      return { ...record, micros: Math.max(0, record.micros - rows.reduce((sum, { micros }) => sum + micros, 0)) };
    })
    .filter(({ micros }) => micros >= 1);
}

function microsOf(name, usage, time) {
  const model = name
    .replace(/^.*\//, "")
    .replace(/^.*anthropic\./, "")
    .replace(/\[1m\]$/, "");
  const price = PRICES.find(([pattern]) => pattern.test(model));
  if (price === undefined) return 0;
  const [, input, output, read] = price;
  const n = (value) => (Number.isSafeInteger(value) && value > 0 ? value : 0);
  const w1h = n(usage.cache_creation?.ephemeral_1h_input_tokens);
  const w5 = Math.max(n(usage.cache_creation_input_tokens) - w1h, n(usage.cache_creation?.ephemeral_5m_input_tokens));
  const reads = n(usage.cache_read_input_tokens);
  const fresh = n(usage.input_tokens);
  const isLong =
    fresh + w5 + w1h + reads > LONG_INPUT && LONG.some(([pattern, until]) => pattern.test(model) && time < until);
  const inputs = (fresh * input + w5 * input * 1.25 + w1h * input * 2 + reads * read) * (isLong ? 2 : 1);
  const outputs = n(usage.output_tokens) * output * (isLong ? 1.5 : 1);
  let factor = 1;
  if (usage.speed === "fast" && /^claude-opus-4-[67]/.test(model)) factor *= 6;
  if (usage.speed === "fast" && model.startsWith("claude-opus-4-8")) factor *= 2;
  if (usage.inference_geo === "us") factor *= 1.1;
  return (inputs + outputs) * factor + n(usage.server_tool_use?.web_search_requests) * SEARCH * 1e6;
}

const timeOf = ({ timestamp }) => (typeof timestamp === "string" ? Date.parse(timestamp) : NaN);

function rowsOf(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        const row = JSON.parse(line);
        return typeof row === "object" && row !== null && !Array.isArray(row) ? [row] : [];
      } catch {
        return [];
      }
    });
}
