import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { afterEach, expect, test, vi } from "vitest";
import { toRequestError } from "../../../src/acp/rim/to-acp-error.ts";
import {
  InvalidArgumentError,
  InvalidCursorError,
  InvalidSessionIdError,
  SessionInUseError,
  SessionNotFoundError,
  TranscriptError,
} from "../../../src/store/errors.ts";

const stderr = vi.spyOn(console, "error").mockImplementation(() => undefined);
afterEach(() => stderr.mockClear());

/** Pinned: clients branch on these codes. */
test.for<[unknown, number, Record<string, unknown>]>([
  [new SessionNotFoundError("s1"), -32002, { sessionId: "s1" }],
  [new InvalidSessionIdError("no uuid"), -32002, { sessionId: "no uuid" }],
  [
    new SessionInUseError("s1", "a process has it open"),
    -32602,
    { sessionId: "s1", code: "SessionInUse", field: "sessionId" },
  ],
  [new InvalidCursorError("not one of ours"), -32602, { code: "InvalidCursor", field: "cursor" }],
  [new InvalidArgumentError("cwd", "cwd must be absolute"), -32602, { code: "InvalidArgument", field: "cwd" }],
  [new TranscriptError("NoMessages", "nothing to fork"), -32602, { code: "NoMessages", field: "sessionId" }],
  [new TranscriptError("Aborted", "aborted"), -32800, {}],
  [new DOMException("stop", "AbortError"), -32800, {}],
  [RequestError.authRequired(), -32000, {}],
  [
    new TranscriptError("MessageNotFound", "no such message", { data: { messageId: "m" } }),
    -32602,
    { code: "MessageNotFound", field: '_meta["claude-transcripts"].messageId', messageId: "m" },
  ],
  [
    Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }),
    -32050,
    { code: "EACCES", details: "EACCES: permission denied" },
  ],
  [Object.assign(new Error("a directory"), { code: "ERR_FS_EISDIR" }), -32050, { code: "EISDIR" }],
  [new TranscriptError("Io", "the disk is full"), -32050, { code: "Io", details: "the disk is full" }],
])("%s → %i", ([error, code, data]) => {
  const { code: given, data: facts } = toRequestError(error);
  expect(given).toBe(code);
  expect(facts ?? {}).toMatchObject(data);
  expect(stderr).not.toHaveBeenCalled();
});

test.for<[unknown, string]>([
  [new TypeError("a bug"), "a bug"],
  [Object.assign(new TypeError("a wrong call"), { code: "ERR_INVALID_ARG_TYPE" }), "a wrong call"],
  ["thrown text", "thrown text"],
])("%s is ours: -32603, and the stack on stderr", ([error, details]) => {
  expect(toRequestError(error)).toMatchObject({ code: -32603, data: { details } });
  expect(stderr).toHaveBeenCalledOnce();
});
