import type { Readable } from "node:stream";
import { RequestError, type AgentApp, type Stream } from "@agentclientprotocol/sdk/unstable";
import { waitWhileBusy } from "../../servers/grace.ts";
import { LINE_BYTES, messageLines } from "../../servers/message-lines.ts";
import { PendingRequests } from "../../servers/pending-requests.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { escapeSeparators, type LineWriter } from "./line-writer.ts";

/** JSON-RPC message. The SDK validates its content. */
type Message = Stream extends { readable: ReadableStream<infer M> } ? M : never;

/**
 * Serves an agent over a pair of byte streams, one JSON message per line, until the input ends or the output is closed.
 *
 * Unlike the SDK's own stream, this one waits for the reader of the output instead of buffering, answers a line that is too
 * long instead of ending the connection, holds requests back until `initialize` is answered instead of refusing them, and
 * sends pending answers after the input ends.
 */
export async function serve(app: AgentApp, input: Readable, out: LineWriter): Promise<void> {
  const calls = new OpenCalls();
  const messages = readMessages(input, (error, id) => void out.write(errorLine(id ?? null, error)));

  const readable = new ReadableStream<Message>(
    {
      async pull(controller) {
        await calls.initialized;
        const { value, done } = await messages.next();
        if (!done) {
          calls.received(value);
          controller.enqueue(value);
          return;
        }
        await waitWhileBusy(calls.pending.none().then(() => out.end()));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new MessageStream(async (message) => {
    calls.sent(message);
    const line = toLine(message);
    if (line !== undefined) await out.write(line);
  });
  await app.connect({ readable, writable }).closed;
}

/** Stream whose writer passes messages on at once: a standard writer for each message costs as much as the JSON. */
class MessageStream extends WritableStream<Message> {
  readonly #writer: WritableStreamDefaultWriter<Message>;

  constructor(write: (message: Message) => Promise<void>) {
    super();
    const done = Promise.resolve(undefined);
    this.#writer = {
      closed: done,
      ready: done,
      desiredSize: 1,
      write,
      abort: () => done,
      close: () => done,
      releaseLock: () => undefined,
    };
  }

  override getWriter(): WritableStreamDefaultWriter<Message> {
    return this.#writer;
  }
}

/** Reads the messages of a byte stream. Reports and skips lines that are too long or not JSON. */
async function* readMessages(
  input: Readable,
  report: (error: RequestError, id?: string | number) => void,
): AsyncGenerator<Message, undefined> {
  // Without a method the line is an answer, so its id is not a request's.
  const lines = messageLines(input, ({ id, method }) => {
    const error = RequestError.invalidRequest({ limit: LINE_BYTES }, "the line is too long");
    report(error, method === undefined ? undefined : id);
  });
  for await (const line of lines as AsyncIterable<string>) {
    if (line.trim() === "") continue;
    let message: Message;
    try {
      message = JSON.parse(line);
    } catch {
      report(RequestError.parseError());
      continue;
    }
    yield message;
  }
  return undefined;
}

/**
 * Writes a message as one line. If it is nested too deep for JSON, an error loses its data (which repeats an invalid
 * request), a result becomes an error, and anything else is dropped.
 */
function toLine(message: Message): string | undefined {
  try {
    return escapeSeparators(JSON.stringify(message));
  } catch (error) {
    if (!("id" in message) || "method" in message) {
      console.error(error);
      return undefined;
    }
    if ("error" in message) {
      const { code, message: text } = message.error;
      return errorLine(message.id, new RequestError(code, text));
    }
    console.error(error);
    return errorLine(message.id, RequestError.internalError());
  }
}

const errorLine = (id: string | number | null, error: RequestError): string =>
  escapeSeparators(JSON.stringify({ jsonrpc: "2.0", id, error: error.toErrorResponse() }));

/** The client's calls that have no answer yet. */
class OpenCalls {
  /** Resolves when the `initialize` under way is answered; undefined when there is none. */
  initialized: Promise<void> | undefined;

  readonly pending = new PendingRequests();
  #initialize: { readonly id: string | number; readonly answered: () => void } | undefined;

  received(message: Message): void {
    const { id, method } = callOf(message);
    if (id === undefined || method === undefined) return;
    this.pending.add(id);
    if (method !== "initialize") return;
    this.initialized = new Promise<void>((answered) => (this.#initialize = { id, answered })).then(
      () => (this.initialized = undefined),
    );
  }

  sent(message: Message): void {
    // What is sent is nearly always a notification: it answers nothing.
    if (!("id" in message)) return;
    const { id, method } = callOf(message);
    if (id === undefined || method !== undefined) return;
    if (this.#initialize?.id === id) this.#initialize.answered();
    this.pending.settle(id);
  }
}

function callOf(message: unknown): { id?: string | number | undefined; method?: string | undefined } {
  const { jsonrpc, id, method } = membersOf(message);
  if (jsonrpc !== "2.0") return {};
  const isId = typeof id === "string" || (typeof id === "number" && Number.isFinite(id));
  return { id: isId ? id : undefined, method: asString(method) };
}
