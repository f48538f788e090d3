/** The table that a run prints, and its rows for the result. */

/** All rows so far: `name`, `unit`, `reference`, `ours`, `ratio`, `target`, `met`, without undefined members. */
export const rows = [];

const NAME_WIDTH = 56;
const CELL_WIDTH = 8;

/** Adds a row without printing it. */
export function keep(row) {
  rows.push(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)));
}

export const missed = () => rows.filter(({ met }) => met === false).length;

/** Reports a time in ms. `faster`: the target, how many times as fast as the official function it must be. */
export function report(name, { official, ours }, { faster } = {}) {
  const ratio = official === undefined ? undefined : official.ms / ours.ms;
  const met = faster === undefined ? undefined : ratio >= faster;
  const isDifferent = official?.counts !== undefined && ![...official.counts].every((count) => ours.counts.has(count));
  const target = faster && `≥ ${faster}`;
  add({ name, unit: "ms", reference: official?.ms, ours: ours.ms, ratio, target, met }, isDifferent);
}

/** Reports a time or a number of bytes. `most`: the target, how many times `base` it may be. */
export function reportRatio(name, { base, value, most, unit = "ms" }) {
  const ratio = value / base;
  const target = most === undefined ? {} : { target: `≤ ${most}`, met: ratio <= most };
  add({ name, unit, reference: base, ours: value, ratio, ...target });
}

/** Reports the peak RSS of a process, in MB. */
export function reportMemory(name, { official, ours }, most) {
  const target = most === undefined ? {} : { target: `< ${most}`, met: ours.maxRssMb < most };
  add({ name: `${name}, RSS in MB`, unit: "MB", reference: official?.maxRssMb, ours: ours.maxRssMb, ...target });
}

export function printHead() {
  printLine("", ["official", "ours", "ratio", "target"]);
}

function add(row, isDifferent = false) {
  keep(row);
  const number = (value) => (value === undefined ? "" : value.toFixed(value < 100 ? 1 : 0));
  const { name, reference, ours, ratio, target = "", met } = row;
  const verdict = met === undefined ? "" : met ? "  met" : "  MISSED";
  const note = isDifferent ? "  (the results differ)" : "";
  printLine(name, [number(reference), number(ours), ratio?.toFixed(2) ?? "", target], verdict + note);
}

function printLine(name, cells, end = "") {
  console.log([name.padEnd(NAME_WIDTH), ...cells.map((cell) => cell.padStart(CELL_WIDTH))].join(" ") + end);
}
