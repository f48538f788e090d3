import fs from "node:fs";
import path from "node:path";
import { tempConfigDir } from "./config-dir.ts";
import { replayFixtures, replayNames } from "./replay.ts";
import { caseNames } from "./surfaces.ts";

/** One config dir with every session of `fixtures`, each set in projects of its own. */
export function everyFixture(): string {
  const dir = tempConfigDir();
  const projects = path.join(dir, "projects");
  for (const set of ["config", ...caseNames.map((name) => path.join("cases", name))]) {
    const from = path.resolve("fixtures", set, "projects");
    for (const key of fs.readdirSync(from))
      fs.cpSync(path.join(from, key), path.join(projects, `-${path.basename(set)}${key}`), { recursive: true });
  }
  for (const name of replayNames) {
    const text = fs.readFileSync(path.join(replayFixtures, `${name}.jsonl`), "utf8");
    const id = /"sessionId":"([^"]+)"/.exec(text)?.[1] ?? name;
    fs.mkdirSync(path.join(projects, "-replay"), { recursive: true });
    fs.writeFileSync(path.join(projects, "-replay", `${id}.jsonl`), text);
    const sidecars = path.join(replayFixtures, name);
    if (fs.existsSync(sidecars)) fs.cpSync(sidecars, path.join(projects, "-replay", id), { recursive: true });
  }
  return dir;
}
