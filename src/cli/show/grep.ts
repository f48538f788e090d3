import type { ConversationEntry } from "../../store/read/session-messages.ts";
import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import { asString, blocksOf, membersOf } from "../../transcript/rows/json-values.ts";
import { fileUse, inputOf } from "../../catalog/extract/edits.ts";
import { isCall, type RowText, textsOfRow } from "../../catalog/extract/row-texts.ts";
import { fileTest, modelTest, projectTest, valueTest } from "../../catalog/query/fact-conditions.ts";
import { TextMatcher } from "../../catalog/query/match-text.ts";
import { parseQuery } from "../../catalog/query/parse-query.ts";
import { type FactTerm, isTextTerm, type Query, type TextTerm, wantedTerms } from "../../catalog/query/query.ts";
import { snippetOf } from "../../catalog/query/snippet.ts";
import { TextScope, ToolNames } from "../../catalog/query/text-scope.ts";
import { storedTexts } from "../../catalog/refresh/stored-texts.ts";
import { byteProbe } from "../../catalog/scan/byte-probe.ts";
import { runWithin } from "../../catalog/scan/time-limit.ts";
import type { Message, Messages } from "../../view/messages.ts";
import { partsOf } from "../../view/parts.ts";
import type { Found, FoundText, Marker } from "../render/message-view.ts";

/** UTF-16 units of a snippet before and after the matches. */
const AROUND = 120;
/** Time for the regular expressions of a query in one message, ms. */
const MESSAGE_MS = 1000;
const MESSAGES_PER_TURN = 64;

type NamedTerm = Exclude<FactTerm, { readonly time: number } | { readonly value: boolean }>;

/** Facts of a session, which all its messages share. */
const OF_SESSION: ReadonlySet<FactTerm["kind"]> = new Set(["tag", "archived", "programmatic"]);

/**
 * Finds the messages of a conversation that match a query: all of its clauses hold in the message, in the texts that a search
 * looks at. Conditions on facts are asked of the message: its time, model, branch and directory, and the tools and files of
 * its calls.
 */
export class Grep {
  /** Sentences about parts of the query that were changed or left out. */
  readonly notes: readonly string[];
  /** Number of messages that regular expressions took too long for. */
  tooSlow = 0;
  readonly #open: OpenConversation;
  readonly #messages: Messages;
  readonly #query: Query;
  readonly #scope: TextScope;
  readonly #terms: readonly TextTerm[];
  readonly #matcher: TextMatcher;
  readonly #wanted: TextMatcher;
  readonly #hasRegex: boolean;
  readonly #mayHave: ReturnType<typeof byteProbe>;
  /** Calls of the whole conversation: a result has only the id of its call. */
  readonly #tools = new ToolNames();
  readonly #tests = new Map<FactTerm, (value: string) => boolean>();

  /** `now`: epoch ms, for durations. */
  constructor(text: string, open: OpenConversation, messages: Messages, now: number) {
    const query = parseQuery(text, now);
    this.#open = open;
    this.#messages = messages;
    this.#query = query;
    this.#scope = new TextScope(query.scope);
    const atoms = query.clauses.flat();
    this.#terms = atoms.map(({ term }) => term).filter(isTextTerm);
    this.#matcher = new TextMatcher(this.#terms);
    const wanted = wantedTerms(query);
    this.#wanted = new TextMatcher(wanted);
    this.#hasRegex = this.#terms.some(({ kind }) => kind === "regex");
    // Without a needed text, most messages cannot match, and need not be parsed.
    const needsText = query.clauses.some((all) => all.every(({ term, not }) => isTextTerm(term) && !not));
    this.#mayHave = needsText && !this.#scope.needsTools ? byteProbe(wanted) : undefined;
    const ofSession = atoms.map(({ term }) => term.kind).filter((kind) => OF_SESSION.has(kind as FactTerm["kind"]));
    this.notes = [
      ...query.notes.map((note) => note.text),
      ...[...new Set(ofSession)].map((kind) => `ignored ${kind}: because it is about sessions, not messages`),
    ];
  }

  /** Finds the places of what is looked for in a line. */
  readonly marker: Marker = (line) => {
    const ranges: [from: number, to: number][] = [];
    this.#within(() => {
      for (const { start, end } of this.#wanted.matches(line)) {
        const last = ranges.at(-1);
        if (last !== undefined && start < last[1]) last[1] = Math.max(last[1], end);
        else ranges.push([start, end]);
      }
    });
    return ranges;
  };

  /** Returns what was found in each of these messages, without those that do not match. */
  async find(numbers: readonly number[]): Promise<Map<number, Found>> {
    const all = new Map<number, Found>();
    if (this.#query.clauses.length === 0) return all;
    for (const [at, number] of numbers.entries()) {
      if (at % MESSAGES_PER_TURN === 0) await yieldToEventLoop();
      const found = this.#match(this.#messages.get(number));
      if (found !== undefined) all.set(number, found);
    }
    return all;
  }

  #match(message: Message): Found | undefined {
    const { from, to } = message;
    if (!this.#mayMatch(from, to)) return undefined;
    const entries = this.#messages.entries(message);
    const found = new Uint8Array(this.#terms.length);
    const texts: FoundText[] = [];
    let [inThinking, inHidden] = [false, false];
    const isDone = this.#within(() => {
      for (const { text, uuid, file } of this.#textsOf(entries)) {
        const tool = this.#tools.nameOf(text);
        if (!this.#scope.accepts(text, tool)) continue;
        this.#matcher.mark(text.text, found);
        const matches = this.#wanted.matches(text.text);
        if (matches.length === 0) continue;
        inThinking ||= text.column === "thinking";
        inHidden ||= text.column === "output" && text.role === "system";
        const { text: snippet, marks } = snippetOf(text.text, matches, AROUND);
        texts.push({ uuid, role: text.role, column: text.column, tool, snippet, marks, ...(file && { file }) });
      }
    });
    if (!isDone) this.tooSlow++;
    const holds = this.#query.clauses.every((atoms) =>
      atoms.some(({ term, not }) =>
        isTextTerm(term)
          ? (found[this.#terms.indexOf(term)] === 1) !== not
          : (this.#holds(term, entries) ?? !not) !== not,
      ),
    );
    return holds ? { matches: texts, inThinking, inHidden } : undefined;
  }

  /** Whether a row of the message may have what is looked for. */
  #mayMatch(from: number, to: number): boolean {
    const mayHave = this.#mayHave;
    if (mayHave === undefined) return true;
    for (let row = from; row < to; row++) {
      const { buffer, byteOffset, byteLength } = this.#open.bytes(row);
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      // Its output may have a file of its own.
      if (mayHave(bytes, 0, byteLength) || STORED.some((word) => bytes.includes(word))) return true;
    }
    return false;
  }

  /** Yields the texts of the rows of a message, and the outputs that have files of their own. */
  *#textsOf(
    entries: readonly ConversationEntry[],
  ): Generator<{ readonly text: RowText; readonly uuid: string; readonly file?: string }> {
    for (const entry of entries) {
      const { uuid } = entry.message;
      for (const text of textsOfRow(entry.entry)) yield { text, uuid };
      for (const part of partsOf(entry, this.#open)) {
        const toolUseId = part.kind === "result" ? part.id : undefined;
        for (const { file } of ("spilled" in part && part.spilled) || []) {
          if (file === undefined) continue;
          for (const { text } of storedTexts(file.path, file.bytes)) {
            const stored: RowText = { column: "output", role: "assistant", text, tool: undefined, toolUseId };
            yield { text: stored, uuid, file: file.name };
          }
        }
      }
    }
  }

  /** Whether a condition holds for a message; undefined if it is about the session. */
  #holds(term: FactTerm, entries: readonly ConversationEntry[]): boolean | undefined {
    const some = (wanted: NamedTerm, values: (entry: ConversationEntry) => readonly string[]): boolean =>
      entries.some((entry) => values(entry).some(this.#testOf(wanted)));
    const member = (name: string) => (entry: ConversationEntry) => [asString(entry.entry[name]) ?? []].flat();
    switch (term.kind) {
      case "tag":
      case "archived":
      case "programmatic":
        return undefined;
      case "after":
        return entries.some((entry) => Date.parse(String(entry.message["timestamp"])) >= term.time);
      case "before":
        return entries.some((entry) => Date.parse(String(entry.message["timestamp"])) <= term.time);
      case "branch":
        return some(term, member("gitBranch"));
      case "project":
        return some(term, member("cwd"));
      case "model":
        return some(term, ({ entry }) => [asString(membersOf(entry["message"])["model"]) ?? []].flat());
      case "tool":
        return some(term, (entry) =>
          textsOfRow(entry.entry).flatMap(({ column, tool }) => (column === "input" && tool) || []),
        );
      case "file":
        return some(term, ({ entry }) =>
          blocksOf(membersOf(entry["message"])["content"])
            .filter(isCall)
            .flatMap((block) => fileUse(inputOf(block), asString(entry["cwd"]))?.path ?? []),
        );
    }
  }

  #testOf(term: NamedTerm): (value: string) => boolean {
    let test = this.#tests.get(term);
    if (test === undefined) {
      const make = {
        project: projectTest,
        branch: valueTest,
        tag: valueTest,
        model: modelTest,
        file: fileTest,
        tool: valueTest,
      };
      this.#tests.set(term, (test = make[term.kind](term.value)));
    }
    return test;
  }

  #within(run: () => void): boolean {
    if (this.#hasRegex) return runWithin(MESSAGE_MS, run);
    run();
    return true;
  }
}

/** Words by which rows refer to stored output. */
const STORED = ["persisted", "tool-results", "truncated-output", "saved to"].map((word) => Buffer.from(word));

/** Returns the numbers of the messages to show: those found, the last ones only, with their neighbours. */
export function withNeighbours(
  numbers: readonly number[],
  found: ReadonlyMap<number, Found>,
  { last, context }: { readonly last: number | undefined; readonly context: number },
): number[] {
  const places = numbers.flatMap((number, at) => (found.has(number) ? [at] : []));
  const wanted = new Set<number>();
  for (const place of last === undefined ? places : places.slice(-last)) {
    for (let at = place - context; at <= place + context; at++) wanted.add(at);
  }
  return numbers.filter((_, at) => wanted.has(at));
}
