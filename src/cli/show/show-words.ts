import { TranscriptError } from "../../store/errors.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import type { Messages } from "../../view/messages.ts";
import { mediaText, type Part, partsOf } from "../../view/parts.ts";
import type { Terminal } from "../terminal/command.ts";
import { openOutput } from "../terminal/pager.ts";
import { terminalJson } from "../terminal/terminal-json.ts";
import { type MessageView, viewMessage } from "../render/message-view.ts";
import { printableLines } from "../terminal/terminal.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

type Said = Pick<MessageView, "number" | "timestamp" | "model"> & { readonly text: string };

interface Words {
  readonly open: OpenConversation;
  readonly messages: Messages;
  readonly numbers: readonly number[];
  readonly json: boolean;
  readonly pager: boolean;
  readonly terminal: Terminal;
}

/** Runs `show --answer`: prints the model's last text, without tool calls. Throws `TranscriptError` if there is none. */
export async function printAnswer(words: Words): Promise<void> {
  const { value: answer } = await lastSaid(words, textOfAnswer).next();
  if (answer !== undefined) return print(words, terminalJson(answer), answer.text);
  throw new TranscriptError("NoMessages", "There is no answer in this conversation", {
    hint: "Leave out --answer to see the whole conversation.",
  });
}

/** Runs `show --prompts`: prints what the user typed, commands included, and which pictures came with it. `last`: maximum number of prompts. */
export async function printPrompts(words: Words, last: number | undefined): Promise<void> {
  const prompts: Said[] = [];
  for await (const prompt of lastSaid(words, textOfPrompt)) {
    if (prompts.push(prompt) === last) break;
  }
  prompts.reverse();
  if (prompts.length === 0) words.terminal.warn("The user typed nothing in this conversation.");
  const lines = prompts.map(({ number, timestamp, text }) => terminalJson({ number, timestamp, text }));
  await print(
    words,
    lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n]`,
    prompts.map(({ text }) => text).join(SEPARATOR),
  );
}

const MESSAGES_PER_TURN = 64;
/** Thematic break of Markdown. */
const SEPARATOR = "\n\n---\n\n";

async function print({ json, pager, terminal }: Words, document: string, text: string): Promise<void> {
  if (json) return terminal.write(`${document}\n`);
  if (text === "") return undefined;
  const output = openOutput(terminal, pager);
  try {
    await output.write(`${printableLines(text)}\n`);
  } finally {
    await output.end();
  }
  return undefined;
}

/** Yields what was said, the last first. */
async function* lastSaid(
  { open, messages, numbers }: Words,
  textOf: (part: Part) => string | undefined,
): AsyncGenerator<Said, undefined> {
  for (const [at, number] of [...numbers].reverse().entries()) {
    if (at % MESSAGES_PER_TURN === 0) await yieldToEventLoop();
    const message = messages.get(number);
    const entries = messages.entries(message);
    const texts = entries.flatMap((entry) => partsOf(entry, open).flatMap((part) => textOf(part)?.trim() || []));
    if (texts.length === 0) continue;
    const { timestamp, model } = viewMessage(message, entries, open);
    yield { number, timestamp, model, text: texts.join("\n\n") };
  }
  return undefined;
}

const textOfAnswer = (part: Part): string | undefined =>
  part.kind === "text" && part.role === "assistant" ? part.text : undefined;

function textOfPrompt(part: Part): string | undefined {
  if (part.role !== "user") return undefined;
  if (part.kind === "text") return part.text;
  if (part.kind === "command") return `${part.name} ${part.args}`;
  if (part.kind === "shell") return `! ${part.command}`;
  return "bytes" in part ? `[${mediaText(part)}]` : undefined;
}
