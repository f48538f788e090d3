import { expect, test } from "vitest";
import { jsonRenderer } from "../../../src/cli/render/json.ts";
import { markdownRenderer } from "../../../src/cli/render/markdown.ts";
import { makeStyle } from "../../../src/cli/terminal/style.ts";
import { textRenderer } from "../../../src/cli/render/text.ts";
import { nothingLeftOut, type MessageView, viewMessage } from "../../../src/cli/render/message-view.ts";
import { linesOf } from "../../../src/cli/render/whole.ts";
import { openConversation } from "../../../src/store/read/open-conversation.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { Messages } from "../../../src/view/messages.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, jsonl, user } from "../../support/rows.ts";

/** The text that batches of lines come to, `+` where a line goes on in the next batch. */
const joined = (pieces: readonly string[]): string =>
  [...linesOf(pieces)].map(({ lines, unfinished }) => lines.join("\n") + (unfinished ? "+" : "\n")).join("");

test.for<[string, readonly string[], string]>([
  ["lines across pieces", ["a\nb", "c\nd"], "a\nbc\nd\n"],
  ["none", [], ""],
  ["empty ones around it", ["\n\n", "  a\n", "\n", "b\n \n\n"], "  a\n\nb\n"],
  ["line ends of Windows", ["a\r\nb\r", "\nc"], "a\nb\nc\n"],
])("the lines of a text in pieces: %s", ([, pieces, text]) => {
  expect(joined(pieces)).toBe(text);
});

test("a line that is too long to be held comes in parts, and nothing of it is lost", () => {
  const piece = "x".repeat(300_000);
  const batches = [...linesOf(["a\n", ...Array.from({ length: 10 }, () => piece), "\nb\n"])];
  expect(batches.map(({ continues, unfinished }) => [continues, unfinished])).toEqual([
    [false, false],
    [false, true],
    [true, true],
    [true, false],
  ]);
  expect(batches.flatMap(({ lines }) => lines).join("").length).toBe(3_000_000 + 2);
});

const id = sessionId(1);
const PREVIEW =
  "<persisted-output>\nOutput too large (3MB). Full output saved to: /x/tool-results/b.txt\n\nPreview (first 2KB):\nx\n...\n</persisted-output>\nan error";

/** A message with a call whose output is that text. */
async function messageWith(output: string): Promise<MessageView> {
  const dir = tempConfigDir();
  const rows = [
    assistant(1, null, [{ type: "tool_use", id: "t", name: "Bash", input: { command: "make" } }]),
    user(2, 1, [{ type: "tool_result", tool_use_id: "t", content: PREVIEW }]),
  ];
  put(dir, `projects/-w/${id}.jsonl`, jsonl(rows));
  put(dir, `projects/-w/${id}/tool-results/b.txt`, output);
  const open = await openConversation(requireSession(id, { configDirs: [dir] }));
  const messages = await Messages.of(open);
  const message = messages.get(1);
  const view = viewMessage(message, messages.entries(message), open);
  open.close();
  return view;
}

const outputs = { lines: "a line of it\n".repeat(120_000), "one line": "é漢 ".repeat(800_000) };
const left = nothingLeftOut({ tooLong: 0, cutShort: 0, notRows: 0, unfinished: false });
const style = makeStyle(false);

test.for(Object.entries(outputs))(
  "output of megabytes is printed in pieces, in every format: %s",
  async ([, output]) => {
    const view = await messageWith(output);
    const whole = output.trim();
    for (const [renderer, expected] of [
      [textRenderer({ style, width: undefined, full: true, left }), `  │ ${whole.replaceAll("\n", "\n  │ ")}`],
      [markdownRenderer({ full: true, left }), whole],
      [jsonRenderer({ full: true, left }), JSON.stringify(whole).slice(1, -1)],
    ] as const) {
      const pieces = [...renderer.message(view)];
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1_300_000);
      const text = pieces.join("");
      expect(text.includes(expected)).toBe(true);
      // What was written beside it is there too, after it.
      expect(text.lastIndexOf("an error")).toBeGreaterThan(text.indexOf(expected));
    }
  },
);

test("what a terminal would obey in it is not printed, and no line of it closes a fence", async () => {
  const view = await messageWith("\u001B]0;owned\u0007a\u001B[2Jb\n`````\nc\n");
  const text = [...textRenderer({ style, width: undefined, full: true, left }).message(view)].join("");
  expect(text).toContain("  │ ab\n  │ `````\n  │ c\n");
  const markdown = [...markdownRenderer({ full: true, left }).message(view)].join("");
  expect(markdown).toContain("``````console\nab\n`````\nc\n``````");
  const json = [...jsonRenderer({ full: true, left }).message(view)].join("");
  expect(json).not.toContain("\u001B");
  expect(JSON.parse(json)).toMatchObject({
    parts: [{ kind: "call" }, { text: expect.stringContaining("\u001B[2Jb") }],
  });
});
