import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findMovedAway } from "../../../src/store/doctor/moved-away.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, user } from "../../support/rows.ts";
import { snapshot } from "../../support/snapshot.ts";

/** A place with the directories `dirs`, files in each of them, and transcripts of sessions in `cwd` that mention files. */
class Place {
  readonly root = fs.realpathSync(tempConfigDir());
  #number = 0;

  at = (...names: string[]): string => path.join(this.root, ...names);

  dir(name: string, files: readonly string[]): this {
    for (const file of files) {
      fs.mkdirSync(path.dirname(this.at(name, file)), { recursive: true });
      fs.writeFileSync(this.at(name, file), "");
    }
    return this;
  }

  project(cwd: string, mentioned: readonly string[], sessions = 1): { transcript: string; sessions: number } {
    const calls = mentioned.map((name, i) =>
      assistant(i + 2, i + 1, [{ type: "tool_use", id: `t${i}`, name: "Read", input: { file_path: this.at(name) } }], {
        cwd: this.at(cwd),
      }),
    );
    const transcript = this.at(`${this.#number++}.jsonl`);
    fs.writeFileSync(transcript, jsonl([user(1, null, "u", { cwd: this.at(cwd) }), ...calls]));
    return { transcript, sessions };
  }
}

const FILES = ["a.ts", "src/b.ts", "src/c.ts"];
const mentions = (dir: string, files: readonly string[] = FILES): string[] => files.map((file) => `${dir}/${file}`);

test("a directory that was renamed, and what is below it", () => {
  const place = new Place().dir("w/new", FILES).dir("w/other", ["a.ts"]);
  const projects = [
    place.project("w/old/src", mentions("w/old", ["a.ts", "src/b.ts"])),
    place.project("w/old", mentions("w/old"), 5),
  ];
  const before = snapshot(place.root);
  expect(findMovedAway(projects)).toEqual([{ path: place.at("w/old"), sessions: 6, candidates: [place.at("w/new")] }]);
  expect(snapshot(place.root)).toEqual(before);
});

test("a directory that was moved next to another project, also one level up", () => {
  for (const home of ["v/x", "v"]) {
    const place = new Place().dir("w/else", ["x"]).dir("v/x/known", ["z"]).dir(`${home}/tool`, FILES);
    const projects = [place.project("w/tool", mentions("w/tool")), place.project("v/x/known", [])];
    expect(findMovedAway(projects)).toEqual([
      { path: place.at("w/tool"), sessions: 1, candidates: [place.at(home, "tool")] },
    ]);
  }
});

test("the candidate with the most of the files is first", () => {
  const place = new Place().dir("w/half", FILES.slice(0, 2)).dir("w/whole", FILES).dir("w/one", FILES.slice(0, 1));
  const [found] = findMovedAway([place.project("w/old", mentions("w/old"))]);
  expect(found?.candidates).toEqual([place.at("w/whole"), place.at("w/half")]);
});

test("no candidate without two files and half of those mentioned, nor for files outside", () => {
  const place = new Place().dir("w/new", FILES);
  const of = (cwd: string, files: readonly string[]) => findMovedAway([place.project(cwd, files)])[0]?.candidates;
  expect(of("w/old", mentions("w/old"))).toEqual([place.at("w/new")]);
  expect(of("w/old", mentions("w/old", ["a.ts"]))).toEqual([]);
  expect(of("w/old", mentions("w/old", ["a.ts", "src/b.ts", "1", "2", "3"]))).toEqual([]);
  expect(of("w/old", mentions("w/old/../new"))).toEqual([]);
  expect(of("w/old", mentions("w/old-docker"))).toEqual([]);
  expect(of("w/old", [])).toEqual([]);
});

test("directories that are there, sessions without one, and broken transcripts", () => {
  const place = new Place().dir("w/new", FILES);
  const here = place.project("w/new", mentions("w/old"));
  const broken = place.at("broken.jsonl");
  fs.writeFileSync(broken, '{"cwd":"relative"}\n{"cwd":');
  expect(findMovedAway([here, { transcript: broken, sessions: 1 }])).toEqual([]);
  expect(findMovedAway([{ transcript: place.at("missing.jsonl"), sessions: 1 }])).toEqual([]);
});
