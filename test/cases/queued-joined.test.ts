import { expect, test } from "vitest";
import { forkSession, getSessionMessages } from "../../src/index.ts";
import { inOrder } from "../support/in-order.ts";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

const JOINED = ["then lint", "then commit", "compare it", "with this picture", "and last the docs"];

test("prompts that the CLI joined into one message are shown once, where it is", async () => {
  const dir = caseConfigDir("queued-joined");
  const [id = ""] = sessionIdsIn(dir);
  const { show, updates, mcp } = await onEverySurface(dir, id);
  const options = { configDirs: [dir], includeUndelivered: true };
  const messages = await getSessionMessages(id, options);
  const { sessionId } = await forkSession(id, { configDirs: [dir] });
  const copies = await getSessionMessages(sessionId, options);
  for (const shown of [show, mcp, JSON.stringify(updates), JSON.stringify(messages), JSON.stringify(copies)]) {
    expect(inOrder(shown, ["They pass.", ...JOINED.slice(0, 2), "Committed.", ...JOINED.slice(2), "Written."])).toBe(
      true,
    );
    expect(JOINED.map((words) => shown.split(words).length - 1)).toEqual(JOINED.map(() => 1));
    expect(shown).not.toMatch(/not delivered|undelivered/);
  }
});
