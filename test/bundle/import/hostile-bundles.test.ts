import fs from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";
import { archive, END, entryBytes, manifestEntry, manifestFile, paxEntry, type RawEntry } from "../../support/tar.ts";

const ID = sessionId(1);
const OTHER = sessionId(2);
const text = conversation(ID, "hi", "hello");
const transcript = `projects/-w/${ID}.jsonl`;
const sidecar = (name: string): string => `projects/-w/${ID}/tool-results/${name}`;

type File = readonly [path: string, body: string];
const session = (files: readonly File[] = [], more: object = {}): object => ({
  sessionId: ID,
  projectKey: "-w",
  cwd: "/w",
  files: [[transcript, text] as File, ...files].map(([at, body]) => manifestFile(at, body)),
  leftOut: [],
  ...more,
});
const entriesOf = (files: readonly File[]): RawEntry[] =>
  [[transcript, text] as File, ...files].map(([name, body]) => ({ name, body }));
/** A bundle whose manifest says what is in it. */
const honest = (...files: File[]): RawEntry[] => [manifestEntry([session(files)]), ...entriesOf(files)];

interface Case {
  readonly title: string;
  readonly bundle: Buffer;
  readonly reason: RegExp;
}

const NOT_A_PATH = [
  "../evil",
  "../../evil",
  "projects/../../evil",
  `projects/-w/${ID}/../../../evil`,
  `projects/-w/${ID}/..`,
  `projects/./${ID}.jsonl`,
  `projects//${ID}.jsonl`,
  sidecar("./x"),
  sidecar("x/../../y"),
  sidecar("x//y"),
  "/etc/evil",
  `/projects/-w/${ID}/x`,
  "C:/evil",
  String.raw`C:\evil`,
  String.raw`..\..\evil`,
  sidecar(String.raw`..\..\evil`),
  String.raw`\\server\share`,
  sidecar("a\nb"),
  sidecar("a\u001b[2Jb"),
  sidecar("a\u007fb"),
  sidecar("a\u009bb"),
  sidecar("a\rb"),
  sidecar("x".repeat(256)),
  sidecar("x/".repeat(1100) + "x"),
  sidecar("y/".repeat(70) + "y"),
  sidecar(`.x.ct-0123456789ab-1-2-01234567.tmp`),
  sidecar(".x.ct-aside-01234567-1"),
];

const NOT_OWN = [
  `projects/-w/${OTHER}.jsonl`,
  `projects/-w/${OTHER}/subagents/agent-x.jsonl`,
  `file-history/${OTHER}/x@v1`,
  `todos/${OTHER}-agent-${ID}.json`,
  "settings.json",
  "settings.local.json",
  ".claude.json",
  "CLAUDE.md",
  "history.jsonl",
  "commands/evil.md",
  "agents/evil.md",
  "plugins/evil/plugin.json",
  "sessions/1.json",
  "shell-snapshots/snapshot-bash-1.sh",
  `projects/${ID}.jsonl`,
  "projects/-w",
  "projects/-w/settings.json",
  "projects/-w/memory/MEMORY.md",
  `projects/-w/${ID}.jsonl/x`,
  `projects/-w/${ID}`,
  `projects/-w/x/${ID}.jsonl`,
  `projects/-w/${ID}.jsonl.bak`,
  `backups/${ID}.json`,
  `claude-transcripts/trash/${ID}-20260101T000000000Z/manifest.json`,
  `claude-transcripts/${ID}/x`,
  "claude-transcripts/http-token",
  `jobs/${OTHER.slice(0, 8)}/../state.json`,
  `a/b/c/${ID}`,
];

const CLASHING: readonly (readonly [string, string])[] = [
  [sidecar("a.txt"), sidecar("A.txt")],
  [sidecar("é.txt"), sidecar("e\u0301.txt")],
  [sidecar("É.txt"), sidecar("e\u0301.TXT")],
  [sidecar("x"), sidecar("x/y")],
  [sidecar("x/y"), sidecar("x")],
  [sidecar("x"), sidecar("X/y")],
  [transcript, transcript.toUpperCase().replace("PROJECTS/-W", "projects/-W").replace(".JSONL", ".jsonl")],
];

const TYPES = {
  "1": "a hard link",
  "2": "a link",
  "3": "a device",
  "4": "a device",
  "5": "a directory",
  "6": "a pipe",
};

const lie = (files: readonly object[]): Buffer =>
  archive([manifestEntry([session([], { files })]), ...entriesOf([[sidecar("x"), "body"]])]);
const said = [manifestFile(transcript, text), manifestFile(sidecar("x"), "body")] as const;
const manifest = (more: object, ...sessions: object[]): Buffer =>
  archive([manifestEntry(sessions.length > 0 ? sessions : [session()], more), ...entriesOf([])]);
const whole = archive(honest([sidecar("x"), "body".repeat(3000)]));
const tar = gunzipSync(whole);

const CASES: readonly Case[] = [
  ...NOT_A_PATH.flatMap((name): Case[] => [
    {
      title: `named ${name.slice(0, 80)}`,
      bundle: archive(honest([name, "x"])),
      reason: /has a path that|which no such session owns/,
    },
    {
      title: `in it ${name.slice(0, 80)}`,
      bundle: archive([...honest(), { name, body: "x" }]),
      reason: /its manifest does not name/,
    },
  ]),
  ...NOT_OWN.map((name): Case => ({
    title: `named ${name}`,
    bundle: archive(honest([name, "x"])),
    reason: /which no such session owns|says that session|has a path that/,
  })),
  ...CLASHING.map(([a, b]): Case => ({
    title: `${a} and ${b}`,
    bundle: archive(honest([a, "x"], [b, "y"])),
    reason: /has the name of|is below|is a file, and|names .* twice|which no such session owns|says that session/,
  })),
  ...Object.entries(TYPES).flatMap(([type, words]): Case[] => [
    {
      title: `${words} (${type}) in place of a file`,
      bundle: archive([
        manifestEntry([session([[sidecar("x"), ""]])]),
        ...entriesOf([]),
        { name: sidecar("x"), type, link: "/etc/passwd" },
      ]),
      reason: new RegExp(`which is ${words}`),
    },
    {
      title: `${words} (${type}) before the files`,
      bundle: archive([
        manifestEntry([session()]),
        { name: `projects/-w/${ID}`, type, link: "/tmp" },
        ...entriesOf([]),
      ]),
      reason: new RegExp(`which is ${words}`),
    },
  ]),
  {
    title: "a subagent of another session by its rows",
    bundle: archive(honest(["projects/-w/agent-1.jsonl", conversation(OTHER, "hi")])),
    reason: /whose rows do not say so/,
  },
  {
    title: "a subagent of no session",
    bundle: archive(honest(["projects/-w/agent-1.jsonl", "no row"])),
    reason: /whose rows do not say so/,
  },
  {
    title: "a NUL in a name of the manifest",
    bundle: archive(honest([sidecar("a\0b"), "x"])),
    reason: /no such session owns|control characters/,
  },
  {
    title: "a lone surrogate in a name",
    bundle: archive(honest([sidecar("a\ud800"), "x"])),
    reason: /is not valid Unicode/,
  },
  {
    title: "a file twice",
    bundle: archive([...honest([sidecar("x"), "x"]), { name: sidecar("x"), body: "x" }]),
    reason: /in it twice/,
  },
  {
    title: "a file that is missing",
    bundle: archive([manifestEntry([session([[sidecar("x"), "x"]])]), ...entriesOf([])]),
    reason: /lacks/,
  },
  { title: "another hash", bundle: lie([said[0], { ...said[1], sha256: "0".repeat(64) }]), reason: /has other bytes/ },
  {
    title: "another hash of the transcript",
    bundle: lie([{ ...said[0], sha256: said[1].sha256 }, said[1]]),
    reason: /has other bytes/,
  },
  {
    title: "a size that is too large",
    bundle: lie([said[0], { ...said[1], bytes: 5 }]),
    reason: /with 4 bytes; its manifest says 5/,
  },
  {
    title: "a size that is too small",
    bundle: lie([said[0], { ...said[1], bytes: 3 }]),
    reason: /with 4 bytes; its manifest says 3/,
  },
  { title: "a size that is no number", bundle: lie([said[0], { ...said[1], bytes: "4" }]), reason: /invalid file/ },
  { title: "a size below 0", bundle: lie([said[0], { ...said[1], bytes: -4 }]), reason: /invalid file/ },
  { title: "a hash that is none", bundle: lie([said[0], { ...said[1], sha256: "../x" }]), reason: /invalid file/ },
  {
    title: "more than may be taken, as the manifest says",
    bundle: lie([said[0], { ...said[1], bytes: 2 ** 50 }]),
    reason: /says that it has \d+ bytes in it/,
  },
  { title: "no transcript", bundle: lie([said[1]]), reason: /has no transcript of session/ },
  {
    title: "an empty transcript",
    bundle: archive([manifestEntry([session([], { files: [manifestFile(transcript, "")] })]), { name: transcript }]),
    reason: /has no transcript of session/,
  },
  {
    title: "a transcript of another project",
    bundle: manifest({}, session([], { projectKey: "-other" })),
    reason: /has no transcript of session/,
  },
  {
    title: "a project key that leads out",
    bundle: manifest({}, session([], { projectKey: ".." })),
    reason: /no valid project key/,
  },
  {
    title: "a project key with a separator",
    bundle: manifest({}, session([], { projectKey: "../-w" })),
    reason: /no valid project key/,
  },
  {
    title: "an id that is none",
    bundle: manifest({}, session([], { sessionId: "../x" })),
    reason: /a session without an id/,
  },
  {
    title: "the id of another session",
    bundle: manifest({}, session([], { sessionId: OTHER })),
    reason: /which no such session owns/,
  },
  { title: "a session twice", bundle: manifest({}, session(), session()), reason: /twice/ },
  { title: "a directory that is no text", bundle: manifest({}, session([], { cwd: 1 })), reason: /no valid directory/ },
  {
    title: "a repository with a path that leads out",
    bundle: manifest({}, session([], { repository: { origin: "x", path: "../.." } })),
    reason: /no valid place in a repository/,
  },
  { title: "another format", bundle: manifest({ format: "zip" }), reason: /is not that of a bundle/ },
  { title: "a later version", bundle: manifest({ version: 2 }), reason: /unknown version/ },
  { title: "no sessions", bundle: manifest({ sessions: [] }), reason: /has no list of sessions/ },
  {
    title: "a manifest that is not JSON",
    bundle: archive([{ name: "manifest.json", body: "{" }]),
    reason: /is not JSON/,
  },
  { title: "no manifest", bundle: archive(entriesOf([])), reason: /does not begin with manifest.json/ },
  {
    title: "a manifest that is not first",
    bundle: archive(honest().toReversed()),
    reason: /does not begin with manifest.json/,
  },
  {
    title: "a manifest that is a link",
    bundle: archive([{ name: "manifest.json", type: "2", link: "/etc/passwd" }]),
    reason: /which is a link/,
  },
  {
    title: "a manifest that is too large",
    bundle: archive([{ name: "manifest.json", size: 2 ** 30 }]),
    reason: /has a manifest of \d+ bytes|is not a whole/,
  },
  { title: "nothing in the archive", bundle: archive([]), reason: /has nothing in it/ },
  { title: "nothing in the gzip file", bundle: gzipSync(Buffer.alloc(0)), reason: /nothing in it|is not a whole/ },
  { title: "no tar in the gzip file", bundle: gzipSync(Buffer.from("x".repeat(3000))), reason: /is not a whole/ },
  {
    title: "a wrong checksum",
    bundle: archive([{ ...(honest()[0] as RawEntry), breaksChecksum: true }]),
    reason: /is not a whole/,
  },
  { title: "no end of the archive", bundle: archive(honest(), Buffer.alloc(0)), reason: /is not a whole/ },
  { title: "half an end of the archive", bundle: archive(honest(), Buffer.alloc(512)), reason: /is not a whole/ },
  {
    title: "more after the end of the archive",
    bundle: archive(honest(), Buffer.concat([END, Buffer.from("garbage")])),
    reason: /is not a whole/,
  },
  {
    title: "another archive after the end",
    bundle: archive(honest(), Buffer.concat([END, entryBytes({ name: "evil", body: "x" }), END])),
    reason: /is not a whole/,
  },
  {
    title: "more after the gzip file",
    bundle: Buffer.concat([whole, Buffer.from("garbage")]),
    reason: /is not a whole|after its end/,
  },
  {
    title: "much more after the gzip file",
    bundle: Buffer.concat([whole, Buffer.alloc(300_000, 1)]),
    reason: /is not a whole|after its end/,
  },
  {
    title: "zeros after the gzip file",
    bundle: Buffer.concat([whole, Buffer.alloc(300_000)]),
    reason: /after its end/,
  },
  {
    title: "another gzip file after it",
    bundle: Buffer.concat([whole, archive([{ name: "evil", body: "x" }])]),
    reason: /is not a whole/,
  },
  {
    title: "a name in a pax header that leads out",
    bundle: archive([...honest(), paxEntry({ path: "../evil" }), { name: sidecar("x") }]),
    reason: /"\.\.\/evil" in it/,
  },
  {
    title: "a name in a global pax header",
    bundle: archive([paxEntry({ path: "../evil" }, "g"), ...honest()]),
    reason: /does not begin with manifest.json/,
  },
  {
    title: "a size in a pax header",
    bundle: archive([
      manifestEntry([session([[sidecar("x"), "body"]])]),
      ...entriesOf([]),
      paxEntry({ size: String(2 ** 40) }),
      { name: sidecar("x"), body: "body" },
    ]),
    reason: /with \d+ bytes/,
  },
  {
    title: "a long name that leads out",
    bundle: archive([...honest(), { name: `${"../".repeat(50)}evil`, body: "x" }]),
    reason: /does not name/,
  },
  {
    title: "a sparse file",
    bundle: archive([
      manifestEntry([session([[sidecar("x"), "body"]])]),
      ...entriesOf([]),
      { name: sidecar("x"), type: "S", body: "12" },
    ]),
    reason: /with 2 bytes/,
  },
  {
    title: "many more headers than files",
    bundle: archive([
      manifestEntry([session()]),
      ...Array.from({ length: 3000 }, () => paxEntry({ comment: "x" })),
      ...entriesOf([]),
    ]),
    reason: /has more in it than its manifest says/,
  },
  {
    title: "a bomb after the end of the archive",
    bundle: archive(honest(), Buffer.alloc(64 * 1024 * 1024)),
    reason: /has more in it/,
  },
  {
    title: "a bomb in place of the manifest",
    bundle: gzipSync(Buffer.alloc(64 * 1024 * 1024)),
    reason: /has more in it|nothing in it/,
  },
  ...[10, 200, whole.length >> 1, whole.length - 9, whole.length - 1].map((bytes): Case => ({
    title: `a gzip file cut at ${bytes}`,
    bundle: whole.subarray(0, bytes),
    reason: /is cut off|is not a whole/,
  })),
  ...[100, 512, 700, 1500, tar.length >> 1, tar.length - 1100, tar.length - 600].map((bytes): Case => ({
    title: `a tar file cut at ${bytes}`,
    bundle: gzipSync(tar.subarray(0, bytes)),
    reason: /is cut off|is not a whole/,
  })),
];

test("are at least a hundred, each with a title of its own", () => {
  expect(new Set(CASES.map(({ title }) => title)).size).toBe(CASES.length);
  expect(CASES.length).toBeGreaterThan(100);
});

test.for(CASES)("$title", async ({ bundle, reason }) => {
  const root = tempConfigDir();
  const from = put(root, "in/bundle.tar.gz", bundle);
  const configDir = path.join(root, "in", "config");
  put(configDir, `projects/-w/${OTHER}.jsonl`, conversation(OTHER, "mine"));
  const before = snapshot(root, { directoryTimes: false });
  await expect(importSessions({ from, configDir, keepCwd: true })).rejects.toThrow(reason);
  await expect(importSessions({ from, configDir, keepCwd: true, dryRun: true })).rejects.toThrow(reason);
  expect(snapshot(root, { directoryTimes: false })).toEqual(before);
});

test("whatever happens to the bytes of a bundle, it is imported as it was, or refused", async () => {
  const root = tempConfigDir();
  const good = await takenBy(root, whole);
  const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.boolean(), packed: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, to, cut, packed }) => {
      const bytes = Buffer.from(packed ? whole : tar);
      const place = at % bytes.length;
      bytes[place] = to;
      const changed = cut ? bytes.subarray(0, place) : bytes;
      const outcome = await takenBy(root, packed ? changed : gzipSync(changed)).catch(codeOf);
      expect([good, "InvalidArgument"]).toContain(outcome);
      expect(fs.readdirSync(root).sort()).toEqual(["bundle", "projects"]);
    }),
    { numRuns: runs(150) },
  );
});

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** Imports a bundle into a new config dir, and returns what is in that. */
async function takenBy(root: string, bundle: Uint8Array): Promise<string> {
  const configDir = tempConfigDir();
  await importSessions({ from: put(root, "bundle", bundle), configDir, keepCwd: true });
  return JSON.stringify(snapshot(configDir, { times: false }));
}

test.for<[said: string | undefined, ofRows: string, cwd: string, notes: RegExp[]]>([
  ["/w", "/w", "/here", []],
  ["/w", "/w/below", "/here/below", []],
  [undefined, "/w", "/here", []],
  ["/somewhere/else", "/w", "/here", [/in \/somewhere\/else, but its rows say \/w, which counts/]],
  ["/w/below", "/w", "/here", [/its rows say \/w/]],
  ["/", "/w", "/here/w", []],
])("a manifest that says %s of rows in %s", async ([said, ofRows, cwd, notes]) => {
  const [configDir, body] = [
    tempConfigDir(),
    text.replaceAll('"cwd":"/w"', JSON.stringify({ cwd: ofRows }).slice(1, -1)),
  ];
  const entry = manifestEntry([session([], { cwd: said, files: [manifestFile(transcript, body)] })]);
  const from = put(tempConfigDir(), "b", archive([entry, { name: transcript, body }]));
  const call = { from, configDir, cwd: "/here", ...(said === "/" && { fromCwd: "/" }) };
  const { sessions } = await importSessions(call);
  expect(sessions[0]?.notes).toEqual(notes.map((note) => expect.stringMatching(note) as string));
  const rows = fs.readFileSync(path.join(configDir, sessions[0]?.files.at(-1)?.path ?? ""), "utf8");
  expect(rows.match(/"cwd":"[^"]*"/g)).toEqual([`"cwd":"${cwd}"`, `"cwd":"${cwd}"`]);
});

test("the bundle that they are made of is imported", async () => {
  const configDir = tempConfigDir();
  const { sessions } = await importSessions({ from: put(tempConfigDir(), "b", whole), configDir, keepCwd: true });
  expect(sessions).toMatchObject([{ sessionId: ID, outcome: "imported" }]);
  expect(fs.readFileSync(path.join(configDir, transcript), "utf8")).toBe(text);
});
