import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { knownBytes } from "../../../src/bundle/export/source-bytes.ts";
import { parseBundleManifest } from "../../../src/bundle/manifest.ts";
import { atOnce } from "../../../src/store/timing.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { everyFixture } from "../../support/every-fixture.ts";
import { fillConfigDir, ID } from "../../support/session-tree.ts";
import { snapshot } from "../../support/snapshot.ts";
import { readBundle, unpackBundle } from "../../support/unpack.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A config dir with one session that has everything, and a place for bundles. */
function fullStore(): { configDir: string; out: string } {
  const configDir = tempConfigDir();
  fillConfigDir(configDir);
  return { configDir, out: path.join(tempConfigDir(), "bundle.tar.gz") };
}

describe("a bundle", () => {
  test("has the files of the session and no others, after a manifest that names each", async () => {
    const { configDir, out } = fullStore();
    const before = snapshot(configDir);
    const report = await exportSessions({ sessionIds: [ID], configDirs: [configDir], out });
    expect(snapshot(configDir)).toEqual(before);
    expect(report).toMatchObject({
      dryRun: false,
      path: out,
      bytes: fs.statSync(out).size,
      notTaken: { fileHistory: 1, machine: 3 },
    });
    expect(fs.statSync(out).mode & 0o777).toBe(0o600);

    const { manifest, headers, files } = await readBundle(out);
    expect(headers.map(({ name }) => name)).toEqual(
      [
        "manifest.json",
        `projects/-a/${ID}.desktop-released.json`,
        `projects/-a/${ID}.jsonl`,
        `projects/-a/${ID}/archived.json`,
        `projects/-a/${ID}/subagents/agent-x.jsonl`,
        `projects/-a/${ID}/subagents/agent-x.meta.json`,
        `projects/-a/${ID}/tool-results/.hidden`,
        `projects/-a/agent-0001.jsonl`,
        `projects/-b/${ID}.jsonl`,
        `projects/-stub/${ID}.jsonl`,
        `tasks/${ID}/1.json`,
        `todos/${ID}-agent-${ID}.json`,
        `todos/${ID}.json`,
        `uploads/${ID}/picture.png`,
        `usage-data/facets/${ID}.json`,
      ].sort((a, b) => (a === "manifest.json" ? -1 : b === "manifest.json" ? 1 : a < b ? -1 : 1)),
    );
    for (const { mode, uid, gid, type } of headers)
      expect({ mode, uid, gid, type }).toEqual({ mode: 0o600, uid: 0, gid: 0, type: "file" });
    for (const [name, bytes] of files) expect(bytes.equals(fs.readFileSync(path.join(configDir, name)))).toBe(true);
    expect(manifest.sessions).toEqual([
      {
        sessionId: ID,
        projectKey: "-a",
        cwd: "/w",
        title: "hi",
        files: [...files].map(([name, bytes]) => ({ path: name, bytes: bytes.length, sha256: sha256(bytes) })),
        leftOut: [{ path: `projects/-a/${ID}/link`, reason: "a link, not followed" }],
      },
    ]);
    expect(report.sessions).toEqual(manifest.sessions);
    expect(parseBundleManifest(JSON.stringify(manifest))).toMatchObject({ sessions: manifest.sessions });
  });

  test("has the file history if it is asked for", async () => {
    const { configDir, out } = fullStore();
    const report = await exportSessions({ sessionIds: [ID], configDirs: [configDir], out, fileHistory: true });
    expect(report.notTaken.fileHistory).toBe(0);
    expect([...(await readBundle(out)).files.keys()]).toContain(`file-history/${ID}/abc@v1`);
  });

  test("of a bundle that was unpacked is the same but for times", async () => {
    const configDir = everyFixture();
    const ids = fs
      .readdirSync(path.join(configDir, "projects"), { recursive: true, encoding: "utf8" })
      .filter(
        (name) =>
          /^[^/\\]+[/\\][0-9a-f-]{36}\.jsonl$/.test(name) &&
          fs.statSync(path.join(configDir, "projects", name)).size > 0,
      )
      .map((name) => path.basename(name, ".jsonl"));
    const sessionIds = [...new Set(ids)];
    expect(sessionIds.length).toBeGreaterThan(20);
    const [one, two] = [path.join(tempConfigDir(), "1.tar.gz"), path.join(tempConfigDir(), "2.tar.gz")];
    await exportSessions({ sessionIds, configDirs: [configDir], out: one, fileHistory: true });
    const copy = tempConfigDir();
    const first = await unpackBundle(one, copy);
    await exportSessions({ sessionIds: sessionIds.toReversed(), configDirs: [copy], out: two, fileHistory: true });
    const second = await readBundle(two);
    expect({ ...second.manifest, createdAt: "" }).toEqual({ ...first.manifest, createdAt: "" });
    expect([...second.files]).toEqual([...first.files]);
  });

  test("names the repository of the session by its origin, without credentials", async () => {
    const { configDir, out } = fullStore();
    const repository = path.join(tempConfigDir(), "shop");
    put(repository, ".git/HEAD", "ref: refs/heads/main\n");
    for (const name of ["objects", "refs", "../api/src"])
      fs.mkdirSync(path.join(repository, ".git", name), { recursive: true });
    put(
      repository,
      ".git/config",
      '[core]\n\turl = no\n[remote "upstream"]\n\turl = no\n[remote "origin"]\n\turl = https://me:pass@example.org/a/shop.git?token=1\n\tfetch = +x\n',
    );
    const cwd = path.join(repository, "api", "src");
    fs.mkdirSync(cwd, { recursive: true });
    const id = sessionId(9);
    put(configDir, `projects/-x/${id}.jsonl`, conversation(id, "hi").replace('"/w"', JSON.stringify(cwd)));
    const { sessions } = await exportSessions({ sessionIds: [id], configDirs: [configDir], out });
    expect(sessions[0]).toMatchObject({
      cwd,
      repository: { origin: "https://example.org/a/shop.git", path: "api/src" },
    });
  });

  test("can be written to a function instead", async () => {
    const { configDir } = fullStore();
    const chunks: Uint8Array[] = [];
    const write = (chunk: Uint8Array): void => void chunks.push(chunk);
    const report = await exportSessions({ sessionIds: [ID], configDirs: [configDir], write });
    const bytes = Buffer.concat(chunks);
    expect(report).toMatchObject({ path: undefined, bytes: bytes.length });
    expect((await readBundle(bytes)).manifest.sessions).toEqual(report.sessions);
  });
});

describe("the file", () => {
  test("is named after the session in a directory", async () => {
    const { configDir, out } = fullStore();
    const { path: file } = await exportSessions({ sessionIds: [ID], configDirs: [configDir], out: path.dirname(out) });
    expect(file).toBe(path.join(path.dirname(out), `hi-${ID.slice(0, 8)}.tar.gz`));
  });

  test("is never overwritten unless that is asked for", async () => {
    const { configDir, out } = fullStore();
    fs.writeFileSync(out, "mine");
    const options = { sessionIds: [ID], configDirs: [configDir], out };
    await expect(exportSessions(options)).rejects.toMatchObject({ code: "InvalidArgument", data: { argument: "out" } });
    await expect(exportSessions({ ...options, dryRun: true })).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(fs.readFileSync(out, "utf8")).toBe("mine");
    await exportSessions({ ...options, force: true });
    expect((await readBundle(out)).manifest.sessions).toHaveLength(1);
  });

  test.for([
    ["an aborted export", (signal: AbortSignal) => ({ signal, progress: () => undefined })],
    ["a dry run", () => ({ dryRun: true })],
    ["an unknown session", () => ({ sessionIds: [sessionId(99)] })],
  ] as const)("is not there after %s, nor anything else", async ([, options]) => {
    const { configDir, out } = fullStore();
    const control = new AbortController();
    const given = options(control.signal);
    if ("signal" in given) control.abort(new Error("enough"));
    await exportSessions({ sessionIds: [ID], configDirs: [configDir], out, ...given }).catch(() => undefined);
    expect(fs.readdirSync(path.dirname(out))).toEqual(["projects"]);
  });
});

describe("a file that changes meanwhile", () => {
  const row = (text: string): string => `{"text":"${text}"}\n`;
  const long = row("x".repeat(300_000)) + row("y");

  test.for([
    ["nothing", long, "", long],
    ["nothing, and its last row is cut", `${long}{"te`, "", `${long}{"te`],
    ["nothing, and it is empty", "", "", ""],
    ["a row", long, row("z"), long],
    ["the rest of a row", `${long}{"te`, 'xt":"z"}\n', long],
    ["the rest of its only row", "a".repeat(300_000), "b\n", ""],
  ] as const)("ends after its last whole row if somebody appends %s", ([, before, appended, known]) => {
    const from = put(tempConfigDir(), "a.jsonl", before);
    const steps = knownBytes({ from, path: "a.jsonl", bytes: before.length, isTranscript: true });
    if (before !== "") steps.next();
    fs.appendFileSync(from, appended);
    expect(atOnce(steps)).toMatchObject({ bytes: known.length, sha256: sha256(Buffer.from(known)) });
  });

  test("is exported again when it was rewritten, a few times", async () => {
    const { configDir, out } = fullStore();
    const transcript = path.join(configDir, "projects", "-a", `${ID}.jsonl`);
    let rewrites = 1;
    const progress = (done: number, total: number): void => {
      // The plan is done; another file has the name from here on.
      if (done < total || rewrites-- <= 0) return;
      fs.writeFileSync(transcript, fs.readFileSync(transcript, "utf8").replace("hello", "HELLO"));
    };
    const options = { sessionIds: [ID], configDirs: [configDir], out, progress };
    await exportSessions(options);
    const { files } = await readBundle(out);
    expect(files.get(`projects/-a/${ID}.jsonl`)?.toString()).toContain("HELLO");

    let times = 0;
    const always = (): void => fs.writeFileSync(transcript, conversation(ID, "hi", `again ${times++}`));
    await expect(exportSessions({ ...options, progress: always, force: true })).rejects.toMatchObject({ code: "Io" });
    expect(fs.readdirSync(path.dirname(out)).sort()).toEqual(["bundle.tar.gz", "projects"]);
  });
});
