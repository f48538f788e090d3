/**
 * Breaks one rule at a time in a copy of the sources, and reports whether the tests notice.
 *
 *     node scripts/mutations.mjs [TEXT...]
 *     node scripts/mutations.mjs --check
 *
 * TEXT selects the faults whose file has it in its path. `--check` runs no tests: it only reports whether each fault still
 * fits the sources, for test/mutations.test.ts. If one does not, update its text in `FAULTS`. Exits with 1 if a fault survives
 * or does not fit.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Files and folders that the tests need. */
const COPIED = ["src", "test", "fixtures", "docs", "scripts", "package.json", "tsconfig.json", "vitest.config.ts"];

/** One fault for each folder: `text` occurs once in `file` below src, `instead` breaks it, `tests` below test should fail. */
const FAULTS = [
  {
    file: "transcript/rows/line-splitter.ts",
    rule: "a line as long as the limit is read",
    text: "if (length > this.#limit) {",
    instead: "if (length >= this.#limit) {",
    tests: ["transcript/rows"],
  },
  {
    file: "transcript/text/user-frames.ts",
    rule: "a preface ends with the first of its ends",
    text: "Math.min(...ends)",
    instead: "Math.max(...ends)",
    tests: ["transcript/text"],
  },
  {
    file: "transcript/tree/rewind.ts",
    rule: "a rewind right before the last row of a fork counts there",
    text: "if (checkpoint.at > lastRow) break;",
    instead: "if (checkpoint.at >= lastRow) break;",
    tests: ["store/fork", "store/read"],
  },
  {
    file: "transcript/conversation/queue-places.ts",
    rule: "a prompt comes before a row that follows its operation immediately",
    text: "rows.at(next) >= at",
    instead: "rows.at(next) > at",
    tests: ["store/read"],
  },
  {
    file: "transcript/repair/salvage.ts",
    rule: "a row that was cut is kept as it is if some of it cannot be shown",
    text: "(last !== undefined && cut === undefined)) isAll = false;",
    instead: "cut === null) isAll = false;",
    tests: ["transcript/repair"],
  },
  {
    file: "store/repair/repair-session.ts",
    rule: "a session in use is not repaired",
    text: "if (!force) requireNotInUse",
    instead: "if (force) requireNotInUse",
    tests: ["store/repair"],
  },
  {
    file: "transcript/fork/carried-over.ts",
    rule: "only the session's own relocation is carried over",
    text: 'if (own && typeof relocatedCwd === "string"',
    instead: 'if (typeof relocatedCwd === "string"',
    tests: ["store/fork"],
  },
  {
    file: "transcript/summary/tail-scan.ts",
    rule: "the model of a session is never the synthetic one",
    text: 'model !== undefined && model !== "<synthetic>"',
    instead: "model !== undefined",
    tests: ["store/list"],
  },
  {
    file: "store/disk/atomic-write.ts",
    rule: "a file is on the disk before it gets its name",
    text: "function finishTemp(temp: TempFile): void {\n  syncFile(temp.fd);",
    instead: "function finishTemp(temp: TempFile): void {",
    tests: ["store/disk"],
  },
  {
    file: "store/layout/belongs.ts",
    rule: "the first id in a name is the owner's, not one within a longer run of digits",
    text: "(?<![0-9a-f])[0-9a-f]{8}-",
    instead: "[0-9a-f]{8}-",
    tests: ["store/layout"],
  },
  {
    file: "store/projects/find-copies.ts",
    rule: "an empty transcript is no session",
    text: " || stats.size === 0",
    instead: "",
    tests: ["store/projects"],
  },
  {
    file: "store/facts/metadata-cache.ts",
    rule: "what changed a moment ago is not remembered",
    text: "Date.now() - candidate.ctimeMs >= SETTLED_MS",
    instead: "Date.now() - candidate.ctimeMs >= 0",
    tests: ["store/facts", "store/list"],
  },
  {
    file: "store/list/session-iterator.ts",
    rule: "a file that may be as late as the best known session is read first",
    text: "newest.lastModified >= best.activity",
    instead: "newest.lastModified > best.activity",
    tests: ["store/list"],
  },
  {
    file: "store/read/unread.ts",
    rule: "an unfinished last row is reported",
    text: "tooLong + cutShort + notRows === 0 && !unfinished",
    instead: "tooLong + cutShort + notRows === 0",
    tests: ["store/read", "store/fork"],
  },
  {
    file: "store/fork/fork-session.ts",
    rule: "subagents of a fork are there before the fork is",
    text:
      "    if (to.includeSubagents) await stageSubagents(source, to.target, to.forkId, to.signal);\n" +
      "    publishNew(temp, finalPath);",
    instead:
      "    publishNew(temp, finalPath);\n" +
      "    if (to.includeSubagents) await stageSubagents(source, to.target, to.forkId, to.signal);",
    tests: ["store/fork"],
  },
  {
    file: "store/annotate/annotate.ts",
    rule: "a title that went into a file deleted meanwhile is written again",
    text: "return isThere;",
    instead: "return true;",
    tests: ["store/annotate"],
  },
  {
    file: "store/live/session-in-use.ts",
    rule: "a transcript that has been quiet for the whole time is not in use",
    text: "quietMs >= RECENT_CHANGE_MS",
    instead: "quietMs > RECENT_CHANGE_MS",
    tests: ["store/live"],
  },
  {
    file: "store/trash/delete-session.ts",
    rule: "the newest copy goes last",
    text: "Math.max(0, ...a.mtimesMs) - Math.max(0, ...b.mtimesMs)",
    instead: "Math.max(0, ...b.mtimesMs) - Math.max(0, ...a.mtimesMs)",
    tests: ["store/trash"],
  },
  {
    file: "store/resolve/by-prefix.ts",
    rule: "what is being removed for good is not in the trash",
    text: 'state !== "removing" && startsWith(id, prefix)',
    instead: "startsWith(id, prefix)",
    tests: ["store/resolve"],
  },
  {
    file: "store/retention/cleanup-settings.ts",
    rule: "a retention of 0 days is not valid",
    text: "isCount(days) && days > 0",
    instead: "isCount(days) && days >= 0",
    tests: ["store/retention"],
  },
  {
    file: "transcript/text/when.ts",
    rule: "the name of today's weekday means a week ago",
    text: "(today.getDay() - weekday + 6) % 7) - 1",
    instead: "(today.getDay() - weekday + 7) % 7)",
    tests: ["transcript/text"],
  },
  {
    file: "view/tools/file-change.ts",
    rule: "an inserted cell has no text before",
    text: 'mode === "insert" ? undefined : oldCell(',
    instead: 'mode === "delete" ? undefined : oldCell(',
    tests: ["view/tools", "acp/tools", "acp/replay"],
  },
  {
    file: "servers/message-lines.ts",
    rule: "a message of the maximum length is read",
    text: "if (length > LINE_BYTES) {",
    instead: "if (length >= LINE_BYTES) {",
    tests: ["servers", "acp/wire", "mcp/wire"],
  },
  {
    file: "acp/wire/line-writer.ts",
    rule: "either separator is escaped, also alone",
    text: '!json.includes("\\u2028") && !json.includes("\\u2029")',
    instead: '!json.includes("\\u2028") || !json.includes("\\u2029")',
    tests: ["acp/wire"],
  },
  {
    file: "acp/rim/size-limit.ts",
    rule: "an id of the maximum length is sent as it is",
    text: "if (id.length <= ID_UNITS) return id;",
    instead: "if (id.length < ID_UNITS) return id;",
    tests: ["acp/rim", "acp/replay"],
  },
  {
    file: "acp/replay/load-window.ts",
    rule: "a load of the last messages begins when they are complete",
    text: "messages >= limit && unmatched.size === 0",
    instead: "messages >= limit",
    tests: ["acp/replay"],
  },
  {
    file: "acp/sessions/open-sessions.ts",
    rule: "cancelling ends the turn, and no load",
    text: 'this.#stop(sessionId, ["turn"]);',
    instead: 'this.#stop(sessionId, ["turn", "load"]);',
    tests: ["acp/sessions"],
  },
  {
    file: "mcp/core/quote.ts",
    rule: "the token of a quotation does not occur in it in any case or width",
    text: "if (!folded.includes(token)) return token;",
    instead: "if (!text.includes(token)) return token;",
    tests: ["mcp/core"],
  },
  {
    file: "mcp/reading/cursor.ts",
    rule: "a cursor belongs to one conversation",
    text: "markOf(`${conversation} ${fields}`)",
    instead: "markOf(fields)",
    tests: ["mcp/reading", "mcp/tools"],
  },
  {
    file: "mcp/sessions/find-session.ts",
    rule: "of sessions that begin alike the one with the fewest changes is named first",
    text: "a.distance - b.distance",
    instead: "b.distance - a.distance",
    tests: ["mcp/sessions", "mcp/tools", "mcp/hostile.test.ts"],
  },
  {
    file: "mcp/tools/delete-session.ts",
    rule: "a model does not consent for the user where the client can ask",
    text: 'if (ask === undefined) return confirmed ? "accept" : "unasked";',
    instead: 'if (confirmed) return "accept";\n  if (ask === undefined) return "unasked";',
    tests: ["mcp/tools"],
  },
  {
    file: "mcp/wire/http-guard.ts",
    rule: "the page of another host is refused, also if its name begins like ours",
    text: "^https?:\\/\\/(?:127\\.0\\.0\\.1|localhost|\\[::1\\])(?::\\d{1,5})?$/i;",
    instead: "^https?:\\/\\/(?:127\\.0\\.0\\.1|localhost|\\[::1\\])(?::\\d{1,5})?/i;",
    tests: ["mcp/wire"],
  },
  {
    file: "cli/render/fold.ts",
    rule: "the middle of output is left out only where that saves something",
    text: "if (hidden <= 2)",
    instead: "if (hidden <= 0)",
    tests: ["cli/render", "cli/show"],
  },
  {
    file: "cli/terminal/wrap.ts",
    rule: "a space right after the last cell is as good as one within",
    text: "line.slice(from, from + cells + 1)",
    instead: "line.slice(from, from + cells)",
    tests: ["cli/terminal"],
  },
];

const wanted = process.argv.slice(2);
const checksOnly = wanted.includes("--check");
const faults = FAULTS.filter(({ file }) => checksOnly || wanted.length === 0 || wanted.some((it) => file.includes(it)));
const copy = mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-mutations-"));
const problems = faults.flatMap(misfitsOf);
try {
  if (problems.length === 0 && !checksOnly) tryAll();
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const outcome = checksOnly ? "fit the sources" : "are caught";
console.log(problems.length === 0 ? `all ${faults.length} faults ${outcome}` : `\n${problems.join("\n")}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function misfitsOf({ file, rule, text, tests }) {
  const at = path.join(root, "src", file);
  const found = existsSync(at) ? readFileSync(at, "utf8").split(text).length - 1 : 0;
  const missing = tests.filter((name) => !existsSync(path.join(root, "test", name)));
  return [
    ...(found === 1 ? [] : [`src/${file}: the text of the rule "${rule}" occurs ${found} times instead of once`]),
    ...missing.map((name) => `test/${name} is missing; it should test "${rule}"`),
  ];
}

function tryAll() {
  for (const name of COPIED) cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  const sound = failuresOf([...new Set(faults.flatMap(({ tests }) => tests))]);
  if (sound.length > 0) throw new Error(`Tests fail without a fault:\n${sound.join("\n")}`);
  for (const fault of faults) {
    const { file, rule, tests } = fault;
    const isCaught = isNoticed(fault);
    console.log(`${(isCaught ? "caught" : "SURVIVED").padEnd(9)} ${file}: ${rule}`);
    if (!isCaught) problems.push(`src/${file}: nothing in test/${tests.join(", test/")} fails without "${rule}"`);
  }
}

function isNoticed({ file, text, instead, tests }) {
  const at = path.join(copy, "src", file);
  const source = readFileSync(at, "utf8");
  writeFileSync(at, source.split(text).join(instead));
  const failures = failuresOf(tests);
  writeFileSync(at, source);
  return failures.length > 0;
}

/** The lines of tests that fail (test/support/failures-first.ts). Throws when the run itself broke. */
function failuresOf(tests) {
  const filters = tests.map((name) => `test/${name}`);
  const args = ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", ...filters];
  const env = { ...process.env, NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, env, encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => line.startsWith("FAILED "));
  if ((status === 0) !== (lines.length === 0)) throw new Error(`vitest ended with ${status}:\n${stdout}${stderr}`);
  return lines;
}
