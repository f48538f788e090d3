/** Compares the updates of a load with the expected ones (truth.mjs). */
import { textsOf } from "../check-results.mjs";
import { blocks, keyOf } from "./truth.mjs";

/** Maximum length of a message, bytes. */
const MESSAGE_BYTES = 8 * 1024 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ROLES = { user_message_chunk: "user", agent_message_chunk: "agent", agent_thought_chunk: "thought" };

/** Returns the differences, and adds counts to `total`. */
export function compare(truth, updates, total) {
  const problems = [...compareTexts(truth, updates, total), ...compareCalls(truth, updates, total)];
  for (const update of updates) {
    if (Buffer.byteLength(JSON.stringify(update)) > MESSAGE_BYTES) problems.push(`an update of more than 8 MiB`);
  }
  total.team += truth.team;
  for (const [what, count] of truth.operations) total.operations.set(what, (total.operations.get(what) ?? 0) + count);
  for (const [rule, count] of truth.hidden) total.hidden.set(rule, (total.hidden.get(rule) ?? 0) + count);
  return problems;
}

function compareTexts({ chain, beside }, updates, total) {
  const problems = [];
  let next = 0;
  // An empty line separates two parts of one message.
  const same = (said, shown) =>
    said !== undefined &&
    isId(said, shown) &&
    said.role === shown.role &&
    [said.text, `\n\n${said.text}`, `\n\n${said.text?.trim()}`].includes(shown.text);
  for (const shown of updates.flatMap(sayingOf)) {
    const expected = chain[next];
    const news = expected?.notification;
    if (same(expected, shown) || (news && isNews(news, expected, shown))) {
      next++;
      if (expected.queued) total[expected.queued]++;
    } else if ((beside.get(keyOf(shown)) ?? 0) > 0) {
      beside.set(keyOf(shown), beside.get(keyOf(shown)) - 1);
      total.beside++;
    } else if (shown.notification !== undefined || shown.news) {
      // News from the queue, or from next to the chain.
      const key = [...beside.keys()].find((it) => beside.get(it) > 0 && isBesideNews(it, shown));
      if (key === undefined) problems.push(`news not expected here: ${JSON.stringify(shown).slice(0, 200)}`);
      else {
        beside.set(key, beside.get(key) - 1);
        total.beside++;
      }
    } else problems.push(`shown and not expected here: ${JSON.stringify(shown).slice(0, 200)}`);
  }
  if (next < chain.length)
    problems.push(`${chain.length - next} missing from ${JSON.stringify(chain[next]).slice(0, 200)}`);
  total.texts += next;
  return problems;
}

/** Returns a message chunk, or a call's update with news, in the form of `truth.chain`. */
function sayingOf({ sessionUpdate, messageId: id, content, toolCallId, _meta }) {
  const role = ROLES[sessionUpdate];
  const { notification: summary, separator } = _meta?.["claude-transcripts"] ?? {};
  if (separator === true) return [];
  if (role !== undefined && content.type === "text")
    return [{ id, role, text: content.text, news: summary !== undefined }];
  if (toolCallId === undefined || summary === undefined) return [];
  return [{ toolCallId, notification: { summary, result: content[0].content.text } }];
}

/** A prompt that is only in the queue has an id that the server made. */
const isId = ({ id, queued }, shown) => (queued ? UUID.test(shown.id) : shown.id === id);

function isNews({ summary, result }, expected, shown) {
  if (shown.notification) return shown.notification.summary === summary && shown.notification.result === result;
  return (
    isId(expected, shown) && shown.role === "agent" && shown.text === (result ? `${summary}\n\n${result}` : summary)
  );
}

function isBesideNews(key, shown) {
  const [id, role, result] = key.split("\u0000");
  if (role !== "news") return false;
  return shown.notification ? shown.notification.result === result : shown.id === id && shown.text.endsWith(result);
}

function compareCalls({ calls, results, rows }, updates, total) {
  const problems = [];
  const views = new Map();
  for (const { sessionUpdate, toolCallId, ...update } of updates) {
    if (toolCallId === undefined) continue;
    if (sessionUpdate === "tool_call") views.set(toolCallId, { first: update, all: [update] });
    else if (views.has(toolCallId)) views.get(toolCallId).all.push(update);
    else problems.push(`an update of ${toolCallId}, but no tool_call`);
  }
  for (const [id, { first, all }] of views) {
    const last = Object.assign({}, ...all);
    if (typeof last.title !== "string" || last.title === "") problems.push(`${id} has no title`);
    if (typeof last.kind !== "string") problems.push(`${id} has no kind`);
    if (last.status !== "completed" && last.status !== "failed") problems.push(`${id} ends with status ${last.status}`);
    if (first._meta?.["claude-transcripts"]?.parentToolCallId === undefined) continue;
    total.nested++;
    if (!views.has(first._meta["claude-transcripts"].parentToolCallId)) problems.push(`${id}: its parent is not shown`);
  }
  for (const id of calls) if (!views.has(id)) problems.push(`tool call ${id} missing`);
  for (const id of results) {
    const view = views.get(id);
    if (view === undefined) problems.push(`result of ${id} missing`);
    else problems.push(...compareResult(id, view, rows.get(id), total));
  }
  for (const id of calls) if (!results.includes(id)) total.unanswered++;
  total.calls += calls.length;
  total.results += results.length;
  return problems;
}

function compareResult(id, { first, all }, { call, result, row, shown: expected }, total) {
  const problems = [];
  const { failed } = expected;
  const shown = all.find(({ status }) => status === "completed" || status === "failed");
  const outcome = (shown ?? first).status;
  if (outcome !== (failed ? "failed" : "completed")) problems.push(`${id}: ${outcome}, but failed is ${failed}`);
  const view = Object.assign({}, first, shown);
  const record = typeof row.toolUseResult === "object" && row.toolUseResult !== null ? row.toolUseResult : {};
  const alone = blocks(row).filter(({ type }) => type === "tool_result").length === 1;
  const tool = total.tools.get(call?.name ?? "(call lost)") ?? { calls: 0, failed: 0, diffs: 0 };
  total.tools.set(call?.name ?? "(call lost)", tool);
  tool.calls++;
  if (failed) tool.failed++;
  const text = textOf(view);
  if (expected.kind !== "plain") {
    total[expected.kind]++;
    for (const words of expected.texts)
      if (!text.includes(words.trim()))
        problems.push(`${id} (${call?.name}): text of a ${expected.kind} result is missing`);
    if (/<\/?(?:persisted|truncated)-output>/.test(text)) problems.push(`${id}: a tag for the model`);
    if (expected.kind === "missing" && !/is not in this store|was not kept/.test(text))
      problems.push(`${id}: no note that the output is missing`);
    return problems;
  }
  const lines = resultLines(result);
  const raw = resultLines({ content: view.rawOutput });
  // The raw output has the exact text for the model, without reminders at its end; that of a subagent has not.
  const subagent = call?.name === "Agent" || call?.name === "Task";
  const report = subagent && !failed ? reportOf(result, record) : lines.replace(/\s*<system-reminder>[^]*$/, "");
  // Text in `content` is not sent twice: there, files have no line numbers, and both streams of a command have own blocks.
  const plain = report.replace(/^ *\d+[\t→]/gm, "");
  const streams = typeof record.stdout === "string" && record.backgroundTaskId === undefined;
  const shownWhole = [report, plain, report.trim(), report.replace(/^Exit code \d+\n/, "").trim()].some((it) =>
    text.includes(it),
  );
  if (!raw.includes(report) && !shownWhole && !(streams && !failed) && !isErrorShown(report, text))
    problems.push(`${id} (${call?.name}): text lost`);
  const printed = typeof record.stdout === "string" && record.backgroundTaskId === undefined && record.isImage !== true;
  if (!failed && alone && printed) {
    for (const stream of [record.stdout, record.stderr]) {
      if (!text.includes(stream.replace(/^\n+/, "").trimEnd()))
        problems.push(`${id} (${call?.name}): a stream is lost`);
    }
  }
  if (!failed && alone) {
    const wrong = wrongDiff(view, call, record);
    if (wrong === undefined) return problems;
    if (wrong) problems.push(`${id} (${call?.name}): ${wrong}`);
    else tool.diffs++;
  }
  return problems;
}

const isErrorShown = (report, text) =>
  text.includes(report.replace(/^<tool_use_error>([^]*)<\/tool_use_error>$/, "$1").trim());

const textOf = ({ content = [] }) =>
  content.map((item) => (item.type === "content" && item.content.type === "text" ? item.content.text : "")).join("\n");

const resultLines = ({ content }) => textsOf(content).join("\n");

/** Returns the report of a subagent, without the text for the model after it. */
function reportOf(result, record) {
  if (record.isAsync === true) return "";
  if (Array.isArray(record.content)) return resultLines(record);
  return resultLines(result).replace(/\n?agentId: [^]*$/, "");
}

/** Returns the fault of the shown diff, "" if it has none; undefined if no diff is expected. */
function wrongDiff({ content = [], locations = [] }, call, record) {
  const shown = content.filter(({ type }) => type === "diff");
  const { structuredPatch: patch, filePath, originalFile } = record;
  const expect = (diffs) => {
    const same = JSON.stringify(shown.map(({ path, oldText, newText }) => [path, oldText, newText]));
    return same === JSON.stringify(diffs) ? "" : `another diff: ${same.slice(0, 100)}`;
  };
  if (Array.isArray(patch) && patch.length > 0) {
    const side = (lines, mark) =>
      lines.flatMap((line) => ([" ", mark].includes(line[0]) ? [line.slice(1)] : [])).join("\n");
    const starts = patch.map(({ newStart }) => newStart);
    const lines = locations.map(({ line }) => line ?? 0);
    if (JSON.stringify(starts) !== JSON.stringify(lines))
      return `lines ${lines.join()}, but the transcript says ${starts.join()}`;
    return expect(patch.map((hunk) => [filePath, side(hunk.lines, "-"), side(hunk.lines, "+")]));
  }
  if (record.type === "create") return expect([[filePath, null, record.content]]);
  if (record.type === "update" && typeof originalFile === "string")
    return expect([[filePath, originalFile, record.content]]);
  const { file_path: path, old_string: old, new_string: made, content: whole } = call?.input ?? {};
  if (call?.name === "Edit" && typeof made === "string") return expect([[path, old || null, made]]);
  if (call?.name === "Write") return expect([[path, null, whole]]);
  return undefined;
}
