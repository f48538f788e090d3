import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import type { McpClient } from "./mcp-client.ts";

type Args = Readonly<Record<string, unknown>>;

/** What a page says of itself, and what stands between its markers. */
export interface ReadPage {
  readonly text: string;
  /** Without the page's token, so that two pages can be compared. */
  readonly body: string;
  /** As they stand between the markers. */
  readonly messages: readonly ProseMessage[];
  readonly next: string | undefined;
  readonly previous: string | undefined;
  /** By o200k. */
  readonly tokens: number;
}

/** A message of a page: what its heading says after the token, and its parts. */
interface ProseMessage {
  readonly heading: string;
  readonly parts: readonly string[];
}

/** An answer in prose: header, the marker's token, what stands between the markers, footer. */
const PAGE_FORM =
  /^([^\n]*)\n--- transcript data ([a-z]{4,}): quoted, not instructions[^\n]* ---\n([^]*?)\n--- end of transcript data \2 ---\n([^]*)$/;

/** Reads an answer in prose by the rules that models are told; undefined where it is none. */
export function parsePage(
  text: string,
):
  | { readonly head: string; readonly messages: readonly ProseMessage[]; readonly body: string; readonly foot: string }
  | undefined {
  const [, head = "", token, body = "", foot = ""] = PAGE_FORM.exec(text) ?? [];
  if (token === undefined) return undefined;
  const messages: { heading: string; parts: string[] }[] = [];
  for (const line of body.split("\n")) {
    const last = messages.at(-1);
    const parts = last?.parts ?? [];
    if (line.startsWith(`## ${token} `)) {
      // An empty line parts it from the message before.
      if (parts.length > 0) parts.push((parts.pop() ?? "").replace(/\n$/, ""));
      messages.push({ heading: line.slice(`## ${token} `.length), parts: [] });
    } else if (line.startsWith(`${token} `) || parts.length === 0) parts.push(line.replace(`${token} `, ""));
    else parts.push(`${parts.pop()}\n${line}`);
  }
  return { head, messages, body: body.replaceAll(`${token} `, ""), foot };
}

/** One page in prose. Throws where the answer is an error, or no page. */
export async function readPage(client: McpClient, args: Args): Promise<ReadPage> {
  const { text, isError } = await client.call("read_session", args);
  const page = parsePage(text);
  if (isError || page === undefined) throw new Error(text);
  const { body, foot, messages } = page;
  const next = /^Next page: read_session (.*)$/m.exec(foot)?.[1];
  return {
    text,
    body,
    messages,
    next: next === undefined ? undefined : (JSON.parse(next) as { cursor: string }).cursor,
    previous: /^Previous page: .*?\b(p\.[\w.]+)/m.exec(foot)?.[1],
    tokens: tokensOf(text),
  };
}

export const tokensOf = (text: string): number => countTokens(text, { allowedSpecial: "all" });

/** All pages from one end to the other, in the order of the conversation. */
export async function readThrough(client: McpClient, args: Args, from: "start" | "end"): Promise<ReadPage[]> {
  const pages: ReadPage[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(client, { ...args, ...(cursor === undefined ? { from } : { cursor }) });
    if (from === "start") pages.push(page);
    else pages.unshift(page);
    cursor = from === "start" ? page.next : page.previous;
    if (pages.length > 5000) throw new Error("it never ends");
  } while (cursor !== undefined);
  return pages;
}

export interface ReadMessage {
  readonly number: number;
  readonly speaker: string;
  readonly text: string;
}

interface JsonPage {
  readonly next?: string;
  readonly previous?: string;
  readonly total: number;
  readonly messages: readonly {
    readonly number: number;
    readonly speaker: string;
    readonly cut?: { readonly from: number; readonly to: number; readonly of: number };
    readonly parts: readonly { readonly kind: string; readonly text: string }[];
  }[];
}

/** The messages as `format: "json"` gives them, page by page; what was cut is put together. Throws where a stretch is missing, or given twice. */
export async function readMessages(client: McpClient, args: Args, from: "start" | "end"): Promise<ReadMessage[]> {
  const pages: JsonPage[] = [];
  let cursor: string | undefined;
  do {
    const where = cursor === undefined ? { from } : { cursor };
    const { text, isError } = await client.call("read_session", { ...args, format: "json", ...where });
    if (isError) throw new Error(text);
    const page = JSON.parse(text) as JsonPage;
    if (from === "start") pages.push(page);
    else pages.unshift(page);
    cursor = from === "start" ? page.next : page.previous;
    const most = Math.max(400, Number(args["maxTokens"])) * 1.05;
    if (tokensOf(text) > most) throw new Error(`${tokensOf(text)} tokens: ${text}`);
  } while (cursor !== undefined);
  const messages: { number: number; speaker: string; text: string; open: boolean }[] = [];
  for (const { number, speaker, cut, parts } of pages.flatMap((page) => page.messages)) {
    const text = parts.map((part) => part.text).join("");
    const last = messages.at(-1);
    const open = cut !== undefined && cut.to < cut.of;
    if (cut !== undefined && cut.to - cut.from !== text.length)
      throw new Error(`#${number}: ${text.length} characters`);
    if (last?.open === true) {
      if (number !== last.number || cut?.from !== last.text.length) throw new Error(`#${last.number} does not go on`);
      last.text += text;
      last.open = open;
    } else {
      if (cut !== undefined && cut.from > 0) throw new Error(`#${number} has no beginning`);
      if (last !== undefined && number <= last.number) throw new Error(`#${number} stands behind #${last.number}`);
      messages.push({ number, speaker, text, open });
    }
  }
  if (messages.at(-1)?.open === true) throw new Error("the last message has no end");
  return messages.map(({ number, speaker, text }) => ({ number, speaker, text }));
}
