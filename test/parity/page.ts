/** docs/deviations.md, made from the table of deviations. */
import type { Deviation } from "./deviation.ts";

const HEAD = `# Deviations from the official helpers

Made by \`node scripts/deviations.mjs\` from \`test/parity/deviations.ts\`; do not edit.

The functions that share a name with the session helpers of \`@anthropic-ai/claude-agent-sdk\` 0.3.329 give the same results, write the same bytes and throw errors with the same messages, but for the cases below. Each is code: a predicate on the store and the call, the result that is expected instead, and the reason. The parity tests hold both implementations to it on generated stores and on recorded cases: \`npm run parity -- --mode plain --count 2000\` (stores without any such case: all functions equal) and \`npm run parity -- --mode all --count 100\` (stores made for each case: the declared result is what is seen).

Not offered: sessions in a \`sessionStore\`; a call with one throws \`InvalidArgument\` and leaves the disk alone.

Not deviations: further options and further functions; that \`deleteSession\` says what it did where the official one says nothing; classes and codes of errors; and the bytes of a fork's payloads, which are the source's where the official ones are written anew from what they parse to (compared as JSON, order of keys included).

Deviations that no store shows, since they are about the environment:

- \`HOME\` is read at every call, like \`CLAUDE_CONFIG_DIR\`. The official helpers remember the default directory for each value of the variable, so that a program which changes \`HOME\` goes on with the old one. Here sessions are never written to, or read from, a directory that is no longer the user's.
- The worktrees of a repository are read from git's own files. The official helpers run \`git\`, which takes \`GIT_DIR\` from the environment and refuses repositories of another owner. Here \`GIT_DIR\` counts for nothing, since in a hook of git it would make every directory part of one repository; who owns one counts for nothing either, since nothing of it is executed.

Not deviations either, as the official helpers read these like the functions here, and Claude Code alone does not when it resumes (\`test/real-cli/cases.test.ts\`):

- After a compaction that kept messages it knows nothing that was written before the last boundary but those. A message that hangs on another one follows the last that was kept.
- It ends a conversation at the last row of the file, and what was said last below that. Copies of a few old rows at the end of a file make what followed the originals the conversation again.
- It gives the model every prompt that waits in an attachment, also where another prompt follows. \`show\` and the servers have it, and \`includeCompacted\`.
- Of rows that hang on each other in a circle it sends what leads up to the last one. The official helpers give none where there is nothing else.

`;

export function deviationsPage(deviations: readonly Deviation[]): string {
  const list = deviations.map(({ id, title }) => `- [${title}](#${id})`).join("\n");
  const sections = deviations.map(
    ({ id, title, reason, official, ours }) =>
      `## ${id}\n\n**${title}.**\n\n- Official: ${official}\n- Here: ${ours}\n- Why: ${reason}\n`,
  );
  return `${HEAD}${list}\n\n${sections.join("\n")}`;
}
