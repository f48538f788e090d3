/**
 * Derives the texts of a transcript from the JSONL alone, without code of src/: those of every visible row of a person, a
 * model or a tool, on any branch.
 */
import fs from "node:fs";
import { queuedPrompts } from "../check-queue.mjs";
import { blocksOf, isCall, isResult, resultOf, textsOf } from "../check-results.mjs";

/**
 * `said`: `{ id, kind, text }`, kind `text`, `thinking`, `call`, `result` or `other`. `unsure`: number of texts of people with
 * markup of the CLI, which is shown in another form. `stored`: calls whose output is in a file, with its texts. `results`:
 * numbers of results of the API's own tools, in other members, with such a file, and without an expected one. `team`: number of
 * rows of a team. `delivered`, `waiting`: prompts that are only in the queue; with the uuids of the messages before and after a
 * delivered one.
 */
export function readTruth(file, subagent) {
  // The last row with a uuid counts.
  const rows = new Map();
  const lines = fs.readFileSync(file, "utf8").split("\n").map(parsed).filter(Boolean);
  for (const row of lines) {
    if (typeof row.uuid !== "string") continue;
    rows.delete(row.uuid);
    rows.set(row.uuid, row);
  }
  const said = [];
  const stored = [];
  const results = { server: 0, other: 0, stored: 0, missing: 0 };
  let unsure = 0;
  let team = 0;
  const isSaid = (row) =>
    (row.type === "user" || row.type === "assistant") &&
    (subagent || (row.isSidechain !== true && row.isMeta !== true));
  for (const row of rows.values()) {
    if (!isSaid(row)) continue;
    if (row.teamName !== undefined) team++;
    for (const block of blocks(row)) {
      const add = (kind, text) => void (text.trim() === "" || said.push({ id: row.uuid, kind, text: text.trim() }));
      if (block.type === "text" && row.type === "assistant") {
        if (row.isApiErrorMessage !== true && row.closesQuietTurn !== true) add("text", block.text);
      } else if (block.type === "text") {
        if (row.isCompactSummary === true || hasMarks(block.text)) unsure++;
        else add("text", block.text);
      } else if (block.type === "thinking") add("thinking", block.thinking);
      else if (block.type === "block") add("other", "[block]");
      else if (isCall(block)) add("call", JSON.stringify(block.input));
      else if (isResult(block)) {
        const { kind, texts } = resultOf(file, block);
        if (kind === "stored") stored.push({ call: block.tool_use_id, texts });
        else if (kind === "plain" && Array.isArray(block.content))
          for (const text of listTexts(block)) add("result", text);
        else for (const text of texts) if (!text.includes(ESCAPE)) add("result", text);
        if (kind !== "plain") results[kind]++;
      }
    }
  }
  const queue = queuedPrompts(lines);
  const delivered = queue.delivered.map(({ content, at }) => ({
    text: textOf(content),
    ...neighbours(lines, at, isSaid),
  }));
  return { said, unsure, stored, results, team, delivered, waiting: queue.waiting.map(textOf) };
}

/** Returns the uuids of the message before a place, and of the first one after it that does not continue an answer. */
function neighbours(lines, at, isSaid) {
  const known = new Set();
  const isNew = (row) => !known.has(row.uuid) && known.add(row.uuid);
  const begins = (row) => isSaid(row) && !blocks(row).some(isResult);
  let before;
  let under;
  for (const row of lines.slice(0, at)) {
    if (!isNew(row) || !begins(row)) continue;
    // An answer has the uuid of its first row.
    if (row.type === "user" || row.message?.id !== under) before = row.uuid;
    under = row.message?.id;
  }
  const behind = lines.slice(at).find((row) => isNew(row) && begins(row) && (row.message?.id ?? row) !== under);
  return { before, behind: behind?.uuid };
}

const textOf = (content) => textsOf(content).join("\n");

export const hasMarks = (text) => text.includes("<") || text.includes(ESCAPE) || /^\s*\[Request interrupted/.test(text);

const ESCAPE = String.fromCharCode(27);

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const blocks = ({ message }) => blocksOf(message?.content);

const listTexts = ({ content }) => textsOf(content).filter((text) => !text.includes(ESCAPE));
