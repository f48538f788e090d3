/** Operations whose work grows with the square of the rows, each in its own way: what counts work has to see all of them. */
import fs from "node:fs";

export const operations = {
  code({ configDir }) {
    let steps = 0;
    const rows = rowsOf(configDir);
    for (const a of rows) for (const b of rows) if (a === b) steps++;
    return steps;
  },
  "built-ins in Array.indexOf": ({ configDir }) => {
    const rows = rowsOf(configDir);
    return rows.every((row) => rows.includes(row));
  },
  "built-ins in Array iterated": ({ configDir }) => {
    let all = [];
    for (const row of rowsOf(configDir)) all = longer(all, row);
    return all;
  },
  "built-ins in Buffer.concat": ({ configDir }) => {
    let all = Buffer.alloc(0);
    for (const row of rowsOf(configDir)) all = Buffer.concat([all, Buffer.from(row)]);
    return all;
  },
  "built-ins in String.indexOf": ({ configDir }) => {
    const text = textOf(configDir);
    return rowsOf(configDir).every((row) => text.indexOf(row) >= 0);
  },
  disk: ({ configDir }) => rowsOf(configDir).map(() => textOf(configDir).length),
  memory: ({ configDir }) => {
    const rows = rowsOf(configDir);
    return rows.map(() => new Uint8Array(64 * rows.length));
  },
};

const longer = (list, item) => [...list, item];

function textOf(configDir) {
  const project = `${configDir}/projects/-w`;
  const name = fs.readdirSync(project).find((one) => one.endsWith(".jsonl"));
  return fs.readFileSync(`${project}/${name}`, "utf8");
}

function rowsOf(configDir) {
  return textOf(configDir).trimEnd().split("\n");
}
