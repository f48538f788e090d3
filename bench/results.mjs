/** Results of runs as files, with date and machine. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** Smallest difference that is reported, percent. Medians on a quiet machine differ by less. */
const NOTABLE_PERCENT = 10;
const TAG_UNITS = 40;

/** Describes the machine, without its name. */
export function machine() {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown";
  const cores = os.availableParallelism();
  const short = cpu.replaceAll(/\((?:R|TM)\)|\b(?:CPU|Processor|Intel|AMD|with .*)(?= |$)|\d+-Core/gi, " ");
  const slug = short
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return {
    tag: `${slug.slice(0, TAG_UNITS)}-${cores}c`,
    cpu,
    cores,
    node: process.version,
    os: `${os.platform()} ${os.arch()}`,
  };
}

/** Returns a result as it is kept. `options`: the sizes of the stores. */
export function resultOf({ rows, options, quick }) {
  const rounded = (value) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value);
  return {
    date: new Date().toISOString(),
    commit: git("rev-parse", "--short", "HEAD"),
    uncommitted: git("status", "--porcelain", "--untracked-files=no") !== "",
    quick,
    machine: machine(),
    options,
    rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, rounded(value)]))),
  };
}

export function fileOf(dir, { date, machine: { tag }, quick }) {
  return path.join(dir, `${date.slice(0, "2026-01-01".length)}-${tag}${quick ? "-quick" : ""}.json`);
}

/** Writes a result with a line for each row. */
export function write(file, { rows, ...rest }) {
  const head = JSON.stringify(rest, null, 2).slice(0, -"\n}".length);
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${head},\n  "rows": [\n${lines}\n  ]\n}\n`);
}

/** Returns the last kept result of the same machine with the same sizes; undefined if there is none. */
export function lastLike(dir, result) {
  const key = ({ quick, options, machine: { tag } }) => JSON.stringify([quick, tag, { ...options, rounds: 0 }]);
  const all = filesIn(dir).map((name) => JSON.parse(readFileSync(path.join(dir, name), "utf8")));
  return all
    .filter((other) => key(other) === key(result))
    .toSorted((a, b) => (a.date < b.date ? -1 : 1))
    .at(-1);
}

/** Returns the rows that became notably larger: slower, or with more memory; `percent` by how much. */
export function grown(before, now) {
  const old = new Map(before.rows.map((row) => [row.name, row]));
  return now.rows.flatMap(({ name, unit, ours }) => {
    const was = old.get(name)?.ours;
    if (was === undefined || !(ours > was * (1 + NOTABLE_PERCENT / 100))) return [];
    return { name, unit, was, ours, percent: Math.round((ours / was - 1) * 100) };
  });
}

/** Reports what became slower since a result. `machineRow`: the row that does not depend on our code. */
export function comparison(before, now, machineRow) {
  const found = grown(before, now);
  const from = `the result of ${before.date.slice(0, 10)}, commit ${before.commit}, Node ${before.machine.node}`;
  if (found.length === 0) return [`nothing is more than ${NOTABLE_PERCENT} % slower than in ${from}`];
  const lines = found.map(
    ({ name, unit, was, ours, percent }) => `  ${name}: ${was.toFixed(1)} → ${ours.toFixed(1)} ${unit}, +${percent} %`,
  );
  const isMachine = found.some(({ name }) => name === machineRow);
  const note = isMachine ? [`  (${machineRow} is slower as well: the machine may be busy)`] : [];
  return [`slower by more than ${NOTABLE_PERCENT} % than in ${from}:`, ...lines, ...note];
}

function filesIn(dir) {
  try {
    return readdirSync(dir).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

function git(...args) {
  const { status, stdout } = spawnSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}
