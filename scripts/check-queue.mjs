/**
 * Finds prompts that were typed during a turn and are only in `queue-operation` rows, in the simplest way and without code
 * of src/.
 */
import { textsOf } from "./check-results.mjs";

/** Reasons for removing a prompt without delivering it here: it was dropped, or delivered elsewhere. */
const DROPPED = new Set([
  "dropped_by_hook",
  "cleared_on_cancel",
  "cancelled_by_sender",
  "superseded_by_resume",
  "agent_stopped",
  "not_carried_to_background",
  "rewound",
]);
const ELSEWHERE = new Set([
  "delivered_as_tool_result",
  "delivered_to_agent",
  "carried_to_background",
  "stored_at_idle",
]);

/**
 * Returns the queued prompts of a transcript, given all its rows in file order. `delivered`: `{ content, at }`, with the place
 * in `rows` of the operation that delivered it. `waiting`: contents left in the queue. `counts`: operations by their names, and
 * numbers of prompts that have a row of their own (`row`), share one (`joined`), or were taken back (`back`).
 */
export function queuedPrompts(rows) {
  const counts = new Map();
  const count = (what) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const written = writtenTexts(rows);
  let queue = [];
  const dropped = [];
  const delivered = [];

  const take = (text) => {
    const found = queue.find((one) => one.text === text);
    queue = queue.filter((one) => one !== found);
    return found;
  };
  const takeFirst = () => take((queue.find(({ text }) => !isNews(text)) ?? queue[0])?.text);
  /** Whether a row after `from` has the text. Each row counts for one prompt. */
  const hasRow = ({ text, at: from }) => {
    const found = written.find((one) => !one.claimed && one.at > from && one.text === text);
    if (found !== undefined) found.claimed = true;
    return found !== undefined;
  };
  const claimNext = (from) => {
    const next = written.find((one) => !one.claimed && one.at > from && one.isPrompt);
    if (next !== undefined) next.claimed = true;
    return next !== undefined;
  };
  /** Takes the prompts of a run of dequeues that the CLI made one row of, joined. Returns how many they are. */
  const takeJoined = (from) => {
    const next = written.find((one) => !one.claimed && one.at > from && one.isPrompt);
    const run = rows.slice(from, next?.at ?? from).filter(({ operation }) => operation === "dequeue").length;
    const typed = queue.filter((one) => !isNews(one.text));
    const runs = typed.map((_, i) => typed.slice(i, i + run));
    const joined = runs.find((some) => some.map(({ text }) => text).join("") === next?.text);
    if (run < 2 || joined === undefined) return 0;
    next.claimed = true;
    queue = queue.filter((one) => !joined.includes(one));
    return joined.length;
  };
  const nextText = (from, isKind) => written.find((one) => one.at > from && !one.claimed && isKind(one))?.text;

  /** Dequeues whose prompts were taken at the first of their run. */
  let done = 0;
  for (const [at, row] of rows.entries()) {
    if (row.type !== "queue-operation") continue;
    const { operation, content, reason } = row;
    const text = bare(textOf(content));
    count(operation);
    if (operation === "enqueue") queue.push({ text, content, at });
    else if (operation === "dequeue") {
      if (done === 0) done = takeJoined(at);
      if (done > 0) {
        done--;
        count("joined");
        continue;
      }
      const own = take(text === "" ? nextText(at, ({ isPrompt }) => isPrompt) : text) ?? takeFirst();
      if (own === undefined) continue;
      if (hasRow(own)) count("row");
      // Slash commands and pasted texts are written in another form; a command may have no row.
      else if (claimNext(at) || own.text.startsWith("/")) count("row of other words");
      else dropped.push(own);
    } else if (operation === "popAll" || operation === "popOne") {
      const back = text === "" ? undefined : take(text);
      if (back !== undefined) count("back");
      else if (operation === "popOne") {
        if (queue.pop() !== undefined) count("back");
      } else {
        for (const { text: typed } of queue) if (!isNews(typed)) count("back");
        queue = queue.filter(({ text: typed }) => isNews(typed));
      }
    } else if (operation === "remove") {
      const next = nextText(at, ({ isPrompt }) => !isPrompt);
      const one = (text === "" ? (take(next) ?? takeFirst()) : take(text)) ?? { text, content, at };
      if (one.text === "") continue;
      if (ELSEWHERE.has(reason)) count("elsewhere");
      else if (DROPPED.has(reason)) dropped.push(one);
      else if (hasRow(one)) count("row");
      else delivered.push({ content: one.content, at });
    }
  }
  const left = [...queue, ...dropped].sort((a, b) => a.at - b.at);
  const waiting = left.filter(({ text }) => text !== "").filter((one) => !hasRow(one) || count("row"));
  return { delivered, waiting: waiting.map(({ content }) => content), counts };
}

/** Returns texts in the conversation that may be queued prompts; `isPrompt`: in a user row. */
function writtenTexts(rows) {
  const known = new Set();
  return rows.flatMap((row, at) => {
    const { type, uuid, message, attachment } = row;
    if (typeof uuid !== "string" || known.has(uuid)) return [];
    known.add(uuid);
    if (type === "attachment" && attachment?.type === "queued_command")
      return [{ at, text: bare(textOf(attachment.prompt)), isPrompt: false }];
    if (type !== "user" || row.isSidechain === true || row.isCompactSummary === true) return [];
    const isResult = Array.isArray(message?.content) && message.content.some((block) => block?.type === "tool_result");
    return isResult ? [] : [{ at, text: bare(textOf(message?.content)), isPrompt: row.isMeta !== true }];
  });
}

const textOf = (content) => textsOf(content).join("\n");

const bare = (text) => text.replace(/\s+/g, "");
const isNews = (text) => text.startsWith("<task-notification>");
