/** Ids and URIs from outside: whatever they are, nothing outside the config dir is opened for them. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { resources } from "../../src/mcp/resources/resources.ts";
import type { Context } from "../../src/mcp/core/context.ts";
import { openStore } from "../../src/open/open-store.ts";
import { archiveSession } from "../../src/mcp/tools/archive-session.ts";
import { deleteSession } from "../../src/mcp/tools/delete-session.ts";
import { forkSession } from "../../src/mcp/tools/fork-session.ts";
import { getMessage } from "../../src/mcp/tools/get-message.ts";
import { readSession } from "../../src/mcp/tools/read-session.ts";
import { renameSession } from "../../src/mcp/tools/rename-session.ts";
import { restoreSession } from "../../src/mcp/tools/restore-session.ts";
import { tagSession } from "../../src/mcp/tools/tag-session.ts";
import { anyCodePoint } from "../support/any-text.ts";
import { conversation, put, sessionId } from "../support/config-dir.ts";
import { quietContext } from "../support/mcp-store.ts";
import { runs } from "../support/runs.ts";

const SECRET = "what nobody may read";
const OUTSIDE = sessionId(7);
const KNOWN = sessionId(1);
/** Of one test alone: what was read before lies open, and is not opened again. */
const UNREAD = sessionId(2);

let root: string;
let context: Context;
const opened: string[] = [];

beforeAll(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-")));
  const secret = conversation(OUTSIDE, SECRET);
  for (const place of ["", "projects/", "config/", "config/outside/", "-w/", "config/projects/"]) {
    put(root, `${place}${OUTSIDE}.jsonl`, secret);
    put(root, `${place}agent-x.jsonl`, secret);
  }
  const rows = conversation(KNOWN, "a question", "an answer");
  for (const id of [KNOWN, UNREAD]) {
    put(root, `config/projects/-w/${id}.jsonl`, rows);
    put(root, `config/projects/-w/${id}/subagents/agent-a1.jsonl`, rows);
  }
  context = quietContext({
    store: openStore([path.join(root, "config")]),
    options: {
      projectDir: undefined,
      cwd: root,
      sessionId: undefined,
      startedByClient: false,
      includeProgrammatic: true,
    },
  });
  // What looks for subagents reads directories in its own way: by the functions that call back.
  for (const name of ["openSync", "readdirSync", "opendirSync", "open", "readdir", "opendir"] as const) {
    const real = fs[name] as (...args: unknown[]) => unknown;
    vi.spyOn(fs, name).mockImplementation((...args: unknown[]) => {
      opened.push(String(args[0]));
      return real(...args) as never;
    });
  }
});
afterAll(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

/** Our own modules, some of which are loaded when they are needed. */
const own = path.resolve(import.meta.dirname, "../..", "_").slice(0, -1);

/** What was opened and is neither in the config dir, nor tells of processes, nor is code. */
const strayed = (): string[] =>
  opened
    .splice(0)
    .map((file) => path.resolve(file))
    .filter(
      (file) => !`${file}/`.startsWith(path.join(root, "config", "/")) && !/^\/proc\/|^\/etc\/machine-id$/.test(file),
    )
    .filter((file) => !file.startsWith(own));

const PIECES = `.. . / \\ %2F %2e%2e %252F %5C %00 ?cursor= ? # @ : * ~ 0 9999999 n.1.0.0.0.0 … file:/// /etc/passwd
  config projects session project subagent raw messages outside .jsonl agent-x a1 -w ${KNOWN} ${KNOWN.slice(0, 8)} ${OUTSIDE}`;
const piece = fc.constantFrom("\u0000", "\n", ...PIECES.split(/\s+/));
const hostile = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("/")),
  fc.string({ unit: anyCodePoint, maxLength: 40 }),
);
const uri = hostile.chain((rest) =>
  fc.constantFrom(
    rest,
    `claude-transcripts://${rest}`,
    `claude-transcripts://session/${rest}`,
    `claude-transcripts://session/${KNOWN}/${rest}`,
    `claude-transcripts://session/${KNOWN}/subagent/${rest}`,
    `claude-transcripts://project/${rest}`,
  ),
);

test("the watch on what is opened sees what is read", async () => {
  const contents = await resources.read(`claude-transcripts://session/${UNREAD}`, context);
  expect(contents?.[0]?.text).toContain("a question");
  const agent = await resources.read(`claude-transcripts://session/${UNREAD}/subagent/a1`, context);
  expect(agent?.[0]?.text).toContain("a question");
  const seen = opened.map((file) => path.relative(root, file));
  expect(seen).toContain(`config/projects/-w/${UNREAD}.jsonl`);
  expect(seen).toContain(`config/projects/-w/${UNREAD}/subagents/agent-a1.jsonl`);
  expect(strayed()).toEqual([]);
  fs.closeSync(fs.openSync(path.join(root, `${OUTSIDE}.jsonl`), "r"));
  expect(strayed()).toEqual([path.join(root, `${OUTSIDE}.jsonl`)]);
});

test("URIs of resources, whatever they are", async () => {
  await fc.assert(
    fc.asyncProperty(uri, async (uri) => {
      const contents = await resources.read(uri, context).catch(() => undefined);
      expect(JSON.stringify(contents ?? [])).not.toContain(SECRET);
      expect(strayed()).toEqual([]);
    }),
    { numRuns: runs(400) },
  );
});

test("ids that are given to the tools", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (one, other) => {
      for (const call of [
        () => readSession.call({ session: one }, context),
        () => readSession.call({ session: KNOWN, agentId: one }, context),
        () => readSession.call({ session: KNOWN, around: one, cursor: other }, context),
        () => getMessage.call({ session: one, id: other }, context),
        () => getMessage.call({ session: KNOWN, id: one, agentId: other }, context),
      ]) {
        const answer = await call().catch(() => undefined);
        expect(JSON.stringify(answer ?? "")).not.toContain(SECRET);
      }
      expect(strayed()).toEqual([]);
    }),
    { numRuns: runs(150) },
  );
});

test("what is completed, given ids", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (one, other) => {
      for (const variable of ["id", "agentId", "key", other]) {
        const found = await resources.complete?.(variable, other, { id: one }, context);
        expect(JSON.stringify(found)).not.toContain(OUTSIDE);
      }
      expect(strayed()).toEqual([]);
    }),
    { numRuns: runs(100) },
  );
});

/** All that is not the config dir's, with what is in it. */
const surroundings = (): string[] => {
  const files = fs
    .readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => !file.startsWith("config"));
  opened.length = 0;
  return files.toSorted().map((file) => {
    const stat = fs.statSync(path.join(root, file));
    return `${file} ${stat.isFile() ? `${stat.size} ${stat.mtimeMs}` : ""}`;
  });
};

test("ids that are given to the tools which change something", async () => {
  const before = surroundings();
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (one, other) => {
      for (const call of [
        () => renameSession.call({ session: one, title: other }, context),
        () => tagSession.call({ session: one, tag: other }, context),
        () => archiveSession.call({ session: one }, context),
        () => deleteSession.call({ session: one }, context),
        () => restoreSession.call({ session: one }, context),
        () => forkSession.call({ session: one, upToMessageId: other }, context),
        () => forkSession.call({ session: KNOWN, upToMessageId: one, title: other }, context),
        () => forkSession.call({ session: one, cwd: other }, context),
      ]) {
        const answer = await call().catch(() => undefined);
        expect(JSON.stringify(answer ?? "")).not.toContain(SECRET);
      }
      expect(strayed()).toEqual([]);
    }),
    { numRuns: runs(60) },
  );
  expect(surroundings()).toEqual(before);
  expect(before.length).toBeGreaterThan(5);
});
