import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  ErrorCode,
  type Result,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { notedLine, notedValue } from "../../view/sanitise.ts";

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
  readonly #handlers = new Map<string, (request: unknown, extra: Extra) => Result | Promise<Result>>();

  on<T>(
    method: string,
    schema: RequestSchema<T>,
    handle: (request: T, extra: Extra) => Result | Promise<Result>,
  ): void {
    this.#handlers.set(method, (request, extra) => {
      const { data, error } = schema.safeParse(request);
      if (data !== undefined) return handle(data, extra);
      const [problem] = error?.issues ?? [];
      const where = problem === undefined ? "" : notedLine(`: ${problem.path.join(".")}: ${problem.message}`);
      throw protocolError(ErrorCode.InvalidParams, `Invalid ${method}${where}`);
    });
  }

  async answer(request: { readonly method: string }, extra: Extra): Promise<Result> {
    const handler = this.#handlers.get(request.method);
    if (handler === undefined) throw protocolError(ErrorCode.MethodNotFound, "Method not found");
    try {
      return notedValue(await handler(request, extra));
    } catch (error) {
      if (error instanceof Error) error.message = notedValue(error.message);
      throw error;
    }
  }
}

/** Makes an error with a JSON-RPC code. The SDK's class puts the code into the message, and so do clients. */
export const protocolError = (code: number, message: string, data?: unknown): Error =>
  Object.assign(new Error(message), { code, ...(data !== undefined && { data }) });
