import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { writeBundle } from "../../../src/bundle/export/write-bundle.ts";
import { writeOutput } from "../../../src/bundle/export/output-file.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

const fill = async (write: (bytes: Uint8Array) => void | Promise<void>): Promise<void> => write(Buffer.from("new"));

describe("an output that cannot be written", () => {
  test("is named in the error, which says what to do, and leaves nothing behind", async () => {
    const dir = tempConfigDir();
    const before = fs.readdirSync(dir);
    const there = path.join(dir, "none", "a.txt");
    await expect(writeOutput(there, fill)).rejects.toMatchObject({
      code: "Io",
      message: `${there} cannot be written: no such file or directory (ENOENT)`,
      hint: "Make the directory first.",
    });
    expect(fs.readdirSync(dir)).toEqual(before);
  });

  test("is why a bundle fails, and not that its streams were torn down", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const manifest = { createdAt: new Date(0).toISOString(), createdBy: "test", sessions: [] };
    const write = (): never => {
      throw full;
    };
    await expect(writeBundle(manifest, [], write)).rejects.toBe(full);
  });
});

describe.runIf(process.platform !== "win32")("what is there already", () => {
  const makers: Readonly<Record<string, (at: string) => void>> = {
    "a file": (at) => fs.writeFileSync(at, "old"),
    "a link to a file": (at) => {
      fs.writeFileSync(`${at}-target`, "old");
      fs.symlinkSync(`${at}-target`, at);
    },
    "a link that leads nowhere": (at) => fs.symlinkSync(`${at}-none`, at),
    "a directory": (at) => fs.mkdirSync(at),
    "a link to a directory": (at) => {
      fs.mkdirSync(`${at}-target`);
      fs.symlinkSync(`${at}-target`, at);
    },
    "a FIFO": (at) => void execFileSync("mkfifo", [at]),
    "a link to a device": (at) => fs.symlinkSync("/dev/null", at),
  };

  test.for(["a file", "a link to a file", "a link that leads nowhere"])("is replaced if it is %s", async (what) => {
    const dir = tempConfigDir();
    const at = path.join(dir, "out");
    makers[what]?.(at);
    await writeOutput(at, fill, { force: true });
    expect([fs.lstatSync(at).isFile(), fs.readFileSync(at, "utf8")]).toEqual([true, "new"]);
    const targets = fs.readdirSync(dir).filter((name) => name.endsWith("-target"));
    expect(targets.map((name) => fs.readFileSync(path.join(dir, name), "utf8"))).toEqual(targets.map(() => "old"));
  });

  test.for([
    ["a directory", "is a directory"],
    ["a link to a directory", "is a directory"],
    ["a FIFO", "is no regular file"],
    ["a link to a device", "is no regular file"],
  ])("stays if it is %s", async ([what, problem]) => {
    const at = path.join(tempConfigDir(), "out");
    makers[what as string]?.(at);
    const before = fs.lstatSync(at).ino;
    const written = writeOutput(at, fill, { force: true });
    await expect(written).rejects.toMatchObject({ code: "InvalidArgument", message: `${at} ${problem}` });
    expect(fs.lstatSync(at).ino).toBe(before);
  });
});
