import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { listTrash } from "../../../src/store/trash/trash-contents.ts";
import { conversation, put } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";
import { ID, OTHER } from "../../support/session-tree.ts";
import { snapshot } from "../../support/snapshot.ts";

/** Names as people and programs give them: with spaces, signs of glob patterns, line feeds, of other scripts. */
const name = fc.oneof(
  fc.constantFrom(
    "a",
    "b.txt",
    ".hidden",
    "with space",
    "*",
    "{x,y}",
    "[0-9]",
    "!no",
    "new\nline",
    "back\\slash",
    "日本",
    "e\u0301",
    "-",
  ),
  fc.stringMatching(/^[a-z]{1,8}$/),
);
type Node =
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly mode: number; readonly mtime: number }
  | { readonly kind: "directory"; readonly mode: number; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly kind: "link"; readonly target: string };
const mtime = fc.integer({ min: 1_000_000_000, max: 2_000_000_000 }).map((seconds) => seconds + 0.25);
const file = fc.record({
  kind: fc.constant("file" as const),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(Buffer.from(conversation(ID, "hi")))),
  mode: fc.constantFrom(0o600, 0o644, 0o400, 0o755),
  mtime,
});
const link = fc.record({
  kind: fc.constant("link" as const),
  target: fc.constantFrom("nowhere", "..", "../../../history.jsonl", "/", `${ID}.jsonl`),
});
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    file,
    link,
    fc.record({
      kind: fc.constant("directory" as const),
      mode: fc.constantFrom(0o700, 0o755),
      entries: fc.uniqueArray(fc.tuple(name, tie("node")), { maxLength: 4, selector: ([entry]) => entry }),
    }),
  ),
}));

/** Where things of a session, of another one, and of nobody may stand. */
const place = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("-a", "-b", "-c"),
      fc.constantFrom(ID, OTHER),
      fc.constantFrom("", ".jsonl", ".desktop-released.json", ".precompact.json", ".jsonl.bak", ".txt"),
    )
    .map(([key, id, ending]) => `projects/${key}/${id}${ending}`),
  fc.tuple(fc.constantFrom("-a", "-b"), name).map(([key, of]) => `projects/${key}/agent-${of}.jsonl`),
  fc
    .tuple(
      fc.constantFrom("file-history", "image-cache", "debug", "usage-data/facets", "a/b/c", "x/-a", "backups"),
      fc.constantFrom(ID, OTHER),
      fc.constantFrom("", ".txt", "0", ".bak"),
    )
    .map(([top, id, ending]) => `${top}/${id}${ending}`),
  fc
    .tuple(fc.constantFrom(ID, OTHER), fc.constantFrom("", ".json", `-agent-${ID}.json`))
    .map(([id, ending]) => `todos/${id}${ending}`),
);

function make(at: string, node: Node): void {
  fs.mkdirSync(path.dirname(at), { recursive: true });
  if (node.kind === "link") {
    fs.symlinkSync(node.target, at);
  } else if (node.kind === "file") {
    put(path.dirname(at), path.basename(at), node.bytes, node);
  } else {
    fs.mkdirSync(at);
    for (const [entry, child] of node.entries) make(path.join(at, entry), child);
    fs.chmodSync(at, node.mode);
  }
}

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "deleted",
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
  );

/** What has a name of the session's outside the trash. A directory in a transcript's place is no transcript, and stays. */
const leftOf = (dir: string): string[] =>
  Object.entries(snapshot(dir)).flatMap(([at, what]) =>
    new RegExp(
      `^(?:projects/[^/]+/${ID}(?:\\.jsonl|\\.desktop-released\\.json|\\.precompact\\.json|\\.txt)?` +
        `|(?:file-history|image-cache|debug|usage-data/facets)/${ID}(?:\\.txt)?|todos/${ID}[^/]*)$`,
    ).test(at) && !(what.startsWith("directory") && at.endsWith(".jsonl"))
      ? [at]
      : [],
  );

test.for([
  ["within a file system", undefined],
  ["with a project in another file system", "/dev/shm"],
] as const)("delete, then restore, is the identity on the directory tree: %s", async ([, other], { skip }) => {
  if (other !== undefined && (!fs.existsSync(other) || fs.statSync(other).dev === fs.statSync(os.tmpdir()).dev)) {
    skip("there is no second file system");
  }
  let deletions = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(place, node), { maxLength: 14, selector: ([at]) => at }),
      fc.option(mtime),
      async (things, transcript) => {
        const dir = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-"));
        const far = other === undefined ? undefined : fs.mkdtempSync(path.join(other, "claude-transcripts-"));
        try {
          fs.mkdirSync(path.join(dir, "projects"));
          if (far !== undefined) fs.symlinkSync(far, path.join(dir, "projects", "-a"));
          for (const [at, what] of things) make(path.join(dir, at), what);
          const own = path.join(dir, "projects", "-own", `${ID}.jsonl`);
          if (transcript !== null) put(path.dirname(own), `${ID}.jsonl`, conversation(ID, "hi"), { mtime: transcript });
          const see = (): unknown => [snapshot(dir), far === undefined ? undefined : snapshot(far)];
          const before = see();
          const outcome = await outcomeOf(deleteSession(ID, { configDirs: [dir] }));
          // Without a transcript that has anything in it there is no session, and nothing may have changed.
          const deleted = outcome === "deleted";
          deletions += deleted ? 1 : 0;
          expect(deleted || (transcript === null && /^(?:SessionNotFound|ERR_FS_EISDIR)$/.test(outcome))).toBe(true);
          const listed = (await listTrash({ configDirs: [dir] })).map(({ sessionId, complete }) => ({
            sessionId,
            complete,
          }));
          expect(listed).toEqual(deleted ? [{ sessionId: ID, complete: true }] : []);
          expect(deleted ? leftOf(dir) : []).toEqual([]);
          if (deleted) await restoreSession(ID, { configDirs: [dir] });
          expect(see()).toEqual(before);
        } finally {
          fs.rmSync(dir, { recursive: true, force: true });
          if (far !== undefined) fs.rmSync(far, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: runs(150) },
  );
  expect(deletions).toBeGreaterThan(runs(20));
});
