import { describe, expect, test } from "vitest";
import {
  BUNDLE_MANIFEST_BYTES,
  type BundleManifest,
  manifestBytes,
  parseBundleManifest,
} from "../../src/bundle/manifest.ts";
import { sessionId } from "../support/config-dir.ts";

const [ONE, TWO] = [sessionId(1), sessionId(2)];
const hash = "0".repeat(64);
const file = (path: string): object => ({ path, bytes: 1, sha256: hash });
const session = (id = ONE, more: object = {}): object => ({
  sessionId: id,
  projectKey: "-w",
  files: [file(`projects/-w/${id}.jsonl`), file(`projects/-w/${id}/a/b`)],
  leftOut: [{ path: "x", reason: "EACCES" }],
  ...more,
});
const manifest = (more: object = {}): object => ({
  format: "claude-transcripts-bundle",
  version: 1,
  createdAt: "2026-11-30T12:00:00.000Z",
  createdBy: "claude-transcripts/0.1.0",
  sessions: [session()],
  ...more,
});
const withFiles = (...paths: string[]): object => manifest({ sessions: [session(ONE, { files: paths.map(file) })] });

describe("a manifest", () => {
  test.for([
    ["as it is", manifest()],
    ["of several sessions", manifest({ sessions: [session(), session(TWO)] })],
    [
      "with everything",
      manifest({
        sessions: [
          session(ONE, { cwd: "/w", title: "t", repository: { origin: "git@example.org:a.git", path: "a/b" } }),
          session(TWO, { repository: { origin: "x", path: "" } }),
        ],
        redacted: { user: 3 },
      }),
    ],
    ["of a subagent and a job", withFiles("projects/-w/agent-1.jsonl", `jobs/${ONE.slice(0, 8)}/state.json`)],
    ["with more members", manifest({ later: true })],
  ])("%s is read as it was written", ([, value]) => {
    const { format: _f, version: _v, later: _l, ...known } = value as Record<string, unknown>;
    const read = parseBundleManifest(JSON.stringify(value));
    expect(read).toEqual(known);
    expect(parseBundleManifest(manifestBytes(read as BundleManifest).toString())).toEqual(known);
  });

  test.for([
    ["not JSON", "{", "is not JSON"],
    ["another value", "[]", "is not that of a bundle"],
    ["another format", manifest({ format: "zip" }), "is not that of a bundle"],
    ["a later version", manifest({ version: 2 }), "has an unknown version"],
    ["no time", manifest({ createdAt: "soon" }), "does not say when it was made"],
    ["no program", manifest({ createdBy: 1 }), "does not say by what it was made"],
    ["no session", manifest({ sessions: [] }), "has no list of sessions"],
    ["no id", manifest({ sessions: [session("x")] }), "has a session without an id"],
    [
      "the same session twice",
      manifest({ sessions: [session(), session(ONE.toUpperCase())] }),
      `names session ${ONE.toUpperCase()} twice`,
    ],
    ["a count below zero", manifest({ redacted: { user: -1 } }), "has invalid counts of what was masked"],
    [
      "a key that leads elsewhere",
      manifest({ sessions: [session(ONE, { projectKey: ".." })] }),
      `has no valid project key for session ${ONE}`,
    ],
    [
      "a key with a separator",
      manifest({ sessions: [session(ONE, { projectKey: "a/b" })] }),
      `has no valid project key for session ${ONE}`,
    ],
    [
      "a repository without a URL",
      manifest({ sessions: [session(ONE, { repository: { path: "" } })] }),
      `has no valid repository for session ${ONE}`,
    ],
    [
      "a place outside the repository",
      manifest({ sessions: [session(ONE, { repository: { origin: "x", path: "../y" } })] }),
      `has no valid place in a repository for session ${ONE}`,
    ],
    [
      "a wrong hash",
      manifest({ sessions: [session(ONE, { files: [{ ...file(`todos/${ONE}.json`), sha256: "0" }] })] }),
      `has an invalid file for session ${ONE}`,
    ],
    [
      "a wrong size",
      manifest({ sessions: [session(ONE, { files: [{ ...file(`todos/${ONE}.json`), bytes: 0.5 }] })] }),
      `has an invalid file for session ${ONE}`,
    ],
    ["a file twice", withFiles(`todos/${ONE}.json`, `todos/${ONE}.json`), `names "todos/${ONE}.json" twice`],
  ] as const)("with %s is refused", ([, value, problem]) => {
    expect(parseBundleManifest(typeof value === "string" ? value : JSON.stringify(value))).toBe(problem);
  });

  test.for([
    "../x",
    `/todos/${ONE}.json`,
    `projects/-w/${TWO}.jsonl`,
    `projects/-w/${ONE}/../${TWO}.jsonl`,
    `projects/-w/${ONE}//x`,
    "settings.json",
    "projects/-w/memory/MEMORY.md",
    `backups/${ONE}.jsonl`,
    "",
  ])("with the path %j is refused", (path) => {
    const problem = parseBundleManifest(JSON.stringify(withFiles(path)));
    expect(problem).toBe(`has ${JSON.stringify(path)}, which no such session owns, for session ${ONE}`);
  });

  test("that is too large to be read again is not written", () => {
    const title = "x".repeat(BUNDLE_MANIFEST_BYTES);
    const large = parseBundleManifest(JSON.stringify(manifest({ sessions: [session(ONE, { title })] })));
    expect(() => manifestBytes(large as BundleManifest)).toThrow("2 files are too many for one bundle");
  });
});
