import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { placeOf } from "../../../src/bundle/import/find-clone.ts";
import { keyOfPath } from "../../../src/store/layout/project-key.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const ID = sessionId(1);

/** A config dir with one session for each directory. */
function storeOf(...cwds: readonly string[]): string {
  const dir = tempConfigDir();
  for (const [n, cwd] of cwds.entries()) addSession(dir, cwd, n + 1);
  return dir;
}

function addSession(configDir: string, cwd: string, n: number): void {
  const id = sessionId(n);
  put(
    configDir,
    `projects/${keyOfPath(cwd)}/${id}.jsonl`,
    conversation(id, "hi").replaceAll('"/w"', JSON.stringify(cwd)),
  );
}

function clone(dir: string, url: string): string {
  for (const name of ["objects", "refs"]) fs.mkdirSync(path.join(dir, ".git", name), { recursive: true });
  put(dir, ".git/HEAD", "ref: refs/heads/main\n");
  put(dir, ".git/config", `[remote "origin"]\n\turl = ${url}\n`);
  return dir;
}

const newDir = (name: string): string => {
  const dir = path.join(tempConfigDir(), name);
  fs.mkdirSync(dir, { recursive: true });
  return dir;
};

/** Where sessions went: their directories, by the keys of their projects. */
async function placesAfter(from: string, more: object): Promise<unknown> {
  const { sessions, refused } = await importSessions({ from, configDir: tempConfigDir(), ...more });
  return refused[0]?.error.message ?? sessions.map(({ projectKey, cwd }) => [projectKey, cwd]);
}

describe("a session goes", () => {
  test("to its own directory, if that is here", async () => {
    const here = newDir("here");
    expect(await placesAfter(storeOf(here), {})).toEqual([[keyOfPath(here), here]]);
  });

  test("to no other, unless somebody says which", async () => {
    const from = storeOf("/no/such/place");
    expect(await placesAfter(from, {})).toMatch(/\/no\/such\/place is not a directory here$/);
    const { refused } = await importSessions({ from, configDir: tempConfigDir() });
    expect(refused[0]?.error).toMatchObject({
      code: "InvalidArgument",
      hint: expect.stringMatching(/--cwd DIR.*--keep-cwd/) as string,
    });
    expect(await placesAfter(from, { keepCwd: true })).toEqual([["-no-such-place", "/no/such/place"]]);
    const there = newDir("there");
    expect(await placesAfter(from, { cwd: there })).toEqual([[keyOfPath(there), there]]);
  });

  test("with others to the same places below", async () => {
    const from = storeOf("/no/a", "/no/a/src", "/no/a/.claude/worktrees/x", "/no/b");
    await expect(placesAfter(from, { cwd: "/new" })).rejects.toMatchObject({
      message: expect.stringMatching(/several directories: \/no\/a, \/no\/b$/) as string,
      hint: "Say with --from which of them --cwd stands for; /no is above all of them.",
    });
    expect(await placesAfter(from, { cwd: "/new", fromCwd: "/no/a" })).toEqual([
      ["-new", "/new"],
      ["-new-src", "/new/src"],
      ["-new--claude-worktrees-x", "/new/.claude/worktrees/x"],
    ]);
    expect(await placesAfter(from, { cwd: "/new", fromCwd: "/no" })).toContainEqual(["-new-b", "/new/b"]);
    const { skipped } = await importSessions({ from, configDir: tempConfigDir(), cwd: "/new", fromCwd: "/no/a" });
    expect(skipped).toEqual([{ path: from, reason: "1 session is not of /no/a" }]);
  });

  test("to the clone of its repository that sessions here know", async () => {
    const url = "https://example.org/ada/shop.git";
    const theirs = path.join(clone(newDir("theirs"), url), "api");
    fs.mkdirSync(theirs);
    const bundle = path.join(tempConfigDir(), "b.tar.gz");
    await exportSessions({ sessionIds: [ID], configDirs: [storeOf(theirs)], out: bundle });
    fs.rmSync(path.dirname(theirs), { recursive: true });

    const ours = clone(newDir("ours"), "git@example.org:ada/shop.git");
    const configDir = tempConfigDir();
    addSession(configDir, path.join(ours, "web"), 7);
    fs.mkdirSync(path.join(ours, "web"));
    const { sessions } = await importSessions({ from: bundle, configDir });
    const cwd = path.join(ours, "api");
    expect(sessions).toMatchObject([{ projectKey: keyOfPath(cwd), cwd }]);
    expect(fs.readFileSync(path.join(configDir, "projects", keyOfPath(cwd), `${ID}.jsonl`), "utf8")).toContain(
      JSON.stringify(cwd),
    );

    addSession(configDir, clone(newDir("again"), url), 8);
    const { refused } = await importSessions({ from: bundle, configDir });
    expect(refused[0]?.error.message).toMatch(/several projects here are clones of .*: .*(ours.*again|again.*ours)/);
    expect(await placesAfter(bundle, {})).toMatch(/is not a directory here, and no project here is a clone of https/);
  });

  test("under the key of the longest paths, with its hash", async () => {
    const long = `/${"long name/".repeat(30)}x`;
    expect(await placesAfter(storeOf("/no/a"), { cwd: long })).toEqual([[keyOfPath(long), long]]);
  });

  test("from the root directory only where it was", async () => {
    await expect(placesAfter(storeOf("/"), { cwd: "/new" })).rejects.toThrow(/every path is below it/);
    expect(await placesAfter(storeOf("/"), { keepCwd: true })).toEqual([["-", "/"]]);
  });
});

test.for<[string, string]>([
  ["https://github.com/ada/shop.git", "github.com/ada/shop"],
  ["https://GitHub.com/ada/shop/", "github.com/ada/shop"],
  ["git@github.com:ada/shop.git", "github.com/ada/shop"],
  ["ssh://git@github.com:22/ada/shop", "github.com/ada/shop"],
  ["git+ssh://git@github.com/ada/shop.git", "github.com/ada/shop"],
  ["/srv/git/shop.git", "/srv/git/shop"],
  ["C:/git/shop", "C:/git/shop"],
])("%s is %s", ([origin, place]) => expect(placeOf(origin)).toBe(place));

describe("what is imported from", () => {
  test.for(["", "projects", "projects/-w", `projects/-w/${ID}.jsonl`])("%j in a directory", async (name) => {
    const from = tempConfigDir();
    put(from, `projects/-w/${ID}.jsonl`, conversation(ID, "hi"));
    put(from, `projects/-w/${ID}/subagents/agent-x.jsonl`, conversation(ID, "hi"));
    put(from, `projects/-w/agent-1.jsonl`, conversation(ID, "old"));
    const configDir = tempConfigDir();
    const { sessions } = await importSessions({ from: path.join(from, name), configDir, keepCwd: true });
    expect(sessions.map(({ files }) => files.map((file) => file.path))).toEqual([
      [`projects/-w/${ID}/subagents/agent-x.jsonl`, "projects/-w/agent-1.jsonl", `projects/-w/${ID}.jsonl`],
    ]);
  });

  test("has links, pipes and other things left out, with the reason", async () => {
    const from = tempConfigDir();
    put(from, `projects/-w/${ID}.jsonl`, conversation(ID, "hi"));
    put(from, `projects/-w/${ID}/tool-results/a\nb`, "x");
    put(from, "projects/-w/memory/MEMORY.md", "x");
    put(from, `projects/-w/${sessionId(2)}/subagents/agent-x.jsonl`, "x");
    put(from, `session-env/${ID}/hook.sh`, "evil");
    put(from, `todos/${ID}.json`, "[]");
    execFileSync("mkfifo", [
      path.join(from, `projects/-w/${ID}/tool-results/pipe`),
      path.join(from, `projects/-w/${sessionId(3)}.jsonl`),
    ]);
    fs.symlinkSync("/etc", path.join(from, "projects/-w", ID, "subagents"));
    fs.symlinkSync(tempConfigDir(), path.join(from, "projects/-link"));
    const configDir = tempConfigDir();
    const { sessions, skipped } = await importSessions({ from, configDir, keepCwd: true });
    const at = (name: string): string => path.join(from, name);
    expect(sessions[0]?.files.map((file) => file.path)).toEqual([`todos/${ID}.json`, `projects/-w/${ID}.jsonl`]);
    expect(sessions[0]?.skipped).toEqual([
      { path: at(`projects/-w/${ID}/subagents`), reason: "a link, not followed" },
      { path: at(`projects/-w/${ID}/tool-results/a\nb`), reason: "its path has control characters" },
      { path: at(`projects/-w/${ID}/tool-results/pipe`), reason: "not a file" },
      { path: `session-env/${ID}/hook.sh`, reason: "is about the machine that it was made on" },
    ]);
    expect(skipped).toEqual([
      { path: at("projects/-link"), reason: "a link, not followed" },
      { path: at("projects/-w/memory"), reason: "belongs to no session" },
      { path: at(`projects/-w/${sessionId(2)}`), reason: "its session has no transcript here" },
      { path: at(`projects/-w/${sessionId(3)}.jsonl`), reason: "its session has no transcript here" },
    ]);
  });

  test("may have very many things that are left out, which are counted", async () => {
    const from = tempConfigDir();
    put(from, `projects/-w/${ID}.jsonl`, conversation(ID, "hi"));
    for (let n = 0; n < 130; n++) put(from, `projects/-w/note-${n}.txt`, "");
    fs.symlinkSync("x", path.join(from, `projects/-w/${sessionId(2)}.jsonl`));
    const { skipped } = await importSessions({ from, configDir: tempConfigDir(), keepCwd: true });
    expect(skipped).toHaveLength(102);
    expect(skipped).toContainEqual({ path: from, reason: "30 more: belongs to no session" });
    expect(skipped).toContainEqual({
      path: path.join(from, `projects/-w/${sessionId(2)}.jsonl`),
      reason: "a link, not followed",
    });
  });

  test.for<[string, (dir: string) => string, RegExp]>([
    ["nothing", (dir) => path.join(dir, "no"), /does not exist/],
    ["an empty directory", (dir) => dir, /has no sessions in it/],
    ["a text", (dir) => put(dir, "x.txt", "x"), /is not a bundle .* nor a transcript/],
    [
      "a transcript of another name",
      (dir) => put(dir, "x.jsonl", conversation(ID, "hi")),
      /nor a transcript named <id>\.jsonl/,
    ],
    ["a device", () => "/dev/null", /is not a file or a directory/],
    ["an empty transcript", (dir) => put(dir, `${ID}.jsonl`, ""), /has no sessions in it/],
    [
      "an unpacked bundle without its files",
      (dir) => (put(dir, "manifest.json", '{"format":"claude-transcripts-bundle"}'), dir),
      /manifest that has an unknown version/,
    ],
  ])("cannot be %s", async ([, make, reason]) => {
    const from = make(tempConfigDir());
    await expect(importSessions({ from, configDir: tempConfigDir() })).rejects.toThrow(reason);
  });

  test("may be a bundle that was unpacked, if nobody has changed it", async () => {
    const bundle = path.join(tempConfigDir(), "b.tar.gz");
    await exportSessions({ sessionIds: [ID, sessionId(2)], configDirs: [storeOf("/no/a", "/no/b")], out: bundle });
    const { unpackBundle } = await import("../../support/unpack.ts");
    const dir = tempConfigDir();
    const { manifest } = await unpackBundle(bundle, dir);
    put(dir, "manifest.json", JSON.stringify({ format: "claude-transcripts-bundle", version: 1, ...manifest }));
    expect(await placesAfter(dir, { keepCwd: true })).toEqual([
      ["-no-a", "/no/a"],
      ["-no-b", "/no/b"],
    ]);
    fs.appendFileSync(path.join(dir, `projects/-no-a/${ID}.jsonl`), "{}\n");
    for (const dryRun of [true, false]) {
      const { sessions, refused } = await importSessions({
        from: dir,
        configDir: tempConfigDir(),
        keepCwd: true,
        dryRun,
      });
      expect(refused.map(({ error }) => error.message)).toEqual([
        `projects/-no-a/${ID}.jsonl is not what the manifest of the bundle says`,
      ]);
      expect(sessions).toHaveLength(1);
    }
  });
});
