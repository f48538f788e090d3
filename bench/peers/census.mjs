/**
 * Content of a transcript, read from its bytes without either program. Every row of the file counts, also those of abandoned
 * branches. Neither program shows these, so neither shows everything.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Wrappers that Claude Code writes around texts that are not prompts of a person. */
const MACHINERY = /^\s*<(command-|local-command-|bash-|system-reminder|task-notification|user-memory)/;
/** Results that an editor shows in a better form than their text: a diff, the answers, the report. */
const TOLD_OTHERWISE = new Set([
  "Write",
  "Edit",
  "MultiEdit",
  "NotebookEdit",
  "AskUserQuestion",
  "Agent",
  "Task",
  "Skill",
]);
/** Results for the model only: no output, or a refusal. */
const SAID_TO_MODEL = /^(\(Bash completed with no output\)|The user doesn't want to |<persisted-output>)/;
const PLAN_TOOLS = new Set(["TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"]);

/** @returns the parts of a session, each with the facts by which it can be found again in the updates */
export function census(file) {
  const rows = rowsOf(file);
  const boundary = rows.findLastIndex((row) => row.subtype === "compact_boundary");
  const found = {
    prompts: [],
    answers: [],
    thoughts: [],
    calls: [],
    planCalls: [],
    results: [],
    patches: [],
    images: [],
    hidden: [],
    summaries: [],
    commands: [],
    compactions: rows.filter((row) => row.subtype === "compact_boundary").length,
    subagentCalls: subagentCalls(file),
  };
  const names = new Map();
  for (const [index, row] of rows.entries()) {
    if (row.type === "user" || row.type === "assistant") addRow(found, row, index < boundary, names);
  }
  return found;
}

function addRow(found, row, early, names) {
  const { content } = row.message ?? {};
  const blocks =
    typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [];
  const results = blocks.filter((block) => block.type === "tool_result");
  for (const block of blocks) {
    if (block.type === "text") addText(found, row, block.text, early);
    else if (block.type === "thinking" && block.thinking) found.thoughts.push({ text: block.thinking, early });
    else if (block.type === "image") found.images.push({ early });
    else if (block.type === "tool_use") {
      names.set(block.id, block.name);
      (PLAN_TOOLS.has(block.name) ? found.planCalls : found.calls).push({ id: block.id, name: block.name, early });
    } else if (block.type === "tool_result") {
      const name = names.get(block.tool_use_id);
      if (PLAN_TOOLS.has(name)) continue;
      const parts = Array.isArray(block.content) ? block.content : [{ type: "text", text: block.content }];
      for (const part of parts) if (part?.type === "image") found.images.push({ early });
      const failed = block.is_error === true;
      const said = parts.map((part) => (typeof part?.text === "string" ? part.text : "")).join("\n");
      const text = (TOLD_OTHERWISE.has(name) && !failed) || SAID_TO_MODEL.test(said) ? "" : said;
      found.results.push({
        id: block.tool_use_id,
        name,
        text: text.replaceAll(/<\/?tool_use_error>/g, ""),
        failed,
        early,
      });
    }
  }
  const structured = row.toolUseResult;
  if (results.length === 1 && Array.isArray(structured?.structuredPatch) && structured.structuredPatch.length > 0) {
    const overwritten = structured.type === "update" && typeof structured.content === "string";
    found.patches.push({ id: results[0].tool_use_id, hunks: structured.structuredPatch, overwritten, early });
  }
}

function addText(found, row, text, early) {
  if (typeof text !== "string" || text.trim() === "") return;
  if (row.type === "assistant") {
    if (row.message.model !== "<synthetic>") found.answers.push({ text, early });
  } else if (row.isCompactSummary === true) found.summaries.push({ text, early });
  else if (row.isMeta === true) found.hidden.push({ text, early });
  else if (/<command-name>/.test(text))
    found.commands.push({ text: /<command-name>([^<]*)/.exec(text)[1].trim(), early });
  else if (/^\s*<bash-input>/.test(text))
    found.commands.push({ text: /<bash-input>([^<]*)/.exec(text)[1].trim(), early });
  else if (!MACHINERY.test(text)) found.prompts.push({ text, early });
}

function subagentCalls(file) {
  const directory = path.join(file.replace(/\.jsonl$/, ""), "subagents");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => rowsOf(path.join(directory, name)))
    .flatMap((row) => (row.type === "assistant" && Array.isArray(row.message?.content) ? row.message.content : []))
    .filter((block) => block.type === "tool_use")
    .map(({ id, name }) => ({ id, name }));
}

/** Returns the rows of a file, each uuid once: a resumed session may have written it again. */
function rowsOf(file) {
  const seen = new Set();
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    })
    .filter((row) => {
      const fresh = row !== null && typeof row === "object" && !(typeof row.uuid === "string" && seen.has(row.uuid));
      if (fresh) seen.add(row.uuid);
      return fresh;
    });
}
