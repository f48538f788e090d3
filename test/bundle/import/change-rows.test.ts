import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { importSessions } from "../../../src/bundle/import/import-sessions.ts";
import { getSessionAnnotation, editSessionTags } from "../../../src/store/annotate/session-annotation.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";

const ID = sessionId(1);
const NEW = "/there/is no/such";
const KEY = "-there-is-no-such";

/** Imports a transcript into an empty config dir, and returns what it is there. */
async function imported(text: string | Uint8Array, more: object = {}, key = "-w"): Promise<string> {
  const root = tempConfigDir();
  put(root, `projects/${key}/${ID}.jsonl`, text);
  put(root, `projects/${key}/${ID}/subagents/deep/agent-x.jsonl`, text);
  put(root, `projects/${key}/${ID}/tool-results/x.jsonl`, text);
  const configDir = tempConfigDir();
  const { refused, sessions } = await importSessions({ from: root, configDir, cwd: NEW, ...more });
  expect(refused).toEqual([]);
  const at = (name: string): string => path.join(configDir, "projects", sessions[0]?.projectKey ?? "", name);
  const id = sessions[0]?.sessionId ?? "";
  const result = fs.readFileSync(at(`${id}.jsonl`), "latin1");
  expect(fs.readFileSync(at(`${id}/subagents/deep/agent-x.jsonl`), "latin1")).toBe(result);
  expect(fs.readFileSync(at(`${id}/tool-results/x.jsonl`))).toEqual(Buffer.from(text));
  return result;
}

test.for<[given: string, expected: string]>([
  ["/w", NEW],
  ["/w/", NEW],
  ["/w/src/x", `${NEW}/src/x`],
  ["/w-docker", "/w-docker"],
  ["/w2/w", "/w2/w"],
  ["/", "/"],
  ["/W", "/W"],
  ["/w/../x", "/w/../x"],
  ["", ""],
  ["w", "w"],
  ['/w/é\u2028\n"', `${NEW}/é\u2028\n"`],
])("a row in %j is in %j", async ([given, expected]) => {
  const row = (cwd: string): string => `{"cwd":"/w"}\n{"type":"user","cwd":${JSON.stringify(cwd)},"sessionId":"x"}\n`;
  const text = row(given);
  const result = await imported(text);
  expect(Buffer.from(result, "latin1").toString()).toBe(row(expected).replace('"/w"', JSON.stringify(NEW)));
});

test("nothing but top-level directories of rows changes", async () => {
  const long = "x".repeat(1_200_000);
  const rows = (cwd: string, below: string): string =>
    [
      `{"type":"user","cwd":"${cwd}","message":{"cwd":"/w","content":"/w"},"toolUseResult":{"cwd":"/w"}}`,
      `  {"cwd" :\t"${below}", "type":"system" }  `,
      `{"type":"user","message":"${long}","cwd":"${below}"}`,
      `{"cwd":"${cwd}","type":"a"}{"cwd":"${cwd}","type":"b"}`,
      `{"cwd":"/w","type":"cut`,
      "\0\0\0\0",
      "",
      "no row /w",
      `{"type":"relocated","relocatedCwd":"${below}","movedFrom":{"cwd":"/w"}}`,
      `{"type":"other","relocatedCwd":"/w/src"}`,
      `{"type":"user","cwd":null,"cwd":["/w"]}`,
      `{"type":"user","cwd":"${cwd}","cwd":"${below}"}`,
      `{"type":"unknown-to-us","cwd":"${cwd}","n":1.0e5,"u":"\\ud800"}`,
      `\xff\xfe{"type":"x","cwd":"${cwd}"}`,
      `{"type":"last","cwd":"${below}"}`,
    ].join("\n");
  const given = rows("/w", "/w/src").replace(String.raw`"cwd":"/w","n"`, String.raw`"c\u0077d":"\/w","n"`);
  const expected = rows(NEW, `${NEW}/src`).replace(`"cwd":"${NEW}","n"`, String.raw`"c\u0077d":"${NEW}","n"`);
  expect(await imported(Buffer.from(given, "latin1"))).toBe(expected);
});

test("a directory of Windows becomes one here", async () => {
  const text = `{"type":"user","cwd":"C:\\\\Users\\\\ada\\\\shop"}\n{"type":"user","cwd":"c:\\\\users\\\\Ada\\\\Shop\\\\src\\\\Lib"}\n{"cwd":"C:\\\\Users\\\\ada\\\\shop2"}\n`;
  expect(await imported(text, {}, "C--Users-ada-shop")).toBe(
    `{"type":"user","cwd":"${NEW}"}\n{"type":"user","cwd":"${NEW}/src/Lib"}\n{"cwd":"C:\\\\Users\\\\ada\\\\shop2"}\n`,
  );
});

test("into a directory below the old one, all rows go there", async () => {
  const text = `{"cwd":"/w"}\n{"cwd":"/w/app"}\n`;
  expect(await imported(text, { cwd: "/w/app" })).toBe(`{"cwd":"/w/app"}\n{"cwd":"/w/app/app"}\n`);
});

test("of a session that was begun in the directory above, that one counts", async () => {
  expect(await imported(`{"cwd":"/w/src"}\n{"cwd":"/w"}\n`)).toBe(`{"cwd":"${NEW}/src"}\n{"cwd":"${NEW}"}\n`);
});

test("any rows: what is not below stays, what is below has the same place", async () => {
  const name = fc.constantFrom("w", "w-x", "src", "é", "a b");
  const cwd = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);
  const noise = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\n", ""));
  const line = fc.oneof(
    fc.record({ cwd, value: fc.jsonValue() }).map(({ cwd: at, value }) => ({
      at,
      of: (to: string) => `{"v":${JSON.stringify(value)},"cwd":${JSON.stringify(to)},"w":1}`,
    })),
    noise.filter((text) => !text.includes("{")).map((text) => ({ at: "", of: () => text })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, ends) => {
      const text = (map: (at: string) => string): string =>
        [`{"cwd":${JSON.stringify(map("/w"))}}`, ...lines.map(({ at, of }) => of(map(at)))].join("\n") +
        (ends ? "\n" : "");
      const mapped = (at: string): string => (at === "/w" || at.startsWith("/w/") ? NEW + at.slice(2) : at);
      const result = await imported(text((at) => at));
      expect(Buffer.from(result, "latin1").toString()).toBe(Buffer.from(text(mapped)).toString());
    }),
    { numRuns: runs(25) },
  );
});

test("tags that a list finds by their place are found by it in the longer transcript", async () => {
  const root = tempConfigDir();
  const options = { configDirs: [root] };
  put(root, `projects/-w/${ID}.jsonl`, conversation(ID, ...Array.from({ length: 300 }, () => "y".repeat(300))));
  await editSessionTags(ID, { add: ["one", "two"] }, options);
  fs.appendFileSync(
    path.join(root, `projects/-w/${ID}.jsonl`),
    conversation(ID, ...Array.from({ length: 600 }, () => "y".repeat(300))),
  );
  const configDir = tempConfigDir();
  await importSessions({ from: root, configDir, cwd: NEW });
  const place = JSON.parse(
    fs.readFileSync(path.join(configDir, `projects/${KEY}/${ID}/claude-transcripts.json`), "utf8"),
  ) as { annotationFrom: number };
  const text = fs.readFileSync(path.join(configDir, `projects/${KEY}/${ID}.jsonl`), "utf8");
  expect(text.slice(place.annotationFrom)).toMatch(/^\{"type":"tag","tag":"one"/);
  expect((await getSessionAnnotation(ID, { configDirs: [configDir] }))?.tags).toEqual(["one", "two"]);
});
