/** Hidden characters and control sequences: the same are taken for such on every surface, whatever each makes of them. */
import { expect, test } from "vitest";
import { toSessionRow } from "../../src/acp/sessions/session-to-acp.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { listSessions } from "../../src/cli/list/list-run.ts";
import { listSessionPage } from "../../src/store/list/list-session-page.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { assistant, jsonl, user } from "../support/rows.ts";
import { onEverySurface } from "../support/surfaces.ts";

const ID = sessionId(1);

/** As a terminal and an editor get it, and as a model does. */
const TABLE: readonly (readonly [what: string, text: string, left: string, noted: string])[] = [
  ["words", "a b", "a b", "a b"],
  ["tabs and line ends", "a\tb\nc\r\nd\re\u2028f\u0085g", "a\tb\nc\nd\ne\nf\ng", "a\tb\nc\nd\ne\nf\ng"],
  ["CSI of 7 bits", "a\u001B[1;31mb\u001B[0mc", "abc", "abc"],
  ["CSI of 8 bits", "a\u009B31mb\u009B2Jc", "abc", "abc"],
  ["CSI of a private kind", "a\u001B[>4;2mb\u001B[?25lc", "abc", "abc"],
  ["CSI without an end", "a\u001B[31", "a31", "a31"],
  ["OSC, a title", "a\u001B]0;owned\u0007b", "ab", "ab"],
  ["OSC, a link", "a\u001B]8;;http://x\u001B\\b\u001B]8;;\u001B\\c", "abc", "abc"],
  ["OSC of 8 bits", "a\u009D0;owned\u009Cb", "ab", "ab"],
  ["OSC without an end", "a\u001B]0;words stay", "a0;words stay", "a0;words stay"],
  ["DCS", "a\u001BPq#0\u001B\\b", "ab", "ab"],
  ["DCS of 8 bits", "a\u0090q#0\u009Cb", "ab", "ab"],
  ["SOS, PM and APC", "a\u001BXx\u001B\\b\u001B^x\u001B\\c\u001B_x\u001B\\d", "abcd", "abcd"],
  ["a reset", "a\u001Bcb", "ab", "ab"],
  ["other escapes", "a\u001B(Bb\u001B=c\u001B7d", "abcd", "abcd"],
  ["an escape alone", "a\u001B\u0007b", "ab", "a⟨U+001B +1⟩b"],
  ["C0", "a\u0000b\u0008c\u007Fd", "abcd", "a⟨U+0000⟩b⟨U+0008⟩c⟨U+007F⟩d"],
  ["C1", "a\u0080b\u008Dc", "abc", "a⟨U+0080⟩b⟨U+008D⟩c"],
  ["what turns the direction", "a\u202Eb\u2066c\u200Fd", "abcd", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200F⟩d"],
  ["zero width", "a\u200Bb\u2060c\uFEFFd\u00ADe", "abcde", "a⟨U+200B⟩b⟨U+2060⟩c⟨U+FEFF⟩d⟨U+00AD⟩e"],
  ["tags", "a\u{E0001}\u{E0041}b", "ab", "a⟨U+E0001 +1⟩b"],
  ["variation selectors without an emoji", "a\u{E0100}b\uFE01c", "abc", "a⟨U+E0100⟩b⟨U+FE01⟩c"],
  ["fillers", "a\u3164b\u115Fc", "abc", "a⟨U+3164⟩b⟨U+115F⟩c"],
  ["lone surrogates", "a\uD800b\uDC00c", "abc", "a⟨U+D800⟩b⟨U+DC00⟩c"],
  ["joiners without a script", "a\u200Db\u200Cc", "abc", "a⟨U+200D⟩b⟨U+200C⟩c"],
  ["emoji", "👩‍👩‍👧 ❤️ 1️⃣ 🏳️‍🌈", "👩‍👩‍👧 ❤️ 1️⃣ 🏳️‍🌈", "👩‍👩‍👧 ❤️ 1️⃣ 🏳️‍🌈"],
  ["Persian, Hindi, Thai", "می‌خواهم क्‍ष ภาษา\u200Bไทย", "می‌خواهم क्‍ष ภาษา\u200Bไทย", "می‌خواهم क्‍ष ภาษา\u200Bไทย"],
];

const OBEYED = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2060\u2066-\u2069\p{Cs}\u{E0000}-\u{E0FFF}]/u;
const marked = (text: string, at: number): string => `<${at}>${text}</${at}>`;
const between = (all: string, at: number): string | undefined =>
  all
    .split(`<${at}>`)[1]
    ?.split(`</${at}>`)[0]
    ?.replace(/\n[ │]+/g, "\n");

test("output of a command is sanitised for terminals, editors and models", async () => {
  const dir = tempConfigDir();
  const outputs = TABLE.map(([, text], at) =>
    user(at + 2, at + 1, `<local-command-stdout>${marked(text, at)}</local-command-stdout>`),
  );
  put(dir, `projects/-w/${ID}.jsonl`, jsonl([user(1, null, "a prompt"), ...outputs]));
  const { show: terminal, updates, mcp } = await onEverySurface(dir, ID);
  const chunks = updates.flatMap((update) =>
    update.sessionUpdate === "agent_message_chunk" && update.content.type === "text" ? [update.content.text] : [],
  );
  const json = new FakeTerminal();
  await show(invocation(json, dir, [ID], { json: true }));
  const shown = (all: string): unknown => TABLE.map(([what], at) => [what, between(all, at)]);

  expect(shown(terminal)).toEqual(TABLE.map(([what, , left]) => [what, left]));
  expect(shown(chunks.join(""))).toEqual(TABLE.map(([what, , left]) => [what, left]));
  expect(shown(mcp)).toEqual(TABLE.map(([what, , , noted]) => [what, noted]));
  expect(json.out).not.toMatch(OBEYED);
  const { messages } = JSON.parse(json.out);
  const texts: string[] = messages.flatMap(({ parts }: { parts: { text: string }[] }) => parts.map(({ text }) => text));
  expect(shown(texts.join(""))).toEqual(TABLE.map(([what, text]) => [what, text]));
});

test("a title is one line, with hidden characters removed or noted", async () => {
  const dir = tempConfigDir();
  const title = "a\u202Eb\u200Bc\u001Bcd\u009B2Je\u{E0041} 👩‍🚀";
  const row = { type: "custom-title", customTitle: title, sessionId: ID };
  put(dir, `projects/-w/${ID}.jsonl`, jsonl([user(1, null, "x"), assistant(2, 1, "y"), row]));
  const terminal = new FakeTerminal();
  await listSessions(invocation(terminal, dir, [], {}));
  expect(terminal.out).toContain("abcde 👩‍🚀");
  const { sessions } = await listSessionPage({ configDirs: [dir] });
  expect(sessions.map((session) => toSessionRow(session).title)).toEqual(["abcde 👩‍🚀"]);
  const answer = await (await connectMcpHere(dir)).call("list_sessions", {});
  expect(JSON.stringify(answer)).toContain("a⟨U+202E⟩b⟨U+200B⟩cde⟨U+E0041⟩ 👩‍🚀");
});
