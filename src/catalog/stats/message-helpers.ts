/**
 * Helpers for programs that hold messages instead of files: those that the Agent SDK streams (`session_id`, `result`), or
 * the rows of a transcript (`sessionId`, `requestId`). Messages of neither form are ignored; nothing throws because of them.
 */
import { asObject, asString, blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { splitPoint } from "../../transcript/text/surrogates.ts";
import { SYNTHETIC } from "./prices.ts";

/** Longest summary, in UTF-16 units. */
const SUMMARY_UNITS = 200;

/** Returns the id of the first message that has one: `session_id` of a stream, `sessionId` of a transcript. */
export function extractSessionId(messages: Iterable<unknown>): string | undefined {
  for (const { session_id: streamed, sessionId } of objectsOf(messages)) {
    const id = asString(streamed) ?? asString(sessionId);
    if (id !== undefined && id !== "") return id;
  }
  return undefined;
}

/** Returns the model of the last answer; without answers, the one that a stream's `init` message names. */
export function extractModel(messages: Iterable<unknown>): string | undefined {
  let initial: string | undefined;
  let answered: string | undefined;
  for (const message of objectsOf(messages)) {
    if (message["type"] === "system" && message["subtype"] === "init") initial = asString(message["model"]) ?? initial;
    if (!isAnswer(message)) continue;
    const model = asString(membersOf(message["message"])["model"]);
    if (model !== undefined && model !== SYNTHETIC) answered = model;
  }
  return answered ?? initial;
}

/** Returns the number of answers: each begins with the model's first message after a prompt, and ends before the next one. */
export function countTurns(messages: Iterable<unknown>): number {
  let turns = 0;
  let awaits = true;
  for (const message of objectsOf(messages)) {
    if (message["type"] === "result" || isPrompt(message)) awaits = true;
    else if (isAnswer(message) && membersOf(message["message"])["model"] !== SYNTHETIC) {
      if (awaits) turns++;
      awaits = false;
    }
  }
  return turns;
}

/** Returns the first 200 characters (UTF-16 units, whole surrogate pairs) of the first answer; undefined without text. */
export function getSummary(messages: Iterable<unknown>): string | undefined {
  for (const message of objectsOf(messages)) {
    if (!isAnswer(message)) continue;
    const { content, model } = membersOf(message["message"]);
    const texts = blocksOf(content).flatMap(({ type, text }) => (type === "text" ? (asString(text) ?? []) : []));
    const text = texts.join("\n").trim();
    if (text === "" || model === SYNTHETIC) continue;
    return text.length <= SUMMARY_UNITS ? text : text.slice(0, splitPoint(text, SUMMARY_UNITS));
  }
  return undefined;
}

/** Yields the messages that are objects. */
export function* objectsOf(messages: Iterable<unknown>): Generator<JsonObject> {
  for (const message of messages) {
    const object = asObject(message);
    if (object !== undefined) yield object;
  }
}

/** Whether a message is of a subagent: a stream names the call that started it. */
const isAside = ({ parent_tool_use_id: parent, isSidechain }: JsonObject): boolean =>
  typeof parent === "string" || isSidechain === true;

const isAnswer = (message: JsonObject): boolean => message["type"] === "assistant" && !isAside(message);

function isPrompt(message: JsonObject): boolean {
  if (message["type"] !== "user" || isAside(message)) return false;
  if (message["isMeta"] === true || message["isSynthetic"] === true || message["isCompactSummary"] === true)
    return false;
  return !blocksOf(membersOf(message["message"])["content"]).some(({ type }) => type === "tool_result");
}
