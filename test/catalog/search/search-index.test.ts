import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sessionId } from "../../support/config-dir.ts";
import { answer, messages, numbers, SearchStore } from "./search-store.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const three = (): SearchStore =>
  new SearchStore()
    .add(1, ["a needle"], { cwd: "/srv/shop" })
    .add(2, ["a needle"], { cwd: "/srv/other" })
    .add(3, ["nothing", answer("else")], { cwd: "/srv/shop" });

/** The database of a store's only index. */
function databaseOf(): string {
  const dir = path.join(process.env["XDG_CACHE_HOME"] ?? "", "claude-transcripts");
  const name = fs.readdirSync(dir).find((one) => one.endsWith(".db")) ?? "";
  return path.join(dir, name);
}

describe("a search", () => {
  test("finds what was said since the last one", async () => {
    const store = three();
    expect(numbers(await store.search("needle")).length).toBe(3);
    store.add(4, ["another needle"]);
    const file = path.join(store.configDir, "projects", "-srv-shop", `${sessionId(3)}.jsonl`);
    const row = {
      type: "user",
      message: { role: "user", content: "the third needle" },
      uuid: "u",
      sessionId: sessionId(3),
    };
    fs.appendFileSync(file, `${JSON.stringify(row)}\n`);
    const page = await store.search("needle");
    expect(numbers(page).split(" ").sort()).toEqual(["1", "2", "3", "4"]);
    expect(messages(page)).toContain("user said: the third [needle]");
  });

  test("of a directory has its sessions only", async () => {
    const store = three();
    for (const index of [true, false]) {
      const page = await store.search("needle", { index, dir: "/srv/shop" });
      expect([numbers(page), page.total, page.of]).toEqual(["1", 1, 2]);
      expect(numbers(await store.search("project:shop needle", { index }))).toBe("1");
      expect(
        numbers(await store.search("cwd:/srv needle", { index }))
          .split(" ")
          .sort(),
      ).toEqual(["1", "2"]);
    }
  });

  test.each([true, false])("counts a session with copies in two config dirs once (index: %s)", async (index) => {
    const store = three();
    const other = new SearchStore().add(2, ["a needle", answer("and more")]).add(4, ["the needle"]);
    const configDirs = [store.configDir, other.configDir];
    const page = await store.search("needle", { configDirs, index });
    expect(numbers(page).split(" ").sort()).toEqual(["1", "2", "4"]);
    expect(page).toMatchObject({ total: 3, totalIs: "exact", searched: 4, of: 4 });
    expect((await store.search("needle", { configDirs, index, asking: sessionId(2) })).total).toBe(2);
    expect((await store.search("needle", { configDirs, index, limit: 1 })).total).toBe(3);
  });

  test.each([
    ["without an engine", "CLAUDE_TRANSCRIPTS_ENGINE", "none"],
    ["without an index", "CLAUDE_TRANSCRIPTS_INDEX", "off"],
  ])("%s reads the files", async (_what, name, value) => {
    const store = three();
    vi.stubEnv(name, value);
    const page = await store.search("needle");
    expect([numbers(page).split(" ").sort(), page.engine]).toEqual([["1", "2"], "scan"]);
    expect(fs.readdirSync(process.env["XDG_CACHE_HOME"] ?? "")).toEqual([]);
  });

  test("with a damaged index has it built anew, and says so", async () => {
    const store = three();
    await store.search("needle");
    const file = databaseOf();
    const { size } = fs.statSync(file);
    for (const suffix of ["-wal", "-shm"]) fs.rmSync(file + suffix, { force: true });
    fs.writeFileSync(file, Buffer.alloc(size, "garbage"));
    const page = await store.search("needle");
    expect(numbers(page).split(" ").sort()).toEqual(["1", "2"]);
    expect((await store.search("else")).total).toBe(1);
  });

  test("after the index was removed makes a new one", async () => {
    const store = three();
    await store.search("needle");
    const file = databaseOf();
    for (const suffix of ["", "-wal", "-shm"]) fs.rmSync(file + suffix, { force: true });
    expect((await store.search("needle")).total).toBe(2);
    expect(databaseOf()).not.toBe(file);
  });

  test("in several config dirs has the sessions of all", async () => {
    const [one, two] = [three(), new SearchStore().add(9, ["a needle", answer("needle")])];
    for (const index of [true, false]) {
      const page = await one.search("needle", { index, configDirs: [one.configDir, two.configDir] });
      expect([numbers(page).split(" ").sort(), page.total]).toEqual([["1", "2", "9"], 3]);
    }
  });

  test("leaves everything below the config dir as it is", async () => {
    const store = three();
    const all = (): string[] =>
      fs.readdirSync(store.configDir, { recursive: true, encoding: "utf8" }).map((name) => {
        const { size, mtimeMs, mode } = fs.statSync(path.join(store.configDir, name));
        return [name, size, mtimeMs, mode].join(" ");
      });
    const before = all();
    for (const query of ["needle", "sub:eedl", "re:/x/", "file:x", ""]) await store.search(query);
    expect(all()).toEqual(before);
  });
});
