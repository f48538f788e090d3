import type { Unread } from "../../store/read/unread.ts";
import { resolve } from "node:path";
import { asString } from "../../transcript/rows/json-values.ts";
import { changeJsonHelp, DRY_RUN } from "../changes/batch-help.ts";
import { type Command, mustBe } from "../terminal/command.ts";

export const command: Command = {
  summary: "Copy a session under a new id",
  usage: "fork ID [options]",
  details: `Use 'claude --resume' to continue the copy. The original session does not change.`,
  notes: changeJsonHelp('"forkId" (null in a dry run)'),
  options: {
    "up-to": {
      type: "string",
      value: "MESSAGE",
      help: "End the copy with this message: the uuid of a row, or the id of an API message (msg_…).",
    },
    cwd: {
      type: "string",
      value: "DIR",
      help: "Put the copy into the project of this directory.",
      completes: "projects",
    },
    title: {
      type: "string",
      value: "TITLE",
      help: 'Title of the copy. Default: the title of the session and " (fork)".',
    },
    subagents: { type: "boolean", help: "Also copy the transcripts of its subagents." },
    ...DRY_RUN,
  },
  positionals: "one",
  completes: "sessions",
  async run(invocation) {
    const { applyToEach, sessionFinder } = await import("../changes/batch.ts");
    const { isDirectory } = await import("../../store/layout/config-dir.ts");
    const { checkFork, forkSession } = await import("../../store/fork/fork-session.ts");
    const { requireSession } = await import("../../store/projects/find-copies.ts");
    const { resumable } = await import("../../store/projects/resumable.ts");
    const { resumeCommand } = await import("../../view/resume.ts");
    const { unreadWords } = await import("../../view/unread-words.ts");
    const { configDirs, terminal, values } = invocation;
    const dir = asString(values["cwd"]);
    const cwd = dir === undefined ? undefined : resolve(dir);
    if (cwd !== undefined && !isDirectory(cwd)) throw mustBe("--cwd", "an existing directory", cwd);
    const options = {
      configDirs,
      cwd,
      upToMessageId: asString(values["up-to"]),
      title: asString(values["title"]),
      includeSubagents: values["subagents"] === true,
    };
    const sessions = sessionFinder(invocation);
    return applyToEach(invocation, {
      action: "fork",
      find: sessions.find,
      async act({ value: copy }, dryRun) {
        const { sessionId } = copy;
        const name = sessions.name(copy);
        if (dryRun) {
          await checkFork(sessionId, options);
          return { line: `would fork ${name}`, facts: { sessionId, forkId: null } };
        }
        let unread: Unread | undefined;
        const onUnread = (what: Unread): void => void (unread = what);
        const { sessionId: forkId } = await forkSession(sessionId, { ...options, onUnread });
        const notes = unread === undefined ? [] : [`Not in the fork: ${unreadWords(unread).join(", ")}.`];
        if (terminal.isTty) {
          notes.push(`Continue it with: ${resumeCommand(resumable(requireSession(forkId, { configDirs })))}`);
        }
        return {
          line: `forked ${name} as ${forkId}`,
          facts: { sessionId, forkId, ...(unread !== undefined && { unread }) },
          notes,
          undo: { command: "delete", sessionId: forkId },
        };
      },
    });
  },
};
