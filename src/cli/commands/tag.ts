import { changeJsonHelp, choiceJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { CHOICE_OPTIONS } from "../filter/filter-options.ts";
import { type Command, UsageError } from "../terminal/command.ts";

export const command: Command = {
  summary: "Tag sessions, or remove tags",
  usage:
    "tag ID… TAG | tag ID… +TAG… -TAG… | tag ID… --clear [--dry-run]\ntag FILTER… TAG | tag FILTER… +TAG… -TAG… [--dry-run] [--yes]",
  details: `A session can have 32 tags of at most 100 characters. +TAG adds one and -TAG removes one; a word without a sign takes the
place of the first tag and leaves the others. The first tag is the one that Claude Code and the Agent SDK know. The line of
each session shows all the tags that it has then.`,
  notes: choiceJsonHelp('"tag": the first (null if none is left), "tags"'),
  options: {
    clear: { type: "boolean", help: "Remove all tags; with +TAG, all others." },
    ...CHOICE_OPTIONS,
    ...DRY_RUN,
  },
  positionals: "any",
  takesDashes: true,
  completes: "sessions",
  async run(invocation) {
    const { applyToEach, sessionFinder } = await import("../changes/batch.ts");
    const { chooseSessions } = await import("../changes/choose-sessions.ts");
    const { editSessionTags, planTags } = await import("../../store/annotate/session-annotation.ts");
    const { normalizeTag } = await import("../../store/annotate/normalize-tag.ts");
    const { printable } = await import("../terminal/terminal.ts");
    const { configDirs, positionals, values } = invocation;
    const signed = (sign: string): string[] =>
      positionals.filter((word) => word.startsWith(sign)).map((word) => normalizeTag(word.slice(1)));
    const [add, remove] = [signed("+"), signed("-")];
    const unsigned = positionals.filter((word) => !/^[+-]/.test(word));
    const isEdit = add.length + remove.length > 0 || values["clear"] === true;
    const first = isEdit ? undefined : normalizeTag(unsigned.at(-1) ?? "");
    const ids = isEdit ? unsigned : unsigned.slice(0, -1);
    if (!isEdit && unsigned.length === 0) throw new UsageError("a tag is missing");
    if ([first, ...add, ...remove].includes("")) throw new UsageError("the tag is empty; --clear removes all tags");
    const question = (what: string): string => `Change the tags of ${what}?`;
    const chosen = await chooseSessions(invocation, { question, given: ids, missing: isEdit ? undefined : "a tag" });
    if (chosen === undefined) return 1;
    const edit = { set: values["clear"] === true ? [] : undefined, first, add, remove };
    const sessions = sessionFinder(invocation);
    return applyToEach(invocation, {
      action: "tag",
      given: chosen.given,
      more: () => chosen.more ?? {},
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        const notes = sessions.warnings(copy, "the tag");
        const before = planTags(sessionId, {}, { configDirs });
        const tags = dryRun
          ? planTags(sessionId, edit, { configDirs })
          : await editSessionTags(sessionId, edit, { configDirs });
        const done = tags.length === 0 ? ["would untag", "untagged"] : ["would tag", "tagged"];
        const marks = tags.map((tag) => ` #${printable(tag)}`).join("");
        return {
          line: `${done[dryRun ? 0 : 1]} ${sessions.name(copy)}${marks}`,
          facts: { sessionId, tag: tags[0] ?? null, tags },
          notes,
          undo: { command: "tag", sessionId, words: ["--clear", ...before.map((tag) => `+${tag}`)] },
        };
      },
    });
  },
};

export const describe: Command = {
  summary: "Describe a session in your own words",
  usage: "describe ID TEXT… | describe ID… --clear [--dry-run]",
  details: `Lists and 'show' have the description after the title, and searches find it like a title. It replaces the one before. Its
words need no quotes, and it can have 2,000 characters.`,
  notes: changeJsonHelp('"description" (null if it was removed)'),
  options: { clear: { type: "boolean", help: "Remove the description." }, ...DRY_RUN },
  positionals: "some",
  completes: (before) => (before.length === 0 ? "sessions" : undefined),
  async run(invocation) {
    const { applyToEach, dashes, sessionFinder } = await import("../changes/batch.ts");
    const { describeSession, getSessionAnnotation, requireDescription } =
      await import("../../store/annotate/session-annotation.ts");
    const { printable } = await import("../terminal/terminal.ts");
    const { configDirs, positionals, values } = invocation;
    const clear = values["clear"] === true;
    const description = clear ? null : positionals.slice(1).join(" ");
    if (description?.trim() === "") {
      throw new UsageError("a description is missing. Usage: describe ID TEXT…, or describe ID… --clear to remove it");
    }
    requireDescription(description);
    const sessions = sessionFinder(invocation);
    return applyToEach(invocation, {
      action: "describe",
      given: clear ? positionals : positionals.slice(0, 1),
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        const before = (await getSessionAnnotation(sessionId, { configDirs }))?.description;
        if (!dryRun) await describeSession(sessionId, description, { configDirs });
        const done = description === null ? "removed the description of" : "described";
        const planned = description === null ? "would remove the description of" : "would describe";
        const words = description === null ? "" : `: ${printable(description)}`;
        return {
          line: `${dryRun ? planned : done} ${sessions.name(copy)}${words}`,
          facts: { sessionId, description },
          undo: {
            command: "describe",
            sessionId,
            words: before === undefined ? ["--clear"] : [...dashes(before), before],
          },
        };
      },
    });
  },
};
