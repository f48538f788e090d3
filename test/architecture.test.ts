import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, importsOf, loadedWith } from "./support/imports.ts";

const root = path.resolve(import.meta.dirname, "..");
const src = path.join(root, "src");
const sources = filesBelow(src, ".ts").filter((file) => !file.endsWith(".d.ts"));
const nameOf = (file: string): string => path.relative(src, file).split(path.sep).join("/");
/** The folder of a source file; files at the top are their own. */
const layerOf = (file: string): string => nameOf(file).split("/")[0] ?? "";

/** What each layer may import: layers, and packages. Built-in modules have rules of their own below. */
const ARROWS: Readonly<Record<string, { layers: readonly string[]; packages: readonly string[] }>> = {
  transcript: { layers: ["transcript"], packages: [] },
  store: { layers: ["store", "transcript"], packages: ["chokidar", "fast-glob"] },
  catalog: { layers: ["catalog", "store", "transcript"], packages: ["@pydantic/genai-prices", "libsql"] },
  bundle: {
    layers: ["bundle", "catalog", "store", "transcript", "version.ts"],
    packages: ["@secretlint/core", "@secretlint/secretlint-rule-preset-recommend", "modern-tar"],
  },
  open: { layers: ["open", "bundle", "catalog", "store", "transcript"], packages: [] },
  view: { layers: ["view", "catalog", "store", "transcript"], packages: [] },
  servers: { layers: ["servers", "view", "open"], packages: ["split2"] },
  acp: {
    layers: ["acp", "servers", "view", "open", "catalog", "store", "transcript", "version.ts"],
    packages: ["@agentclientprotocol/sdk", "zod"],
  },
  mcp: {
    layers: ["mcp", "servers", "view", "open", "catalog", "store", "transcript", "version.ts"],
    packages: ["@modelcontextprotocol/sdk", "zod"],
  },
  cli: {
    layers: ["cli", "acp", "mcp", "view", "bundle", "catalog", "store", "transcript", "version.ts"],
    packages: [],
  },
  "index.ts": { layers: ["bundle", "catalog", "store", "transcript"], packages: [] },
  "version.ts": { layers: [], packages: [] },
};

/** Each folder imports only itself and folders before it, types included, so there is no cycle between folders. */
const ORDER: readonly string[] = [
  "version.ts",
  "transcript/rows",
  "transcript/text",
  "transcript/tree",
  "transcript/conversation",
  "transcript/summary",
  "transcript/fork",
  "transcript/saved",
  "transcript/repair",
  "store",
  "store/disk",
  "store/layout",
  "store/projects",
  "store/facts",
  "store/list",
  "store/live",
  "store/read",
  "store/fork",
  "store/trash",
  "store/annotate",
  "store/save",
  "store/repair",
  "store/snapshot",
  "store/move",
  "store/resolve",
  "store/retention",
  "store/doctor",
  "catalog/engine",
  "catalog/schema",
  "catalog/extract",
  "catalog/query",
  "catalog/refresh",
  "catalog/scan",
  "catalog/search",
  "catalog/stats",
  "catalog/facts",
  "catalog/select",
  "catalog",
  "bundle",
  "bundle/redact/secrets",
  "bundle/redact",
  "bundle/export",
  "bundle/source",
  "bundle/import",
  "open",
  "index.ts",
  "view",
  "view/tools",
  "servers",
  "acp/rim",
  "acp/wire",
  "acp/tools",
  "acp/sessions",
  "acp/replay",
  "acp/methods",
  "acp",
  "mcp/core",
  "mcp/sessions",
  "mcp/reading",
  "mcp/search",
  "mcp/tools",
  "mcp/prompts",
  "mcp/resources",
  "mcp/wire",
  "mcp",
  "cli/terminal",
  "cli/filter",
  "cli/render",
  "cli/changes",
  "cli/show",
  "cli/list",
  "cli/search",
  "cli/stats",
  "cli/completion",
  "cli/doctor",
  "cli/cleanup",
  "cli/snapshot",
  "cli/retention",
  "cli/export",
  "cli/commands",
  "cli/keep",
  "cli/serve",
  "cli",
];
/** The folder of a source file, as in `ORDER`; files at the top are their own. */
const folderOf = (file: string): string => path.posix.dirname(nameOf(file)).replace(/^\.$/, nameOf(file));
/** The source files that a source file imports, types included. */
const targetsOf = (file: string): string[] =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => path.resolve(path.dirname(file), specifier))
    .filter((target) => sources.includes(target));

/** Files that may share a name with others: the folder says which is which. */
const NAMED_BY_FOLDER = /^(?:[^/]+\/main|cli\/(?:commands|keep)\/[^/]+|mcp\/tools\/[^/]+)\.ts$/;

const MOST_FILES = 15;
const MOST_LINES = 400;

/** Where a rule about the text of the sources may be broken, and only there. */
const RULES = [
  {
    name: "only the one door to the disk knows node:fs",
    text: /["'](?:node:)?fs(?:\/promises)?["']/,
    within: () => true,
    except: ["store/disk/fs.ts"],
  },
  {
    name: "transcript/ is pure: no built-in module, no clock, no randomness, no process",
    text: /["']node:|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\bperformance\.|\bprocess\./,
    within: (name: string) => name.startsWith("transcript/"),
    except: [],
  },
  {
    name: "only the rims know stdout",
    text: /\bprocess\.stdout\b|\bconsole\.(?:log|info|debug)\b/,
    within: () => true,
    except: ["acp/main.ts", "cli/terminal/terminal.ts", "mcp/main.ts", "servers/server-console.ts"],
  },
  {
    name: "the path of a session is built in paths.ts, behind the check of its id",
    text: /\bjoin\((?:[^()]|\([^()]*\))*\b[sS]essionId\b|\$\{[^}]*[iI]d[^}]*\}\.jsonl\b/,
    within: () => true,
    // A temporary file's name has its final name in it, and is taken apart by a pattern that only an id fits.
    except: ["store/disk/temp-file.ts", "store/layout/paths.ts"],
  },
  {
    name: "no other program is started, but for the pager, and to learn which processes run",
    text: /["']node:child_process["']|\bnodeChildProcess\b/,
    within: () => true,
    except: ["cli/terminal/pager.ts", "store/disk/builtins.ts", "store/disk/processes.ts"],
  },
  {
    name: "JSON on stdout has nothing in it that a terminal would obey: it is made in one place",
    text: /\bJSON\.stringify\b/,
    within: (name: string) => name.startsWith("cli/"),
    // The script of a completion is our own text.
    except: ["cli/commands/completion.ts"],
  },
  {
    name: "nothing talks to a network, but for the one server that listens on this machine's own address",
    text: /["'](?:node:)?(?:net|http|https|http2|tls|dgram|dns)["']|\bfetch\(|\bWebSocket\b/,
    within: () => true,
    except: ["mcp/wire/http.ts"],
  },
] as const;

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

describe("the arrows between the layers", () => {
  test("there are sources in every layer, and no other layer", () => {
    expect([...new Set(sources.map(layerOf))].sort()).toEqual(Object.keys(ARROWS).sort());
  });

  test.for(Object.entries(ARROWS))("%s imports what it may", ([layer, { layers, packages }]) => {
    const wrong = sources
      .filter((file) => layerOf(file) === layer)
      .flatMap((file) => importsOf(file).map(({ specifier }) => ({ file, specifier })))
      .filter(({ specifier }) => !specifier.startsWith("node:"))
      .filter(({ file, specifier }) =>
        specifier.startsWith(".")
          ? !layers.includes(layerOf(path.resolve(path.dirname(file), specifier)))
          : !packages.includes(packageOf(specifier)),
      );
    expect(wrong.map(({ file, specifier }) => `${nameOf(file)}: ${specifier}`)).toEqual([]);
  });
});

describe("the folders", () => {
  test("import only folders before them", () => {
    const folders = new Set(sources.map(folderOf));
    expect([...folders].filter((folder) => !ORDER.includes(folder))).toEqual([]);
    // Folders of the catalog are in the list before their first file.
    expect(ORDER.filter((folder) => !folders.has(folder) && !folder.startsWith("catalog"))).toEqual([]);
    const place = (file: string): number => ORDER.indexOf(folderOf(file));
    const back = sources.flatMap((file) =>
      targetsOf(file)
        .filter((target) => place(target) > place(file))
        .map((target) => `${nameOf(file)} imports ${nameOf(target)}`),
    );
    expect(back).toEqual([]);
  });

  test("have no cycle of files, types included", () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      const at = way.indexOf(file);
      if (at >= 0) cycles.push([...way.slice(at), file].map(nameOf).join(" → "));
      if (at >= 0 || done.has(file)) return;
      for (const target of targetsOf(file)) visit(target, [...way, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test(`have at most ${MOST_FILES} files of at most ${MOST_LINES} lines`, () => {
    const full = ORDER.filter((folder) => sources.filter((file) => folderOf(file) === folder).length > MOST_FILES);
    expect(full).toEqual([]);
    const lines = (file: string): number => fs.readFileSync(file, "utf8").split("\n").length - 1;
    expect(sources.filter((file) => lines(file) > MOST_LINES).map(nameOf)).toEqual([]);
  });

  test("have no name twice, unless the folder says which is meant", () => {
    const names = sources.map(nameOf).filter((name) => !NAMED_BY_FOLDER.test(name));
    const twice = names.filter((name) =>
      names.some((other) => other !== name && path.basename(other) === path.basename(name)),
    );
    expect(twice).toEqual([]);
  });
});

describe("rules that the text of the sources shows", () => {
  test.for(RULES)("$name", ({ text, within, except }) => {
    const matching = sources.filter((file) => within(nameOf(file)) && text.test(withoutComments(file))).map(nameOf);
    expect(matching).toEqual([...except]);
  });
});

describe("what is loaded, and when", () => {
  test("the built library loads no third-party module until one is needed", () => {
    const { others } = loadedWith(path.join(root, "dist", "index.js"));
    expect([...others]).toContain("node:fs");
    expect([...others].filter((specifier) => !specifier.startsWith("node:"))).toEqual([]);
  });

  test("the program loads the protocol, and every package, only for the command that needs it", () => {
    for (const entry of ["cli/main.ts", "cli/commands/list.ts"]) {
      const { files, others } = loadedWith(path.join(src, entry));
      expect([...files].filter((file) => layerOf(file) === "acp").map(nameOf)).toEqual([]);
      expect([...others].filter((specifier) => !specifier.startsWith("node:"))).toEqual([]);
    }
  });

  test("a server that opens a store loads the code of its verbs when they are first used", () => {
    const { files, others } = loadedWith(path.join(src, "open", "open-store.ts"));
    expect([...files].map(nameOf)).toEqual(["open/open-store.ts"]);
    expect([...others]).toEqual([]);
  });

  test("the library does not export the rims", () => {
    const { files } = loadedWith(path.join(src, "index.ts"));
    expect([...new Set([...files].map(layerOf))].sort()).toEqual([
      "bundle",
      "catalog",
      "index.ts",
      "store",
      "transcript",
    ]);
  });
});

test("tests that want a second file system are those whose own is on the disk (vitest.config.ts)", () => {
  const tests = path.join(root, "test");
  const wanting = filesBelow(tests, ".test.ts")
    .filter((file) => path.basename(file) !== "architecture.test.ts")
    .filter((file) => fs.readFileSync(file, "utf8").includes("/dev/shm"))
    .map((file) => path.relative(tests, file).split(path.sep).join("/"));
  expect(wanting.length).toBeGreaterThan(2);
  expect(wanting.filter((name) => !/^(?:kill\/|store\/(?:concurrent|disk\/move|trash\/))/.test(name))).toEqual([]);
});

test("properties take their runs and their seed from test/support/runs.ts", () => {
  const own = filesBelow(path.join(root, "test"), ".test.ts").filter((file) =>
    /numRuns: (?!runs\()|\bfc\.check\(|\bseed: \d/.test(fs.readFileSync(file, "utf8")),
  );
  // This file has the pattern in it.
  expect(own.map((file) => path.relative(root, file))).toEqual(["test/architecture.test.ts"]);
});

function withoutComments(file: string): string {
  return fs.readFileSync(file, "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}
