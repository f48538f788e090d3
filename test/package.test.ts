import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../src/version.ts";
import { installInto, npm } from "./support/installed.ts";

const root = path.resolve(import.meta.dirname, "..");
const fixtures = path.join(root, "fixtures", "config");
const manifest = readJson(path.join(root, "package.json"));

let project: string;
let installed: string;
beforeAll(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-package-"));
  installed = installInto(project);
});
afterAll(() => fs.rmSync(project, { recursive: true, force: true }));

describe("what is published", () => {
  test("the built package, its documents, and nothing else", () => {
    const [{ files, unpackedSize }] = JSON.parse(npm(["pack", "--dry-run", "--json", "--ignore-scripts"])) as [
      { files: { path: string; mode: number }[]; unpackedSize: number },
    ];
    const names = files.map((file) => file.path);
    const outside = names.filter((name) => !name.startsWith("dist/"));
    expect(outside.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(names.filter((name) => !/\.(?:js|d\.ts|txt|json|md)$|^LICENSE$/.test(name))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "dist/cli.js", "dist/THIRD-PARTY-NOTICES.txt"]),
    );
    // With the detector of secrets, twice: for the library and for the program.
    expect(unpackedSize).toBeLessThan(3_200_000);
    expect((files.find((file) => file.path === "dist/cli.js")?.mode ?? 0) & 0o111).toBe(0o111);
  });

  test("no script runs on a user's machine", () => {
    const { scripts } = readJson(path.join(installed, "package.json")) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
  });

  test("the licences of what the binary contains are there", () => {
    const notices = fs.readFileSync(path.join(installed, "dist", "THIRD-PARTY-NOTICES.txt"), "utf8");
    expect(notices).toContain("@agentclientprotocol/sdk 2.4.0 (Apache-2.0)");
    expect(notices).toContain("zod 4.6.7 (MIT)");
    expect(notices).not.toContain("claude-agent-sdk");
  });

  test("the version is the same everywhere", () => {
    expect(VERSION).toBe(manifest["version"]);
    expect(fs.readFileSync(path.join(root, "CHANGELOG.md"), "utf8")).toContain(`\n## ${VERSION}\n`);
  });
});

describe("a clean install", () => {
  const lock = readJson(path.join(root, "package-lock.json")) as {
    packages: Record<string, { link?: boolean; integrity?: string; resolved?: string; optionalDependencies?: object }>;
  };

  test("every dependency is given by its exact version", () => {
    const { dependencies, devDependencies } = manifest as Record<string, Record<string, string>>;
    const versions = Object.entries({ ...dependencies, ...devDependencies });
    expect(versions.filter(([, version]) => !/^(?:\d+\.\d+\.\d+|file:.*)$/.test(version))).toEqual([]);
  });

  test("the lock file names no registry, and has a checksum for each package", () => {
    const remote = Object.entries(lock.packages).filter(([name]) => name.startsWith("node_modules/"));
    expect(remote.filter(([, { resolved }]) => resolved?.includes("://"))).toEqual([]);
    expect(remote.filter(([, { link, integrity }]) => link !== true && integrity === undefined)).toEqual([]);
  });

  test("the lock file knows the optional packages of every platform", () => {
    const missing = Object.entries(lock.packages).flatMap(([name, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (wanted) =>
          !(`node_modules/${wanted}` in lock.packages) && !(`${name}/node_modules/${wanted}` in lock.packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe("a program that uses the package", () => {
  const PROGRAM = `
import { listSessions, listSessionPage, getSessionMessages, forkSession, TranscriptError } from "claude-transcripts";
import type { SessionInfo, SessionMessage } from "claude-transcripts";

const sessions: SessionInfo[] = await listSessions({ limit: 1 });
const { nextCursor }: { nextCursor?: string } = await listSessionPage({ limit: 1 });
const messages: SessionMessage[] = await getSessionMessages(sessions[0]!.sessionId);
try {
  await forkSession("not an id");
} catch (error) {
  if (error instanceof TranscriptError) console.log(error.code, messages.length > 0, typeof nextCursor);
}
// @ts-expect-error: the arguments are checked.
listSessions({ limit: "1" });
`;

  test.for(["nodenext", "bundler"])("compiles against the types (%s) with those of Node, and runs", (how) => {
    fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
    fs.writeFileSync(path.join(project, "program.ts"), PROGRAM);
    for (const name of ["@types/node", "undici-types"]) {
      fs.cpSync(path.join(root, "node_modules", name), path.join(project, "node_modules", name), { recursive: true });
    }
    const result = tsc(["--module", how === "nodenext" ? "nodenext" : "esnext", "--moduleResolution", how]);
    expect(result).toBe("");
    expect(run([path.join(project, "program.js")])).toBe("InvalidSessionId true string\n");
  });

  test("has of Node's dearer modules only what it uses", () => {
    const code = `
      const loaded = () => process.moduleLoadList.filter((name) => /^NativeModule (crypto|child_process)$/.test(name));
      const { listSessionPage } = await import(${JSON.stringify(path.join(installed, "dist", "index.js"))});
      const { sessions } = await listSessionPage({ configDirs: [${JSON.stringify(fixtures)}] });
      console.log(sessions.length > 0, loaded().join());`;
    expect(run(["--input-type=module", "--eval", code])).toBe("true \n");
  });

  function tsc(options: readonly string[]): string {
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
    const args = [compiler, "program.ts", "--types", "node", ...strict, ...options];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
    return stdout + stderr;
  }
});

describe("the installed program, with the production dependencies only", () => {
  const program = (): string => path.join(installed, "dist", "cli.js");

  test("none of the development dependencies is there", () => {
    const names = fs.readdirSync(path.join(project, "node_modules"));
    expect(names).toContain("fast-glob");
    expect(names).not.toContain("zod");
    expect(names).not.toContain("@agentclientprotocol");
    // An optional peer: its binaries are ten times the size of the program.
    expect(names).not.toContain("libsql");
  });

  test("says its version and its help", () => {
    expect(run([program(), "--version"])).toBe(`${VERSION}\n`);
    expect(run([program(), "--help"])).toContain("\n  acp ");
  });

  test.skipIf(process.platform === "win32")("is there under its name", () => {
    const link = path.join(project, "node_modules", ".bin", "claude-transcripts");
    expect(fs.realpathSync(link)).toBe(fs.realpathSync(program()));
    expect(execFileSync(link, ["--version"], { encoding: "utf8" })).toBe(`${VERSION}\n`);
  });

  test("lists sessions", () => {
    expect(run([program(), "list"]).split("\n")).toHaveLength(9);
  });

  test("serves ACP, subagents and deletion included", () => {
    const configDir = path.join(project, "config");
    fs.cpSync(fixtures, configDir, { recursive: true });
    const sessionId = "c27a9d34-1e68-4b95-a1d7-3b8e6f0d5c03";
    const requests = [
      ["initialize", { protocolVersion: 1 }],
      ["session/load", { sessionId, cwd: "/", mcpServers: [] }],
      ["session/delete", { sessionId }],
    ].map(([method, params], id) => JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const stdout = run([program(), "acp"], { configDir, input: `${requests.join("\n")}\n` });
    const messages = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id?: number; result?: object; error?: object; method?: string });
    const answers = messages.filter(({ id }) => id !== undefined).sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
    expect(answers.map(({ result, error }) => error ?? Object.keys(result ?? {}))).toEqual([
      ["protocolVersion", "agentInfo", "agentCapabilities", "authMethods"],
      expect.anything(),
      [],
    ]);
  });
});

function run(args: readonly string[], { configDir = fixtures, input = "" } = {}): string {
  const env = { ...process.env, CLAUDE_CONFIG_DIR: configDir, NODE_PATH: "" };
  return execFileSync(process.execPath, [...args], { cwd: project, env, input, encoding: "utf8" });
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
}
