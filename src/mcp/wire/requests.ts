import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  ErrorCode,
  type Result,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { InvalidCursorError, TranscriptError } from "../../store/errors.ts";
import { notedLine, notedValue } from "../../view/sanitise.ts";
import type { Context } from "../core/context.ts";
import { failureText } from "../core/tool-failure.ts";
import { ToolFailure } from "../core/tool.ts";

// No JIT: most schemas parse only a few requests, and before the first answer.
z.config({ jitless: true });

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Part of the SDK's schemas that is used here. */
interface RequestSchema<T> {
  safeParse(request: unknown): { readonly success: boolean; readonly data?: T; readonly error?: z.ZodError<T> };
}

/**
 * Handlers by method. The SDK's own table reads the method's name from its schema, and building all schemas takes longer than
 * everything else before the answer to `initialize`. Here they are built at first use.
 */
export class Requests {
  readonly #contextOf: (extra: Extra) => Context;
  readonly #handlers = new Map<string, (request: unknown, context: Context) => object | Promise<object>>();

  constructor(contextOf: (extra: Extra) => Context) {
    this.#contextOf = contextOf;
  }

  on<T>(
    method: string,
    schema: RequestSchema<T>,
    handle: (request: T, context: Context) => object | Promise<object>,
  ): void {
    this.#handlers.set(method, (request, context) => {
      const { data, error } = schema.safeParse(request);
      if (data !== undefined) return handle(data, context);
      const [problem] = error?.issues ?? [];
      const where = problem === undefined ? "" : notedLine(`: ${problem.path.join(".")}: ${problem.message}`);
      throw new ProtocolError(ErrorCode.InvalidParams, `Invalid ${method}${where}`);
    });
  }

  /** Answers a request. Throws `ProtocolError`, with the same words as in answers of tools. */
  async answer(request: { readonly method: string }, extra: Extra): Promise<Result> {
    const handler = this.#handlers.get(request.method);
    if (handler === undefined) throw new ProtocolError(ErrorCode.MethodNotFound, "Method not found");
    try {
      return notedValue({ ...(await handler(request, this.#contextOf(extra))) });
    } catch (error) {
      // A cancelled request gets no answer.
      extra.signal.throwIfAborted();
      const isAmbiguous = error instanceof TranscriptError && error.code === "InvalidSessionId";
      const isClientFault = error instanceof ToolFailure || error instanceof InvalidCursorError || isAmbiguous;
      const code = isClientFault ? ErrorCode.InvalidParams : ErrorCode.InternalError;
      const known = error instanceof ProtocolError ? error : new ProtocolError(code, failureText(error));
      known.message = notedValue(known.message);
      throw known;
    }
  }
}

/** Error with a JSON-RPC code. The SDK's class puts the code into the message, and so do clients. */
export class ProtocolError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
