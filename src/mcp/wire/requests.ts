import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  ErrorCode,
  type Result,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { notedLine, notedValue } from "../../view/sanitise.ts";

// Parsers are not worth making code of: most schemas here read a few requests, before anything is answered.
z.config({ jitless: true });

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** What has to be known of a schema of the SDK. */
interface RequestSchema<T> {
  safeParse(request: unknown): { readonly success: boolean; readonly data?: T; readonly error?: z.ZodError<T> };
}

/**
 * What answers each method. The SDK has such a table too, but it reads the name of a method from its schema: to make all
 * schemas takes longer than everything else before the answer to `initialize`. Here they are made when they are first needed.
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
      throw protocolError(ErrorCode.InvalidParams, `${method} cannot be read${where}`);
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

/** The SDK's own class puts its code into the message, which clients then do again. */
export const protocolError = (code: number, message: string, data?: unknown): Error =>
  Object.assign(new Error(message), { code, ...(data !== undefined && { data }) });
