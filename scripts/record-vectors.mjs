/**
 * Records experiments on the official helpers as fixtures/vectors: each call, the store before it, and the result and changes
 * of the official function. test/parity/vectors.test.ts replays them.
 *
 *     node scripts/record-vectors.mjs DIRECTORY-OF-THE-EXPERIMENTS
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root, runTypeScript } from "./run-typescript.mjs";

const experiments = process.argv[2];
if (experiments === undefined) throw new Error("usage: node scripts/record-vectors.mjs DIRECTORY-OF-THE-EXPERIMENTS");

const work = mkdtempSync(path.join(tmpdir(), "vectors-"));
const spy = path.join(work, "spy.mjs");
const official = import.meta.resolve("@anthropic-ai/claude-agent-sdk");
writeFileSync(spy, spySource(official));

const names = readdirSync(experiments).filter((name) => /^exp\d+-(?!session-store).*\.mjs$/.test(name));
const raw = [];
for (const name of names) {
  const file = path.join(work, `${path.basename(name, ".mjs")}.jsonl`);
  const env = {
    ...process.env,
    IMPL: pathToFileURL(spy).href,
    OUT: path.join(work, "out"),
    SCRATCH: path.join(work, "scratch"),
    SPY_FILE: file,
  };
  const { status, stderr } = spawnSync(process.execPath, [path.join(experiments, name)], {
    env,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
  raw.push(file);
}

const vectors = path.join(root, "fixtures", "vectors");
mkdirSync(vectors, { recursive: true });
runTypeScript("test/parity/record.ts", [path.join(work, "scratch"), vectors, ...raw]);
rmSync(work, { recursive: true });

/** Returns a module with the official functions that records each call, the store before it, and the case it belongs to. */
function spySource(sdk) {
  return `
import fs from "node:fs";
import path from "node:path";
import * as sdk from ${JSON.stringify(sdk)};
const out = process.env.SPY_FILE;
const calls = [];
const say = console.log;
console.log = (text, ...more) => {
  const name = /^(.*?) => /s.exec(String(text))?.[1];
  if (name !== undefined) {
    for (const call of calls.splice(0)) fs.appendFileSync(out, JSON.stringify({ name, ...call }) + "\\n");
  }
  say(text, ...more);
};
function tree(dir) {
  const found = [];
  const walk = (at, rel) => {
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      const full = path.join(at, entry.name), name = rel ? rel + "/" + entry.name : entry.name;
      if (entry.isSymbolicLink()) found.push({ path: name, link: fs.readlinkSync(full) });
      else if (entry.isDirectory()) { found.push({ path: name, dir: true }); walk(full, name); }
      else if (entry.isFile()) { const stat = fs.statSync(full); found.push({ path: name, mtime: stat.mtimeMs, bytes: fs.readFileSync(full, "latin1") }); }
    }
  };
  walk(dir, "");
  return found;
}
const note = (fn, args) => {
  const configDir = process.env.CLAUDE_CONFIG_DIR ?? "";
  const env = { skip: process.env.CLAUDE_CODE_DISABLE_PRECOMPACT_SKIP, name: process.env.CLAUDE_CODE_PROJECT_DIR_NAME };
  const ok = path.isAbsolute(configDir) && fs.existsSync(configDir);
  calls.push({ fn, args: JSON.parse(JSON.stringify(args, (_key, value) => value === undefined ? { $: "undefined" } : typeof value === "number" && !Number.isFinite(value) ? { $: String(value) } : value)), env, cwd: process.cwd(), configDir, tree: ok ? tree(configDir) : undefined });
};
const spied = (fn) => (...args) => { note(fn, args); return sdk[fn](...args); };
${[
  "listSessions",
  "getSessionInfo",
  "getSessionMessages",
  "listSubagents",
  "getSubagentMessages",
  "forkSession",
  "renameSession",
  "tagSession",
  "archiveSession",
  "unarchiveSession",
  "deleteSession",
]
  .map((fn) => `export const ${fn} = spied(${JSON.stringify(fn)});`)
  .join("\n")}
export const projectKey = async (dir) => {
  note("projectKey", [dir]);
  let key;
  await sdk.renameSession("00000000-0000-4000-8000-000000000001", "t", { dir, sessionStore: { append: async ({ projectKey }) => { key = projectKey; }, load: async () => null } });
  return key;
};
`;
}
