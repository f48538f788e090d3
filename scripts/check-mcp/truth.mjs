/**
 * What is said in a transcript, worked out from the JSONL alone, with nothing of src/: of every row of a person, a model or
 * a tool that is not hidden, whatever branch it is on.
 */
import fs from "node:fs";

/**
 * `said`: `{ id, kind, text }`, kind `text`, `thinking`, `call` or `result`. `unsure`: how many texts of people hold marks of
 * the CLI, which are shown as what they stand for.
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
      else if (block.type === "tool_use") add("call", JSON.stringify(block.input));
      else if (block.type === "tool_result") for (const text of resultTexts(block)) add("result", text);
    }
  }
  return { said, unsure };
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

function resultTexts({ content }) {
  if (typeof content === "string") return [content].filter((text) => !text.includes(ESCAPE));
  return (content ?? []).flatMap(({ type, text }) => (type === "text" && !text.includes(ESCAPE) ? [text] : []));
}
