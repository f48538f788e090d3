import fs from "node:fs";
import path from "node:path";
import {
  deleteSession,
  listSessions,
  listTrash,
  loadSession,
  restoreSession,
  saveSession,
  SessionNotFoundError,
} from "../../src/index.ts";
import { sessionId } from "../support/config-dir.ts";
import { type SdkMessage, Stream } from "../support/sdk-messages.ts";
import { differences, isTemp, isTrash, leftovers, type Operation } from "./operations.ts";
import type { KillStore } from "./store.ts";

const SAVED = sessionId(3);
const SIDECAR = `projects/-a/${SAVED}/tool-results/1.txt`;
const isOwn = (at: string): boolean => at.includes(SAVED);

const stream = new Stream(SAVED);
const messages: readonly SdkMessage[] = [
  stream.user("One"),
  stream.answer([{ type: "text", text: "Two" }]),
  stream.result(0.1),
  stream.user("Three"),
  stream.answer([{ type: "text", text: "Four" }]),
  stream.result(0.2),
];
const others: readonly SdkMessage[] = [new Stream(SAVED).user("Something else")];

type Save = Parameters<typeof saveSession>[2];
const TAGS = ["x", "y"];
const placed = ({ options }: KillStore): Save => ({ ...options, cwd: "/a" });

/** The messages of the session, as text; undefined if it is not there. */
async function stored({ options }: KillStore): Promise<string | undefined> {
  try {
    return JSON.stringify((await loadSession(SAVED, options)).messages);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}

/** Whether the session is there with the first `least` of the messages, or more of them. */
function hasFirst(text: string | undefined, least: number): boolean {
  if (text === undefined) return false;
  const all = messages.map((_, i) => JSON.stringify(messages.slice(0, i + 1)));
  return all.slice(least - 1).includes(text);
}

const saving = (
  title: string,
  before: readonly SdkMessage[],
  { replace = false, tags = [] as string[] } = {},
): Operation => ({
  title,
  apart: false,
  variant: replace,
  async prepare(store) {
    if (before.length === 0) return;
    await saveSession(SAVED, before, placed(store));
    fs.mkdirSync(path.dirname(path.join(store.dir, SIDECAR)), { recursive: true });
    fs.writeFileSync(path.join(store.dir, SIDECAR), "output");
  },
  call: (store) => ({ name: "saveSession", args: [SAVED, messages, { ...placed(store), replace, tags }] }),
  async check(store, was) {
    const problems = differences(was, store.see(), (at) => !isOwn(at) && !isTrash(at) && !isTemp(at));
    await listSessions(store.options);
    const now = await stored(store);
    const isOld = now === JSON.stringify(before);
    if (!replace) {
      const isSound =
        before.length === 0
          ? now === undefined || hasFirst(now, messages.length)
          : isOld || hasFirst(now, before.length);
      if (!isSound) problems.push(`the session has ${now}`);
      if (before.length > 0 && was[SIDECAR] !== store.see()[SIDECAR]) problems.push("the other files are gone");
      return problems;
    }
    const isNew = hasFirst(now, messages.length);
    if (now !== undefined && !isOld && !isNew) problems.push(`the session has ${now}`);
    const kept = Object.keys(store.see()).filter((at) => at.endsWith("tool-results/1.txt"));
    if (kept.length !== 1) problems.push(`the other files are at ${kept.join()}`);
    return problems;
  },
  async again(store, was) {
    const problems: string[] = [];
    await saveSession(SAVED, messages, { ...placed(store), replace, tags });
    problems.push(...leftovers(store));
    const { messages: now, metadata } = await loadSession(SAVED, store.options);
    if (JSON.stringify(now) !== JSON.stringify(messages)) problems.push("it does not have all messages");
    if (metadata.tags.join() !== tags.join()) problems.push(`its tags are ${metadata.tags.join()}`);
    const { written } = await saveSession(SAVED, messages, placed(store));
    if (written > 0) problems.push("a third run had something to write");
    if (!replace) return problems;
    const [entry, ...more] = await listTrash(store.options);
    if (entry === undefined || more.length > 0) return [...problems, `${more.length} more entries in the trash`];
    await deleteSession(SAVED, { ...store.options, permanent: true });
    await restoreSession(entry.id, store.options);
    if ((await stored(store)) !== JSON.stringify(before)) problems.push("the old session does not come back");
    if (store.see()[SIDECAR] !== was[SIDECAR]) problems.push("the other files do not come back");
    return problems;
  },
});

export const saves: readonly Operation[] = [
  saving("saveSession", [], { tags: TAGS }),
  saving("saveSession, with more messages", messages.slice(0, 3)),
  saving("saveSession, in place of another", others, { replace: true }),
];
