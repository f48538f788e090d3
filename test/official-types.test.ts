import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as official from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import * as ours from "../src/index.ts";

const OFFICIAL = "@anthropic-ai/claude-agent-sdk";
const OURS = "claude-transcripts";
const root = path.resolve(import.meta.dirname, "..");
const program = fs.readFileSync(path.join(root, "fixtures", "official-types", "program.ts"), "utf8");
const declarations = fs
  .readFileSync(path.join(root, "node_modules", OFFICIAL, "sdk.d.ts"), "utf8")
  .replaceAll("\r\n", "\n");

type Call = (...args: unknown[]) => Promise<unknown>;
/** The functions that both packages have, ours. */
const CALLS = Object.entries(ours).filter(([name]) => name in official) as unknown as [string, Call][];
const FUNCTIONS = CALLS.map(([name]) => name).sort();
/** Types of the stores that we do not offer. */
const OF_STORES = ["SessionStore"];
const SETTINGS = [
  "--noEmit",
  "--strict",
  "--exactOptionalPropertyTypes",
  "--noUncheckedIndexedAccess",
  "--noPropertyAccessFromIndexSignature",
  "--noImplicitOverride",
  "--noImplicitReturns",
  "--noUnusedLocals",
  "--verbatimModuleSyntax",
  "--skipLibCheck false",
  "--module nodenext",
  "--target es2023",
  "--types node",
].flatMap((option) => option.split(" "));

/** Text of the declaration of a function or a type, without its comments. */
function declarationOf(name: string): string {
  const found = new RegExp(String.raw`export declare (?:function ${name}\(|type ${name} =)[^]*?;\n(?=\n|$)`).exec(
    declarations,
  );
  if (found === null) throw new Error(`${name} is not declared`);
  return found[0].replace(/\/\*\*[^]*?\*\//g, "");
}

/** The types that the declaration of `name` mentions, and those that they mention. */
function typesOf(name: string, known = new Set<string>()): Set<string> {
  for (const [type] of declarationOf(name).matchAll(/\b[A-Z]\w+/g)) {
    if (["Promise", ...OF_STORES, name].includes(type) || known.has(type)) continue;
    typesOf(type, known.add(type));
  }
  return known;
}

const TYPES = [...new Set(FUNCTIONS.flatMap((name) => [...typesOf(name)]))].sort();

/** What the compiler says of the files. `claude-transcripts` is the built package. */
function compile(files: Readonly<Record<string, string>>): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-types-"));
  try {
    const modules = path.join(dir, "node_modules");
    fs.mkdirSync(modules);
    for (const name of ["@anthropic-ai", "@types"])
      fs.symlinkSync(path.join(root, "node_modules", name), path.join(modules, name), "junction");
    fs.symlinkSync(root, path.join(modules, OURS), "junction");
    fs.writeFileSync(path.join(dir, "package.json"), '{"type":"module"}');
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, name), text);
    const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, ...Object.keys(files), ...SETTINGS], {
      cwd: dir,
      encoding: "utf8",
    });
    return stdout + stderr;
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

test("the program has every function, every type and every option in it", () => {
  expect(FUNCTIONS).toHaveLength(11);
  expect(TYPES).toHaveLength(10);
  const options = TYPES.filter((name) => name.endsWith("Options")).flatMap((name) =>
    [...declarationOf(name).matchAll(/^ {4}(\w+)\??:/gm)].map(([, key]) => String(key)),
  );
  const all = [...FUNCTIONS, ...TYPES, ...options.filter((key) => key !== "sessionStore")];
  expect(all.filter((name) => !new RegExp(String.raw`\b${name}\b`).test(program))).toEqual([]);
});

test("it compiles against both packages, and what they have in common is assignable", () => {
  const common = [
    `import * as official from "${OFFICIAL}";`,
    `import * as ours from "${OURS}";`,
    ...FUNCTIONS.map((name) => `export const ${name}: typeof official.${name} = ours.${name};`),
    "type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;",
    ...TYPES.map((name) => `export const ${name}IsTheSame: Same<official.${name}, ours.${name}> = true;`),
    // What the SDK streams can be saved, and is what comes back.
    "export const save = (stream: official.SDKMessage[]) => ours.saveSession(undefined, stream);",
    "export const run = (prompt: string) => ours.saveSession(undefined, official.query({ prompt }));",
    "export const load = async (id: string) => (await ours.loadSession(id)).messages as official.SDKMessage[];",
    // Sessions in a store are not offered, and the types say so.
    "declare const sessionStore: official.SessionStore;",
    "export const options: official.ListSessionsOptions = { sessionStore };",
    "// @ts-expect-error: no such option.",
    "export const ourOptions: ours.ListSessionsOptions = { sessionStore };",
  ];
  const files = {
    "official.ts": program,
    "ours.ts": program.replace(`"${OFFICIAL}"`, `"${OURS}"`),
    "common.ts": `${common.join("\n")}\n`,
  };
  expect(compile(files)).toBe("");
});

test("a call with a sessionStore is refused, instead of acting on the disk", async () => {
  const given = { sessionStore: {}, configDirs: ["/nowhere"] } as object;
  const id = "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01";
  const more: Readonly<Record<string, readonly string[]>> = {
    listSessions: [],
    renameSession: [id, "t"],
    tagSession: [id, "t"],
    getSubagentMessages: [id, "a"],
  };
  for (const [name, call] of CALLS) {
    await expect(call(...(more[name] ?? [id]), given), name).rejects.toMatchObject({
      code: "InvalidArgument",
      data: { argument: "sessionStore" },
    });
  }
});
