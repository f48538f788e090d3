/** Counts the parts of a session that can be found in the updates of a load. */

const TERMINAL = new Set(["completed", "failed"]);
/** Markup that no person wrote and no editor hides. */
const MACHINERY =
  /<(system-reminder|local-command-caveat|local-command-stdout|command-message|bash-stdout|task-notification)>/;

/** @returns for each aspect `{shown, of}` if more is better, or `{count}` if 0 is best */
export function tally(parts, { updates, late, changedBytes, error }) {
  const said = { user: joined(updates, "user_message_chunk"), agent: joined(updates, "agent_message_chunk") };
  const thought = joined(updates, "agent_thought_chunk");
  const calls = callsOf(updates);
  const plans = updates.filter(({ sessionUpdate }) => sessionUpdate === "plan" || sessionUpdate === "plan_update");
  const isSaid =
    (side) =>
    ({ text }) =>
      said[side].includes(squeezed(text));
  const withText = parts.results.filter(({ text, id }) => longestLine(text) !== "" && !isEdit(parts, id));
  const earlier = [...parts.prompts, ...parts.answers].filter(({ early }) => early);
  return {
    prompts: part(parts.prompts, isSaid("user")),
    answers: part(parts.answers, isSaid("agent")),
    earlier: part(earlier, (item) => isSaid("user")(item) || isSaid("agent")(item)),
    thoughts: part(parts.thoughts, ({ text }) => thought.includes(squeezed(text))),
    commands: part(parts.commands, ({ text }) => said.user.includes(squeezed(text)) || calls.titles.has(text)),
    calls: part(parts.calls, ({ id }) => calls.byId.has(id)),
    planCalls: part(parts.planCalls, ({ id }) => calls.byId.has(id) || plans.length > 0),
    results: part(parts.results, ({ id }) => TERMINAL.has(calls.byId.get(id)?.status)),
    failures: part(
      parts.results.filter(({ failed }) => failed),
      ({ id }) => calls.byId.get(id)?.status === "failed",
    ),
    resultTexts: part(withText, ({ id, text }) => calls.byId.get(id)?.text.includes(longestLine(text)) === true),
    diffs: part(parts.patches, ({ id, hunks }) => showsHunks(calls.byId.get(id), hunks)),
    diffLines: part(parts.patches, ({ id, hunks }) => showsLines(calls.byId.get(id), hunks)),
    overwrites: part(
      parts.patches.filter(({ overwritten }) => overwritten),
      ({ id }) => calls.byId.get(id)?.diffs.some(({ oldText }) => oldText) === true,
    ),
    subagentCalls: part(parts.subagentCalls, ({ id }) => calls.has(id)),
    images: { shown: Math.min(parts.images.length, imagesOf(updates)), of: parts.images.length },
    compactions: { shown: Math.min(parts.compactions, compactionsOf(updates)), of: parts.compactions },
    usage: { shown: updates.some(({ sessionUpdate }) => sessionUpdate === "usage_update") ? 1 : 0, of: 1 },
    hidden: { count: parts.hidden.filter(isSaid("user")).length },
    machinery: { count: updates.filter((update) => MACHINERY.test(chunkText(update))).length },
    summaries: { count: summariesAsPrompts(parts, updates) },
    withoutId: { count: updates.filter((update) => isChunk(update) && !update.messageId).length },
    open: { count: [...calls.byId.values()].filter(({ status }) => !TERMINAL.has(status)).length },
    late: { count: late.length },
    changed: { count: changedBytes === 0 ? 0 : 1 },
    errors: { count: error === undefined ? 0 : 1 },
  };
}

const part = (items, isShown) => ({ shown: items.filter(isShown).length, of: items.length });
const isChunk = ({ sessionUpdate }) => sessionUpdate.endsWith("message_chunk");
const chunkText = (update) => (isChunk(update) && update.content?.type === "text" ? update.content.text : "");
const isEdit = ({ patches }, id) => patches.some((patch) => patch.id === id);

/** Removes white space, because programs trim and join texts differently. */
const squeezed = (text) => text.replaceAll(/\s+/g, "");

function joined(updates, kind) {
  return squeezed(
    updates
      .filter(({ sessionUpdate, content }) => sessionUpdate === kind && content?.type === "text")
      .map(({ content }) => content.text)
      .join(""),
  );
}

/** Returns the longest line of a result, without the line number that files have. */
function longestLine(text) {
  const lines = text
    .split("\n")
    .map((line) => squeezed(line.replace(/^\s*\d+[→\t]/, "")))
    .filter((line) => !line.startsWith("<"));
  return lines.reduce((longest, line) => (line.length > longest.length ? line : longest), "").slice(0, 200);
}

/** Returns the tool calls with their updates merged, as a client has them. */
function callsOf(updates) {
  const byId = new Map();
  const titles = new Set();
  const nested = new Set();
  for (const update of updates) {
    if (update.sessionUpdate !== "tool_call" && update.sessionUpdate !== "tool_call_update") continue;
    const { sessionUpdate: _, ...fields } = update;
    const merged = { ...byId.get(update.toolCallId), ...fields };
    byId.set(update.toolCallId, merged);
    titles.add(merged.title);
    nested.add(update.toolCallId.split(/[:/]/).at(-1));
  }
  for (const call of byId.values()) {
    const content = call.content ?? [];
    call.diffs = content.filter(({ type }) => type === "diff");
    call.text = squeezed(
      content.map((item) => item.content?.text ?? `${item.oldText ?? ""}${item.newText ?? ""}`).join(""),
    );
  }
  return { byId, titles, has: (id) => byId.has(id) || nested.has(id) };
}

/** Whether a diff has all removed and added lines of a hunk. */
function showsHunks(call, hunks) {
  const old = squeezed((call?.diffs ?? []).map(({ oldText }) => oldText ?? "").join("\n"));
  const now = squeezed((call?.diffs ?? []).map(({ newText }) => newText ?? "").join("\n"));
  return hunks.every((hunk) => {
    const side = (mark) => hunk.lines.filter((line) => line.startsWith(mark)).map((line) => squeezed(line.slice(1)));
    return side("-").every((line) => old.includes(line)) && side("+").every((line) => now.includes(line));
  });
}

/** Whether the place of every hunk is given: its first line, or its first changed line. */
function showsLines(call, hunks) {
  const told = new Set((call?.locations ?? []).map(({ line }) => line));
  return hunks.every((hunk) => {
    const before = hunk.lines.findIndex((line) => !line.startsWith(" "));
    return told.has(hunk.newStart) || told.has(hunk.newStart + Math.max(before, 0));
  });
}

const imagesOf = (updates) =>
  updates
    .flatMap((update) =>
      Array.isArray(update.content) ? update.content.map(({ content }) => content) : [update.content],
    )
    .filter((content) => content?.type === "image").length;

/** Counts the places at which a client can see that the conversation was compacted. */
const compactionsOf = (updates) =>
  updates.filter(
    (update) =>
      update.sessionUpdate === "compaction_update" ||
      (update.sessionUpdate !== "user_message_chunk" && JSON.stringify(update._meta ?? {}).includes("ompact")),
  ).length;

/** Counts the summaries that are shown as messages of the user. */
function summariesAsPrompts(parts, updates) {
  const user = joined(updates, "user_message_chunk");
  return parts.summaries.filter(({ text }) => user.includes(squeezed(text))).length;
}
