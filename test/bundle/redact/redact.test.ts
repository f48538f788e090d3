import { isUtf8 } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { exportSessions } from "../../../src/bundle/export/export-sessions.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { everyFixture } from "../../support/every-fixture.ts";
import { png, SECRET_KINDS } from "../../support/planted-secrets.ts";
import { assistant, attachment, progress, type Row, user } from "../../support/rows.ts";
import { readBundle } from "../../support/unpack.ts";

const ID = sessionId(1);
const IDENTITY = { homes: ["/home/jane"], users: ["jane"], hosts: ["janes-laptop.local"] };
const KEY = "-home-jane-shop";

/** A picture in a message, with a comment in it. */
const picture = (comment: string, packed = false): object => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data: png(comment, packed).toString("base64") },
});
const escapes = (text: string): string =>
  Array.from(text, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const line = (row: Row): string => `${JSON.stringify(row)}\n`;

/** Every place of a session that can have a text; each is given one, and says what files the session then has. */
const PLACES: Readonly<
  Record<string, (text: string, n: number) => { row?: Row | string; file?: [name: string, content: string | Buffer] }>
> = {
  prompt: (text, n) => ({ row: user(n, n - 1, `Use ${text}`) }),
  "tool input": (text, n) => ({
    row: assistant(n, n - 1, [
      { type: "tool_use", id: `toolu_${n}`, name: "Write", input: { file_path: "/x", content: text } },
    ]),
  }),
  "key of a tool's input": (text, n) => ({
    row: assistant(n, n - 1, [{ type: "tool_use", id: `toolu_${n}`, name: "X", input: { [text]: 1 } }]),
  }),
  "tool output": (text, n) => ({
    row: user(n, n - 1, [{ type: "tool_result", tool_use_id: `toolu_${n}`, content: [{ type: "text", text }] }], {
      toolUseResult: { stdout: text, stderr: "" },
    }),
  }),
  diff: (text, n) => ({
    row: user(n, n - 1, [{ type: "tool_result", tool_use_id: `toolu_${n}`, content: "ok" }], {
      toolUseResult: { structuredPatch: [{ lines: [" before", ...text.split("\n").map((one) => `+${one}`)] }] },
    }),
  }),
  "numbered lines": (text, n) => ({
    row: user(
      n,
      n - 1,
      text
        .split("\n")
        .map((one, i) => `   ${i + 1}→${one}`)
        .join("\n"),
    ),
  }),
  picture: (text, n) => ({ row: user(n, n - 1, [picture(text)]) }),
  "packed comment of a picture": (text, n) => ({ row: user(n, n - 1, [picture(text, true)]) }),
  document: (text, n) => ({
    row: user(n, n - 1, [
      {
        type: "document",
        source: {
          type: "base64",
          media_type: "text/plain",
          data: Buffer.from(`${text}\n`.repeat(3)).toString("base64"),
        },
      },
    ]),
  }),
  "picture in a text": (text, n) => ({
    row: user(n, n - 1, `<img src="data:image/png;base64,${png(text).toString("base64")}">`),
  }),
  title: (text) => ({ row: { type: "custom-title", customTitle: text, sessionId: ID } }),
  queue: (text) => ({ row: { type: "queue-operation", operation: "enqueue", content: text, sessionId: ID } }),
  attachment: (text, n) => ({ row: attachment(n, n - 1, { type: "edited_text_file", filename: "a", snippet: text }) }),
  progress: (text, n) => ({ row: { ...progress(n, n - 1), data: { type: "bash_progress", output: text } } }),
  escapes: (text, n) => ({ row: line(user(n, n - 1, "@")).replace('"@"', `"${escapes(text)}"`) }),
  "JSON in a string": (text, n) => ({ row: user(n, n - 1, JSON.stringify({ a: { b: text } })) }),
  "long row": (text, n) => ({ row: user(n, n - 1, `${"filler ".repeat(200_000)}${text}`) }),
  "line that is no row": (text) => ({ row: `{"type":"user","message":"${JSON.stringify(text).slice(1, -1)}\n` }),
  "glued row": (text, n) => ({ row: line(user(n, n - 1, text)).trimEnd() + line(user(n + 500, n, text)) }),
  subagent: (text, n) => ({ file: [`subagents/agent-${n}.jsonl`, line(user(n, null, text))] }),
  "subagent's description": (text, n) => ({
    file: [`subagents/agent-${n}.meta.json`, JSON.stringify({ description: text }, null, 2)],
  }),
  "stored output": (text, n) => ({ file: [`tool-results/${n}.txt`, `before\n${text}\nafter`] }),
  "binary file": (text, n) => ({ file: [`tool-results/${n}.bin`, Buffer.from(`\0${text}`)] }),
  "file name": (text, n) => ({ file: [`tool-results/${n}-${text.replace(/[/\n]/g, "_")}.txt`, "x"] }),
};

/** A store in which each kind of secret stands in five places, and each place has some. */
function plantedStore(): { configDir: string; planted: { kind: string; secret: string; place: string }[] } {
  const configDir = tempConfigDir();
  const planted: { kind: string; secret: string; place: string }[] = [];
  const rows: string[] = [
    line({ ...user(1, null, "Begin in /home/jane/shop as jane on janes-laptop"), cwd: "/home/jane/shop" }),
  ];
  const names = Object.keys(PLACES);
  let n = 2;
  for (const [i, [kind, make]] of Object.entries(SECRET_KINDS).entries()) {
    for (let turn = 0; turn < 5; turn++) {
      const name = names[(i * 5 + turn) % names.length] as string;
      const { secret, text } = make(n * 100);
      // A path has no line ends in its names, and a URL is no name.
      const given = name === "file name" && /[/\n]/.test(text) ? "plain" : text;
      const { row, file } = (PLACES[name] as (typeof PLACES)[string])(given, n);
      if (given !== "plain") planted.push({ kind, secret, place: name });
      if (typeof row === "string") rows.push(row);
      else if (row !== undefined) rows.push(line(row));
      if (file !== undefined) put(configDir, `projects/${KEY}/${ID}/${file[0]}`, file[1]);
      n++;
    }
  }
  put(configDir, `projects/${KEY}/${ID}.jsonl`, rows.join(""));
  return { configDir, planted };
}

/** All texts in a file of a bundle, however they are written there. */
function textsOf(bytes: Buffer): string {
  const text = bytes.toString();
  const decoded = text.split("\n").flatMap((one) => {
    try {
      const texts: string[] = [];
      JSON.parse(one, (_key, value: unknown) => {
        if (typeof value === "object" && value !== null) texts.push(...Object.keys(value));
        if (typeof value === "string") texts.push(value, ...inBase64(value));
        return value;
      });
      return texts;
    } catch {
      return [];
    }
  });
  return [text, ...decoded].join("\n");
}

function inBase64(given: string): string[] {
  const value = /base64,([^"]*)/.exec(given)?.[1] ?? given;
  if (value.length < 64 || !/^[A-Za-z0-9+/=]+$/.test(value)) return [];
  const bytes = Buffer.from(value, "base64");
  const at = bytes.indexOf("zTXt");
  return [
    isUtf8(bytes) ? bytes.toString() : bytes.toString("latin1"),
    ...(at < 0 ? [] : [inflateSync(bytes.subarray(at + 13)).toString()]),
  ];
}

/** The parts of a secret that must not be found: of a key, each line. */
const partsOf = (secret: string): string[] => secret.split("\n").filter((part) => !part.startsWith("-----"));

describe("an export with secrets", () => {
  test("has none of them, says of each that it was masked, and keeps all rows", async () => {
    const { configDir, planted } = plantedStore();
    expect(planted.length).toBeGreaterThanOrEqual(55);
    expect(new Set(planted.map(({ place }) => place)).size).toBe(Object.keys(PLACES).length);
    const out = path.join(tempConfigDir(), "b.tar.gz");
    const { masked, sessions } = await exportSessions({
      sessionIds: [ID],
      configDirs: [configDir],
      out,
      redact: IDENTITY,
    });
    const { manifest, headers, files } = await readBundle(out);
    const everything = [
      textsOf(Buffer.from(JSON.stringify(manifest))),
      ...headers.map(({ name }) => name),
      ...[...files.values()].map(textsOf),
    ].join("\n");
    const leaked = planted.filter(({ secret }) => partsOf(secret).some((part) => everything.includes(part)));
    expect(leaked).toEqual([]);
    expect(everything).not.toMatch(/jane/i);

    expect(manifest.redacted).toEqual(masked?.kinds);
    for (const kind of Object.keys(SECRET_KINDS)) {
      const count = planted.filter((one) => one.kind === kind && !LEFT_OUT.has(one.place)).length;
      expect([kind, (masked?.kinds[kind] ?? 0) >= count]).toEqual([kind, true]);
    }
    expect(masked?.kinds).toMatchObject({ home: expect.any(Number), user: expect.any(Number), host: 1 });

    const transcript = `projects/-redacted-home-shop/${ID}.jsonl`;
    expect(chainOf(files.get(transcript) as Buffer)).toEqual(
      chainOf(fs.readFileSync(path.join(configDir, `projects/${KEY}/${ID}.jsonl`))),
    );
    expect(sessions[0]).toMatchObject({ projectKey: "-redacted-home-shop", cwd: "/redacted-home/shop" });
    expect(sessions[0]?.leftOut).toEqual(
      expect.arrayContaining([
        {
          path: expect.stringContaining(".jsonl"),
          reason: expect.stringMatching(/^\d+ parts? that (?:is no row|are no rows), \d+ bytes$/),
        },
        { path: expect.stringContaining(".bin"), reason: "not a text: it cannot be checked for secrets" },
      ]),
    );
  });
});

/** What is not in the export at all. */
const LEFT_OUT = new Set(["binary file", "line that is no row"]);

/** What links the rows of a transcript, and what they are. */
function chainOf(bytes: Buffer): unknown[] {
  return bytes
    .toString()
    .split(/(?<=\})(?=\{"parentUuid)|\n/)
    .flatMap((text) => {
      try {
        const { uuid: id, parentUuid, type, sessionId: session, timestamp, isSidechain } = JSON.parse(text) as Row;
        return [{ id, parentUuid, type, session, timestamp, isSidechain }];
      } catch {
        return [];
      }
    });
}

test("every fixture keeps its rows and its links, and is itself where nothing is masked", async () => {
  const configDir = everyFixture();
  const projects = path.join(configDir, "projects");
  const sessionIds = [
    ...new Set(
      fs
        .readdirSync(projects, { recursive: true, encoding: "utf8" })
        .filter(
          (name) => /^[^/\\]+[/\\][0-9a-f-]{36}\.jsonl$/.test(name) && fs.statSync(path.join(projects, name)).size > 0,
        )
        .map((name) => path.basename(name, ".jsonl")),
    ),
  ];
  const out = path.join(tempConfigDir(), "b.tar.gz");
  const redact = { homes: [], users: [], hosts: [] };
  const masked = await exportSessions({ sessionIds, configDirs: [configDir], out, redact });
  const { files } = await readBundle(out);
  expect(Object.keys(masked.masked?.kinds ?? {})).toContain("home");
  const plain = await exportSessions({ sessionIds, configDirs: [configDir], dryRun: true });
  let rows = 0;
  for (const [i, session] of plain.sessions.entries()) {
    const transcripts = (all: readonly { readonly path: string }[] = []): string[] =>
      all.map((file) => file.path).filter((name) => name.endsWith(".jsonl"));
    const names = transcripts(masked.sessions[i]?.files);
    for (const [j, name] of transcripts(session.files).entries()) {
      const bytes = fs.readFileSync(path.join(configDir, name));
      const now = files.get(names[j] ?? "") ?? Buffer.alloc(0);
      expect([name, chainOf(now)]).toEqual([name, chainOf(bytes)]);
      // Only what cannot be read is missing.
      const lines = new Set(bytes.toString("latin1").split(/\n|(?<=\})(?=\{)/));
      const others = now
        .toString("latin1")
        .split("\n")
        .filter((one) => one !== "" && !one.includes("redacted-") && !lines.has(one));
      expect([name, others]).toEqual([name, []]);
      rows += chainOf(now).length;
    }
  }
  expect(rows).toBeGreaterThan(500);
});
