/**
 * What is said in a transcript, worked out from the JSONL alone, with nothing of src/: of every row of a person, a model or
 * a tool that is not hidden, whatever branch it is on.
 */
import fs from "node:fs";
import { isCall, isResult, resultOf } from "../check-results.mjs";

/**
 * `said`: `{ id, kind, text }`, kind `text`, `thinking`, `call` or `result`. `unsure`: how many texts of people hold marks of
 * the CLI, which are shown as what they stand for. `stored`: calls whose output stands in a file of its own, with its texts.
 * `results`: how many are of the API's own tools, have such a file, or should have.
 */
export function readTruth(file, subagent) {
  // Of rows with one uuid the last counts.
  const rows = new Map();
  for (const line of fs.readFileSync(file, "utf8").split("\n")) {
    const row = parsed(line);
    if (typeof row?.uuid !== "string") continue;
    rows.delete(row.uuid);
    rows.set(row.uuid, row);
  }
  const said = [];
  const stored = [];
  const results = { server: 0, stored: 0, missing: 0 };
  let unsure = 0;
  for (const row of rows.values()) {
    if (row.type !== "user" && row.type !== "assistant") continue;
    if (!subagent && (row.isSidechain === true || row.isMeta === true)) continue;
    for (const block of blocks(row)) {
      const add = (kind, text) => void (text.trim() === "" || said.push({ id: row.uuid, kind, text: text.trim() }));
      if (block.type === "text" && row.type === "assistant") {
        if (row.isApiErrorMessage !== true && row.closesQuietTurn !== true) add("text", block.text);
      } else if (block.type === "text") {
        if (row.isCompactSummary === true || hasMarks(block.text)) unsure++;
        else add("text", block.text);
      } else if (block.type === "thinking") add("thinking", block.thinking);
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
  return { said, unsure, stored, results };
}

const hasMarks = (text) => text.includes("<") || text.includes(ESCAPE) || /^\s*\[Request interrupted/.test(text);

const ESCAPE = String.fromCharCode(27);

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function blocks({ message }) {
  const content = message?.content;
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content : [];
}

const listTexts = ({ content }) =>
  content.flatMap(({ type, text }) => (type === "text" && !text.includes(ESCAPE) ? [text] : []));
