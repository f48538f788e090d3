import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  appendRows,
  cleanStaleTemps,
  createFile,
  createTemp,
  publishNew,
  replaceFile,
} from "../../../src/store/disk/atomic-write.ts";
import { STALE_TEMP_MS } from "../../../src/transcript/rows/limits.ts";
import { bundle } from "../../support/bundle.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";

test.for([
  ["created", createFile, "linkSync"],
  ["replaced", replaceFile, "renameSync"],
] as const)("a file that is %s is on the disk before its name is, and then its name", ([, write, naming]) => {
  const file = path.join(tempConfigDir(), "t.json");
  const spies = (["fsyncSync", naming] as const).map((name) => ({ name, spy: vi.spyOn(fs, name) }));
  onTestFinished(() => void vi.restoreAllMocks());
  write(file, Buffer.from("{}"));
  const calls = spies.flatMap(({ name, spy }) => spy.mock.invocationCallOrder.map((at) => ({ name, at })));
  expect(calls.sort((a, b) => a.at - b.at).map(({ name }) => name)).toEqual(["fsyncSync", naming, "fsyncSync"]);
});

describe("appendRows", () => {
  test.for([
    ["a file with a final newline", '{"a":1}\n', '{"a":1}\n{"b":"é\\n"}\n'],
    ["a file without one", '{"a":1}', '{"a":1}\n{"b":"é\\n"}\n'],
    ["a cut row", '{"a":1}\n{"te', '{"a":1}\n{"te\n{"b":"é\\n"}\n'],
    ["an empty file", "", '{"b":"é\\n"}\n'],
    ["a file that ends in a carriage return", "{}\r", '{}\r\n{"b":"é\\n"}\n'],
  ] as const)("puts the row on a line of its own behind %s", ([, before, after]) => {
    const file = put(tempConfigDir(), "t.jsonl", before);
    appendRows(file, [{ b: "é\n" }]);
    expect(fs.readFileSync(file, "utf8")).toBe(after);
  });

  test("keeps the mode, follows a link, and never creates", () => {
    const dir = tempConfigDir();
    const file = put(dir, "t.jsonl", "{}\n", { mode: 0o640 });
    fs.symlinkSync(file, path.join(dir, "link.jsonl"));
    appendRows(path.join(dir, "link.jsonl"), [{ a: 1 }]);
    expect(fs.readFileSync(file, "utf8")).toBe('{}\n{"a":1}\n');
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
    expect(() => appendRows(path.join(dir, "none.jsonl"), [])).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(fs.existsSync(path.join(dir, "none.jsonl"))).toBe(false);
  });

  test("keeps every row whole when processes append at once, to a file without a final newline too", async () => {
    const file = put(tempConfigDir(), "t.jsonl", '{"first":true}');
    const durable = bundle("src/store/disk/atomic-write.ts");
    const script = `import { appendRows } from ${JSON.stringify(durable)};
      for (let i = 0; i < 100; i++) appendRows(process.argv[1], [{ by: process.argv[2], i, text: "x".repeat(i * 50) }]);`;
    const run = (by: string): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", script, file, by], { stdio: "inherit" });
        child.on("exit", resolve);
      });
    expect(await Promise.all([run("a"), run("b"), run("c")])).toEqual([0, 0, 0]);
    const rows = fs
      .readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(rows.length).toBe(301);
    for (const by of ["a", "b", "c"]) {
      expect(rows.filter((row) => row.by === by).map((row) => row.i)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }
  });

  test("reports a row that the disk took only part of, and a later append still works", () => {
    const file = put(tempConfigDir(), "t.jsonl", `${JSON.stringify({ text: "x".repeat(3500) })}\n`);
    const durable = bundle("src/store/disk/atomic-write.ts");
    const script = `import { appendRows } from ${JSON.stringify(durable)};
      try { appendRows(process.argv[1], [{ text: "y".repeat(4000) }]); } catch (error) {
        console.log(JSON.stringify({ code: error.code, data: error.data, cause: error.cause?.code }));
      }`;
    // A limit of 8 blocks of 512 bytes on the size of files: what a full disk does, without one.
    const out = execFileSync("sh", [
      "-c",
      'ulimit -f 8; exec "$@"',
      "sh",
      process.execPath,
      "--input-type=module",
      "-e",
      script,
      file,
    ]);
    const said = JSON.parse(out.toString());
    expect(said).toMatchObject({ code: "Io", cause: "EFBIG", data: { path: file, wanted: 4012 } });
    expect(said.data.written).toBeGreaterThan(0);
    expect(fs.statSync(file).size).toBe(4096);

    appendRows(file, [{ after: true }]);
    const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.length).toBe(3);
    expect(JSON.parse(lines[0] ?? "")).toEqual({ text: "x".repeat(3500) });
    expect(JSON.parse(lines[2] ?? "")).toEqual({ after: true });
  });
});

describe("replaceFile", () => {
  test("replaces a file, or a link itself, with mode 0600, and leaves nothing next to it", () => {
    const dir = path.join(tempConfigDir(), "d");
    const target = put(dir, "../target", "kept");
    const file = put(dir, "a.json", "old", { mode: 0o644 });
    fs.symlinkSync(target, path.join(dir, "b.json"));
    replaceFile(file, Buffer.from("new"));
    replaceFile(path.join(dir, "b.json"), Buffer.from("new"));
    expect(fs.readdirSync(dir)).toEqual(["a.json", "b.json"]);
    for (const name of ["a.json", "b.json"]) {
      expect(fs.lstatSync(path.join(dir, name)).isFile()).toBe(true);
      expect(fs.readFileSync(path.join(dir, name), "utf8")).toBe("new");
      expect(fs.statSync(path.join(dir, name)).mode & 0o777).toBe(0o600);
    }
    expect(fs.readFileSync(target, "utf8")).toBe("kept");
  });

  test("leaves no temporary file when it fails", () => {
    const dir = tempConfigDir();
    fs.mkdirSync(path.join(dir, "a.json", "in-the-way"), { recursive: true });
    expect(() => replaceFile(path.join(dir, "a.json"), Buffer.from("new"))).toThrow("EISDIR");
    expect(fs.readdirSync(dir).sort()).toEqual(["a.json", "projects"]);
  });
});

describe("publishNew", () => {
  test("publishes a complete file, mode 0600, under a free name", () => {
    const dir = path.join(tempConfigDir(), "projects");
    const temp = createTemp(dir, "new.jsonl");
    fs.writeSync(temp.fd, "whole\n");
    expect(fs.readdirSync(dir).some((name) => name.endsWith(".jsonl"))).toBe(false);
    publishNew(temp, path.join(dir, "new.jsonl"));
    expect(fs.readdirSync(dir)).toEqual(["new.jsonl"]);
    expect(fs.readFileSync(path.join(dir, "new.jsonl"), "utf8")).toBe("whole\n");
    expect(fs.statSync(path.join(dir, "new.jsonl")).mode & 0o777).toBe(0o600);
  });

  test("never overwrites", () => {
    const dir = path.join(tempConfigDir(), "projects");
    put(dir, "taken.jsonl", "first");
    const temp = createTemp(dir, "taken.jsonl");
    expect(() => publishNew(temp, path.join(dir, "taken.jsonl"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(fs.readFileSync(path.join(dir, "taken.jsonl"), "utf8")).toBe("first");
  });

  test.for(["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"])("does the same if hard links fail with %s", (errno) => {
    const dir = path.join(tempConfigDir(), "projects");
    put(dir, "taken.jsonl", "first");
    const script = `import fs from "node:fs";
      fs.linkSync = () => { throw Object.assign(new Error("no links here"), { code: ${JSON.stringify(errno)} }); };
      const { createTemp, publishNew } = await import(${JSON.stringify(bundle("src/store/disk/atomic-write.ts"))});
      for (const name of ["new.jsonl", "taken.jsonl"]) {
        const temp = createTemp(process.argv[1], name);
        fs.writeSync(temp.fd, "whole");
        try { publishNew(temp, process.argv[1] + "/" + name); console.log("published"); } catch (error) { console.log(error.code); }
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, dir], {
      encoding: "utf8",
    });
    expect([stdout, stderr]).toEqual(["published\nEEXIST\n", ""]);
    expect(fs.readFileSync(path.join(dir, "new.jsonl"), "utf8")).toBe("whole");
    expect(fs.readFileSync(path.join(dir, "taken.jsonl"), "utf8")).toBe("first");
    expect(fs.readdirSync(dir).filter((name) => !name.endsWith(".tmp"))).toEqual(["new.jsonl", "taken.jsonl"]);
  });
});

describe("cleanStaleTemps", () => {
  /** A temporary file that another process made, and whose writer has gone or still runs. */
  const foreign = (dir: string, { alive = false } = {}): { name: string; end: () => void } => {
    const script = `import { createTemp } from ${JSON.stringify(bundle("src/store/disk/atomic-write.ts"))};
      console.log(createTemp(process.argv[1], "t.jsonl").path);
      ${alive ? "setInterval(() => {}, 1000);" : ""}`;
    const args = ["--input-type=module", "-e", script, dir];
    if (!alive) return { name: path.basename(execFileSync(process.execPath, args).toString().trim()), end: () => {} };
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", fs.openSync(path.join(dir, "out"), "w"), "inherit"],
    });
    for (;;) {
      const said = fs.readFileSync(path.join(dir, "out"), "utf8").trim();
      if (said !== "") return { name: path.basename(said), end: () => child.kill("SIGKILL") };
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  };

  test("removes what a process left that has gone, and keeps what is being written", () => {
    const dir = path.join(tempConfigDir(), "projects");
    const left = foreign(dir);
    const running = foreign(dir, { alive: true });
    const own = createTemp(dir, "own.jsonl");
    put(dir, ".hidden.tmp", "not ours");
    cleanStaleTemps(dir);
    const names = fs.readdirSync(dir);
    running.end();
    expect(names).not.toContain(left.name);
    expect(names).toEqual(expect.arrayContaining([running.name, path.basename(own.path), ".hidden.tmp"]));
  });

  test("waits with what nobody can be asked about: another machine, or an earlier boot", () => {
    const dir = path.join(tempConfigDir(), "projects");
    const name = ".t.jsonl.ct-0123456789ab-77-5-01234567.tmp";
    const file = put(dir, name, "x");
    const changed = fs.statSync(file).mtimeMs;
    cleanStaleTemps(dir, changed + STALE_TEMP_MS - 1000);
    expect(fs.readdirSync(dir)).toEqual([name]);
    cleanStaleTemps(dir, changed + STALE_TEMP_MS + 1000);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test("removes temporary directories with all that is in them, follows no link, and never throws", () => {
    const dir = path.join(tempConfigDir(), "projects");
    const outside = put(dir, "../kept", "kept");
    const stale = path.join(dir, ".x.ct-0123456789ab-77-5-01234567.tmp");
    fs.mkdirSync(path.join(stale, "sub"), { recursive: true });
    fs.symlinkSync(path.dirname(outside), path.join(stale, "sub", "link"));
    cleanStaleTemps(dir, Date.now() + STALE_TEMP_MS + 1000);
    expect(fs.readdirSync(dir)).toEqual([]);
    expect(fs.readFileSync(outside, "utf8")).toBe("kept");
    expect(() => cleanStaleTemps(path.join(dir, "none"))).not.toThrow();
  });
});
