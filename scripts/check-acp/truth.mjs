/**
 * Derives the expected updates of a load from the JSONL alone, in the simplest way and without code of src/: whole files,
 * `JSON.parse`, and one walk from the last row upwards.
 */
import fs from "node:fs";
import { queuedPrompts } from "../check-queue.mjs";
import { blocksOf, isCall, isResult, outputOf, resultOf } from "../check-results.mjs";

/**
 * `chain`: texts of the current branch, in order: `{ id, role, text }`, role `user`, `agent` or `thought`, or
 * `{ notification }` for news of a task; `queued`: `delivered` or `waiting` if it is only in the queue. `beside`: number of
 * texts next to the chain, by `keyOf`. `operations`: counts of queue operations. `team`: number of rows of a team. `calls`,
 * `results`: ids on the chain. `rows`: block and result of each call. `hidden`: number of texts that each rule hides.
 */
export function readTruth(file) {
  storeOf = file;
  const rows = readRows(file);
  const { all, byId, place, boundaries } = readLinks(rows);
  const isMain = (row) => row.isSidechain !== true && row.type !== "progress";
  const isSaid = (row) => row.type === "user" || row.type === "assistant";
  const lastBefore = (to) => all.findLast((row) => place(row) < to && isMain(row) && (isSaid(row) || isBoundary(row)));

  /** Returns the row that kept messages come after: the one that the boundary names, else the summary. */
  const anchorOf = (boundary, row) => {
    const between = all.filter((other) => place(other) >= place(boundary) && place(other) < place(row));
    const named = between.find(({ uuid }) => uuid === boundary.compactMetadata.preservedMessages.anchorUuid);
    return named ?? between.findLast(({ isCompactSummary }) => isCompactSummary === true) ?? boundary;
  };
  const above = (row) => {
    const before = boundaries.findLast((boundary) => place(boundary) < place(row));
    const since = before === undefined ? -1 : place(before);
    if (isBoundary(row) && row.parentUuid === null) {
      const named = byId.get(row.logicalParentUuid);
      const isOfPart = named !== undefined && place(named) > since && place(named) < place(row);
      return isOfPart && isMain(named) ? named : lastBefore(place(row));
    }
    const parent = row.parentUuid;
    if (parent === null || parent === undefined) return undefined;
    const kept = before?.compactMetadata?.preservedMessages;
    if (kept?.uuids.includes(parent) && !kept.uuids.includes(row.uuid)) return anchorOf(before, row);
    // After the copy of a row from before a compaction, the conversation continues from its end at that time.
    const isOfCopy = rows.some((copy, at) => copy.uuid === parent && at > since && at < place(row));
    if (byId.has(parent))
      return isOfCopy && place(byId.get(parent)) < since ? lastBefore(place(row)) : byId.get(parent);
    return all.findLast((other) => place(other) < place(row) && isMain(other));
  };
  const up = (row, found) => {
    const seen = new Set();
    for (let at = row; at !== undefined && !seen.has(at); at = above(at)) {
      seen.add(at);
      if (found(at)) return at;
    }
    return undefined;
  };

  let chain = [];
  const leaf = lastSaid({ rows, all, byId, isMain, isSaid, up });
  if (leaf) up(leaf, (row) => void chain.unshift(row));
  // Messages that a compaction kept and that are on both sides of it come after its summary.
  for (const boundary of chain.filter(isBoundary)) {
    const { uuids = [], anchorUuid } = boundary.compactMetadata?.preservedMessages ?? {};
    const kept = uuids.map((uuid) => byId.get(uuid)).filter(Boolean);
    if (!kept.some((row) => place(row) > place(boundary))) continue;
    chain = chain.filter((row) => !kept.includes(row));
    const anchor = chain.findIndex(({ uuid }) => uuid === anchorUuid);
    chain.splice((anchor < 0 ? chain.indexOf(boundary) : anchor) + 1, 0, ...kept);
  }
  const hidden = new Map();
  const hide = (rule) => void hidden.set(rule, (hidden.get(rule) ?? 0) + 1);
  const main = chain.filter((row) => (isSaid(row) || row.type === "system") && isMain(row));
  for (const row of main)
    if (row.isMeta === true && texts(row).length > 0) hide("a meta row (caveats, reminders, skills)");
  const shown = main.filter((row) => row.isMeta !== true);
  const ids = new Set(chain.map(({ uuid }) => uuid));
  const messages = new Set(chain.flatMap(({ type, message }) => (type === "assistant" ? [message?.id] : [])));

  // Next to the chain: rows of the same API message, results of its calls, queued prompts, and commands below the chain with
  // no message in between.
  const beside = new Map();
  for (const row of all) {
    if (ids.has(row.uuid) && row.type !== "attachment") continue;
    const sibling = row.type === "assistant" && messages.has(row.message?.id);
    const result = row.type === "user" && blocks(row).some(({ type }) => type === "tool_result");
    const queued = row.type === "attachment" && row.attachment?.type === "queued_command";
    const command = row.subtype === "local_command" && ids.has(up(row, (it) => isSaid(it) || ids.has(it.uuid))?.uuid);
    if (!sibling && !result && !queued && !command) continue;
    for (const said of sayings(queued ? asPrompt(row) : row, () => undefined)) {
      beside.set(keyOf(said), (beside.get(keyOf(said)) ?? 0) + 1);
    }
  }

  const calls = new Map();
  for (const row of all.filter(isMain)) {
    for (const block of blocks(row)) {
      if (isCall(block)) calls.set(block.id, { ...calls.get(block.id), call: block, cwd: row.cwd });
      if (isResult(block)) {
        const shown = resultOf(file, block);
        calls.set(block.tool_use_id, { ...calls.get(block.tool_use_id), result: block, row, shown });
      }
    }
  }
  // All rows of an answer on the chain count: of parallel calls only one may be on it.
  const answers = all.filter(
    (row) => row.type === "assistant" && isMain(row) && row.isMeta !== true && messages.has(row.message?.id),
  );
  const idsOf = (is, key) =>
    new Set([...shown, ...answers].flatMap((row) => blocks(row).flatMap((block) => (is(block) ? [block[key]] : []))));
  const isTaken = (row) =>
    ids.has(row.uuid) ||
    messages.has(row.message?.id) ||
    blocks(row).some((block) => isResult(block) && idsOf(isCall, "id").has(block.tool_use_id));
  const queue = queuedPrompts(rows);
  const behind = new Map();
  let off = 0;
  for (const { content, at } of queue.delivered) {
    const before = all.findLast((row) => place(row) < at && isMain(row) && isSaid(row));
    if (before !== undefined && !isTaken(before)) off++;
    else {
      const row = endOfAnswer(chain, at, place);
      behind.set(row, [...(behind.get(row) ?? []), ...asQueued(content, "delivered", hide)]);
    }
  }
  return {
    conversation: all.some((row) => isMain(row) && isSaid(row)),
    chain: [
      ...(behind.get(undefined) ?? []),
      ...chain.flatMap((row) => [...(shown.includes(row) ? sayings(row, hide) : []), ...(behind.get(row) ?? [])]),
      ...queue.waiting.flatMap((content) => asQueued(content, "waiting", hide)),
    ],
    operations: new Map([...queue.counts, ...(off > 0 ? [["off", off]] : [])]),
    team: all.filter((row) => isTaken(row) && isSaid(row) && row.teamName !== undefined).length,
    beside,
    calls: [...idsOf(isCall, "id")],
    // With parallel calls, the result of a call on the chain may be next to it.
    results: [
      ...new Set([
        ...idsOf(isResult, "tool_use_id"),
        ...[...idsOf(isCall, "id")].filter((id) => calls.get(id)?.result !== undefined),
      ]),
    ],
    rows: calls,
    hidden,
    last: shown.at(-1),
  };
}

/** Returns the last row of the chain before a place in the file, or the last result of an answer that had not ended. */
function endOfAnswer(chain, at, place) {
  let i = chain.findLastIndex((row) => place(row) < at);
  const isOfAnswer = (row) =>
    row.type === "assistant" ? row.message?.id === answer : row.type !== "user" || blocks(row).some(isResult);
  const answer = chain.findLast((row, j) => j <= i && row.type === "assistant")?.message?.id;
  if (i < 0 || !isOfAnswer(chain[i])) return chain[i];
  for (let j = i + 1; j < chain.length && isOfAnswer(chain[j]); j++) if (chain[j].type !== "system") i = j;
  return chain[i];
}

/** Returns the texts of a prompt that is only in the queue. The server makes its id. */
function asQueued(content, queued, hide) {
  const said = sayings({ type: "user", message: { content } }, hide);
  if (queued === "delivered") return said.map((one) => ({ ...one, queued }));
  const texts = said.map(({ text, notification: { summary, result } = {} }) => text ?? [summary, result].join("\n\n"));
  return texts.map((text) => ({ role: "agent", text: `*Queued, not delivered:*\n\n${text.trim()}`, queued }));
}

/** The current transcript: other files are next to it. */
let storeOf;

export const keyOf = ({ id, role, text, notification }) =>
  [id, role ?? "news", text ?? notification.result].join("\u0000");

/** Returns the tool calls in a transcript of a subagent. */
export const callsIn = (file) =>
  readRows(file).flatMap((row) =>
    blocks(row).flatMap((block) => (isCall(block) ? [{ id: block.id, name: block.name }] : [])),
  );

const isBoundary = ({ type, subtype }) => type === "system" && subtype === "compact_boundary";

/**
 * Returns the linked rows, each uuid once, in order. The last copy counts; but if a compaction is between the copies, the
 * first has the links and the place.
 */
function readLinks(rows) {
  const kinds = new Set(["user", "assistant", "system", "attachment", "progress"]);
  const copies = new Map();
  for (const [at, row] of rows.entries()) {
    if (typeof row.uuid !== "string" || !kinds.has(row.type)) continue;
    copies.set(row.uuid, [...(copies.get(row.uuid) ?? []), { row, at }]);
  }
  const firsts = [...copies.values()].map(([first]) => first);
  const bounds = firsts.filter(({ row }) => isBoundary(row)).map(({ at }) => at);
  const places = new Map();
  const all = [...copies.values()].map((each) => {
    const [first] = each;
    const last = each.at(-1);
    const isApart = bounds.some((at) => at > first.at && at < last.at);
    const { row, at } = isApart ? first : last;
    places.set(row.uuid, at);
    return { ...last.row, parentUuid: row.parentUuid ?? null, logicalParentUuid: row.logicalParentUuid };
  });
  const place = ({ uuid }) => places.get(uuid);
  all.sort((a, b) => place(a) - place(b));
  return { all, byId: new Map(all.map((row) => [row.uuid, row])), place, boundaries: all.filter(isBoundary) };
}

function readRows(file) {
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        const row = JSON.parse(line);
        return typeof row === "object" && row !== null ? [row] : [];
      } catch {
        return [];
      }
    });
}

/**
 * Returns the last message of the current branch: from the last row without children upwards. A rewind (a `last-prompt` row
 * with `explicit`) after all messages is the end.
 */
function lastSaid({ rows, all, byId, isMain, isSaid, up }) {
  const rewind = rows.findLastIndex((row) => row.type === "last-prompt" && row.explicit === true);
  if (rewind >= 0 && !rows.slice(rewind).some((row) => isSaid(row) && isMain(row)))
    return byId.get(rows[rewind].leafUuid);
  const parents = new Set(all.filter(isMain).map(({ parentUuid }) => parentUuid));
  const ends = all.filter((row) => isMain(row) && !parents.has(row.uuid));
  for (const end of ends.reverse()) {
    const said = up(end, isSaid);
    if (said) return said;
  }
  return undefined;
}

/** Returns the blocks of a row. One without a type is shown by that name. */
export const blocks = ({ message }) =>
  blocksOf(message?.content).map((block) => (block.type === "block" ? { type: "text", text: "[block]" } : block));

const texts = (row) => blocks(row).filter(({ type }) => type === "text");

const asPrompt = ({ uuid, attachment: { prompt, source_uuid: source } }) => ({
  type: "user",
  uuid: source ?? uuid,
  message: { content: prompt },
});

/** Returns the texts of a row, in order. */
function sayings(row, hide) {
  const { uuid: id, type, message } = row;
  if (type === "system") {
    if (row.subtype === "local_command") return userSayings(row.content ?? "", id, hide);
    if (row.subtype === "compact_boundary") return [{ id, role: "agent", text: boundaryText(row) }];
    hide(`a notice (${row.subtype})`);
    return [];
  }
  if (type === "user" && row.isCompactSummary === true)
    return texts(row).map(({ text }) => ({ id, role: "agent", text: unframed(text) }));
  if (type === "user") return texts(row).flatMap(({ text }) => userSayings(text, id, hide));
  if (type !== "assistant") return [];
  return blocks(row).flatMap((block) => {
    const said = { id: message?.id ?? id };
    if (block.type === "thinking") return block.thinking ? [{ ...said, role: "thought", text: block.thinking }] : [];
    if (block.type !== "text") return [];
    if (message.model !== "<synthetic>" || block.text !== "No response requested.")
      return [{ ...said, role: "agent", text: block.text }];
    hide("the answer to no request");
    return [];
  });
}

function boundaryText({ compactMetadata: { trigger, preTokens } = {} }) {
  const about = [trigger, preTokens === undefined ? undefined : `${preTokens.toLocaleString("en")} tokens before`];
  return `*Conversation compacted (${about.filter(Boolean).join(", ")})*`.replace(" ()", "");
}

/** Removes the text that the CLI adds around a summary. */
const unframed = (text) =>
  text
    .replace(/^This session is being continued from a previous conversation.*\n+(Summary:\s*)?/, "")
    .replace(
      /\n+(If you need specific details from before compaction|(Please c|C)ontinue the conversation from where)[^]*$/,
      "",
    );

const ELEMENT =
  /^\s*<(command-(?:name|message|args)|(?:bash|local-command)-std(?:out|err)|bash-input|local-command-caveat|task-notification|system-reminder|user-prompt-submit-hook|ide_(?:opened_file|selection|diagnostics))>([^]*?)<\/\1>/;
const NEWS = /^\s*<(task-notification)>([^]*)<\/\1>/;
/** Line after news that names the file of the output or of the whole conversation. */
const POINTER = /^\s*((?:Full transcript available at|Read the output file to retrieve the result): .*)/;
const PEER =
  /^\s*<teammate-message teammate_id="([^"]+)"(?: color="[^"]*")?(?: summary="([^"]*)")?>([^]*?)<\/teammate-message>/;
const INTERRUPTION = /^\s*\[(Request interrupted by user[^\]]*)\]\s*$/;

function userSayings(text, id, hide) {
  const said = [];
  let rest = text;
  const [, interruption] = INTERRUPTION.exec(text) ?? [];
  if (interruption !== undefined) return [{ id, role: "agent", text: `*${interruption}*` }];
  let name;
  let args = "";
  for (;;) {
    const [message, from, summary, body] = PEER.exec(rest) ?? [];
    if (message !== undefined) {
      rest = rest.slice(message.length);
      const lead = `Note from ${from}${summary ? `: ${plain(summary)}` : ""}`;
      said.push({ id, role: "agent", text: `${lead}\n\n${plain(body).trim()}` });
      continue;
    }
    const [element, tag, inside] = (NEWS.exec(rest) ?? ELEMENT.exec(rest)) || [];
    if (element === undefined) break;
    rest = rest.slice(element.length);
    if (tag === "command-name") name = inside.trim();
    else if (tag === "command-args") args = inside.trim();
    else if (tag === "command-message") name ??= `/${inside.trim()}`;
    else if (tag === "bash-input") said.push({ id, role: "user", text: `! ${plain(inside).trim()}` });
    else if (tag.includes("-std")) said.push(...output(plain(inside), id, hide));
    else if (tag === "task-notification") {
      const [line = "", pointer] = POINTER.exec(rest) ?? [];
      rest = rest.slice(line.length);
      said.push({ id, notification: news(inside, pointer) });
    } else hide(`<${tag}>`);
  }
  if (name !== undefined) said.unshift({ id, role: "user", text: `${name} ${args}`.trim() });
  for (let end; (end = /(^|\n)<system-reminder>(?:(?!<system-reminder>)[^])*<\/system-reminder>\s*$/.exec(rest));) {
    rest = rest.slice(0, end.index).trimEnd();
    hide("<system-reminder>");
  }
  const typed = rest.replace(/<pasted_content id="([0-9a-f]{4})">\n([^]*?)\n?<\/pasted_content id="\1">/g, "$2");
  if (typed.trim() !== "") said.push({ id, role: "user", text: typed });
  return said;
}

const plain = (text) =>
  /[<>]/.test(text) ? text : text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function output(text, id, hide) {
  const said = outputOf(storeOf, text)
    .texts.join("")
    // oxlint-disable-next-line no-control-regex -- the escape character is searched for
    .replace(/\u001b\[[\d;?]*[A-Za-z]/g, "")
    .replace(/^\n+/, "")
    .trimEnd();
  if (said === "" || said === "(no content)") hide("output of a command that printed nothing");
  else return [{ id, role: "agent", text: said.includes("\n") ? `\`\`\`\n${said}\n\`\`\`` : said }];
  return [];
}

function news(inside, pointer) {
  const [, summary = ""] = /<summary>([^]*?)<\/summary>/.exec(inside) ?? [];
  const [, result = ""] = /<result>([^]*)<\/result>/.exec(inside) ?? [];
  const report = [plain(result).trim(), pointer].filter(Boolean).join("\n\n");
  return { summary: plain(summary.trim()), result: report };
}
