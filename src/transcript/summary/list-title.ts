/**
 * Makes the title of a session in a list, on one line of at most `LIST_TITLE_UNITS`: the official title, last prompt or first
 * prompt, in that order, without what Claude Code writes around prompts.
 */
import { LIST_TITLE_UNITS } from "../rows/limits.ts";
import { copyText, promptLine } from "./prompt.ts";
import { withoutPasteTags } from "../text/paste-tags.ts";
import { SEQUENCES } from "../text/sequences.ts";
import { isHighSurrogate, splitPoint } from "../text/surrogates.ts";
import { PLAN_HANDOVER } from "../text/user-frames.ts";
import { beginsWithElement, isPlain, readUserText, type UserText, visitUserText } from "../text/user-text.ts";

/** Units of a text that a title is made from, and how many are enough unless most of them are white space. */
const TEXT_UNITS = 2000;
const ENOUGH_UNITS = 3 * LIST_TITLE_UNITS;

/** Puts a text on one line, without control sequences. Other hidden characters are left to each surface. */
function oneLine(text: string): string {
  // Most titles only need trimming, and a list has many.
  if (!MORE_THAN_A_LINE.test(text)) return text.trim();
  const shown = HAS_SEQUENCES.test(text) ? text.replace(SEQUENCES, "") : text;
  return (HAS_SURROGATES.test(shown) ? shown.replace(/\p{Cs}/gu, "\ufffd") : shown).replace(BLANK, " ").trim();
}

const MORE_THAN_A_LINE = /[^ -~]| {2}/;
// oxlint-disable-next-line no-control-regex
const HAS_SEQUENCES = /[\u001B\u0080-\u009F]/;
const HAS_SURROGATES = /[\uD800-\uDFFF]/;
/** Control characters, what `\s` matches, and several spaces. A single space does not match, which saves most of the work. */
const BLANK =
  // oxlint-disable-next-line no-control-regex
  / *[\u0000-\u001F\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF][\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]*| {2,}/g;

/** Puts the beginning of a text on one line, as much as a title needs. */
function beginningOf(text: string): string {
  const line = oneLine(text.slice(0, ENOUGH_UNITS));
  return text.length <= ENOUGH_UNITS || line.length > LIST_TITLE_UNITS ? line : oneLine(text.slice(0, TEXT_UNITS));
}

const isVisible = (line: string): boolean => /[!-~]/.test(line) || /[^\p{Cc}\p{Cf}\p{Z}]/u.test(line);

/** Cuts a line to at most `units` UTF-16 units including an ellipsis, at a word if one is near. */
export function cutAtWord(line: string, units: number = LIST_TITLE_UNITS): string {
  if (line.length <= units) return line;
  const most = units - 1;
  const space = line.lastIndexOf(" ", most);
  const end = space >= units * LEAST_SHARE ? space : characterEnd(line, most);
  return `${line.slice(0, end).trimEnd()}…`;
}

/** Least share of the units that a cut at a word must keep. */
const LEAST_SHARE = 0.6;
/** Longest character, in UTF-16 units, that people write. */
const CHARACTER_UNITS = 24;

/** Returns the last index up to `at` that is between two characters; accents and joined emoji are part of one. */
function characterEnd(text: string, at: number): number {
  let end = at;
  while (end > at - CHARACTER_UNITS && isJoined(text, end)) end--;
  return splitPoint(text, end);
}

function isJoined(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  if (isHighSurrogate(before) || before === ZERO_WIDTH_JOINER || after === ZERO_WIDTH_JOINER) return true;
  // The second half of a skin tone begins with these.
  const isTone = after === 0xd83c && text.charCodeAt(at + 1) >= 0xdffb && text.charCodeAt(at + 1) <= 0xdfff;
  return isTone || /^\p{M}/u.test(text[at] ?? "");
}

const ZERO_WIDTH_JOINER = 0x200d;

/** Mark that the official helpers append to the title of a fork. */
const FORK_MARK = " (fork)";

/** Removes the marks from the end of a title. `forks`: their number. */
function unmarked(title: string): { readonly line: string; readonly forks: number } {
  let line = title;
  let forks = 0;
  for (; line.endsWith(FORK_MARK); forks++) line = line.slice(0, -FORK_MARK.length).trimEnd();
  return line === "" ? { line: title, forks: 0 } : { line, forks };
}

const marked = ({ line, forks }: ReturnType<typeof unmarked>): string =>
  `${forks === 1 ? "Fork: " : forks > 1 ? "Fork of a fork: " : ""}${line}`;

/** Moves the mark of a fork to the front, so that a narrow column does not cut it off. */
export const forkFirst = (title: string): string => marked(unmarked(title));

/** Makes a list title of a given title. The mark of a fork moves to the front if it would be cut off. */
export function listTitle(title: string): string {
  const text = title.trim();
  const line = beginningOf(text);
  // The mark of a longer title is at its end.
  const mark = text.length > ENOUGH_UNITS && text.endsWith(FORK_MARK) && !line.endsWith(FORK_MARK) ? FORK_MARK : "";
  return line.length + mark.length <= LIST_TITLE_UNITS ? line + mark : cutAtWord(forkFirst(line + mark));
}

/** Makes a title of typed words; undefined if nothing is left of them. */
function typedTitle(typed: string): string | undefined {
  const text = withoutPasteTags(typed, 2).trimStart();
  const line = beginningOf(text.startsWith(PLAN_HANDOVER) ? planTitle(text.slice(0, TEXT_UNITS)) : text);
  return isVisible(line) ? cutAtWord(line) : undefined;
}

/** Headings that every plan may have. */
const PLAIN_HEADING = /^(?:the )?(?:(?:implementation )?plan|context|overview|summary|goal|background)[:.]?$/i;

/** Returns the heading of a plan that was handed over, or its first line. The lines may be joined by spaces. */
function planTitle(text: string): string {
  const plan = text.slice(PLAN_HANDOVER.length);
  const lines = plan
    .split(plan.includes("\n") ? "\n" : / {2,}| (?=#{1,6} )/)
    .map((line) => line.replace(/^\s*#{1,6}\s+/, "").trim())
    .filter((line) => line !== "");
  return lines.find((line) => !PLAIN_HEADING.test(line)) ?? lines[0] ?? text;
}

/** Makes a title of a prompt on one line, which may be cut; undefined if nobody typed anything in it. */
export function promptTitle(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (isPlain(text)) return typedTitle(text);
  const pieces = readUserText(text);
  // An element whose end was cut off.
  if (text.startsWith("<") && beginsWithElement(text) && pieces.every(({ kind }) => kind === "typed")) return undefined;
  const piece = pieces.find(({ kind }) => kind === "typed" || kind === "shell");
  const line = piece && lineOfPiece(piece);
  return line ? cutAtWord(line) : undefined;
}

/** First candidate of each kind for a title, from the first user messages. Becomes a title only if that is needed. */
export class PromptTitles {
  /** First typed words, in the form of an official first prompt. */
  typed: string | undefined;
  /** Official first prompt, if its text has nothing that the CLI wrote. */
  #plain: string | undefined;
  /** Prompt, or a command for the model with its arguments. */
  #first: UserText | undefined;
  /** Command that the CLI carried out itself: its text, or as it was read. */
  #commandText: string | undefined;
  #command: UserText | undefined;
  #note: UserText | undefined;

  /** Whether there is a title from a prompt. */
  get hasPrompt(): boolean {
    return this.#plain !== undefined || this.#first !== undefined;
  }

  /** Title from a prompt, or from a command for the model with its arguments. */
  get prompt(): string | undefined {
    return this.#plain === undefined ? titleOfPiece(this.#first) : cutAtWord(oneLine(this.#plain));
  }

  /** Title from any other command, with its arguments. */
  get command(): string | undefined {
    const [read] = this.#commandText === undefined ? [] : readUserText(this.#commandText);
    return titleOfPiece(read ?? this.#command);
  }

  /** Title from a message of another sender. */
  get note(): string | undefined {
    return titleOfPiece(this.#note);
  }

  /** Adds the texts of a user message. `official`: the official first prompt so far, and whether this message has it. */
  take(texts: readonly string[], official: { readonly prompt: string | undefined; readonly isHere: boolean }): void {
    const { prompt, isHere } = official;
    if (this.hasPrompt && (prompt !== undefined || this.typed !== undefined)) return;
    const [text = ""] = texts;
    const alone = texts.length === 1;
    if (isHere && prompt !== undefined && alone && isPlain(text) && !this.hasPrompt) this.#plain = prompt;
    else if (alone && isBetween(text, "<command-name>", "</command-args>")) this.#commandText ??= text;
    else if (!alone || !isBetween(text, "<local-command-stdout>", "</local-command-stdout>")) {
      for (const one of texts) this.#takeText(one, prompt !== undefined);
    }
  }

  #takeText(text: string, official: boolean): void {
    // A command for the model begins with its message, one that the CLI carries out with its name.
    const forModel = text.trimStart().startsWith("<command-message>");
    visitUserText(text, (piece) => {
      switch (piece.kind) {
        case "typed":
          if (!official) this.typed ??= promptLine(piece.text) || undefined;
          this.#first ??= piece;
          break;
        case "shell":
          this.#first ??= piece;
          break;
        case "command":
          if (forModel && piece.args !== "") this.#first ??= piece;
          else this.#command ??= piece;
          break;
        case "peer":
        case "notification":
          this.#note ??= piece;
          break;
        default:
      }
    });
  }
}

/** Whether the text begins and ends with these tags. */
const isBetween = (text: string, begin: string, end: string): boolean =>
  text.startsWith(begin) && text.trimEnd().endsWith(end);

/** Makes a title of a piece, as a copy: a slice keeps the whole message in memory. */
function titleOfPiece(piece: UserText | undefined): string | undefined {
  const line = piece && lineOfPiece(piece);
  return line ? copyText(cutAtWord(line)) : undefined;
}

function lineOfPiece(piece: UserText): string | undefined {
  switch (piece.kind) {
    case "typed":
      return typedTitle(piece.text);
    case "shell":
      return beginningOf(`! ${piece.command}`);
    case "command":
      return beginningOf(`${piece.name} ${piece.args}`);
    case "peer":
      return beginningOf(`${piece.from}: ${piece.summary ?? piece.text}`);
    case "notification":
      return beginningOf(piece.summary);
    default:
      return undefined;
  }
}

/** Sources of a title: the official facts, with the command of `CommandFallback`, and the titles from prompts. */
export type TitleSources = Readonly<
  Record<"customTitle" | "lastPrompt" | "summary" | "firstPrompt" | "fallback" | "media", string | undefined>
> & { readonly prompts: PromptTitles };

/** Official title of a fork whose source has no name. */
export const UNTITLED_FORK = "Forked session";

/** Returns the title of a session in a list; empty if there is none. */
export function titleOf(sources: TitleSources): string {
  const { customTitle, lastPrompt, summary, firstPrompt, media, prompts } = sources;
  if (customTitle && isVisible(customTitle)) return givenTitle(customTitle, sources);
  return (
    promptTitle(lastPrompt) ??
    promptTitle(summary) ??
    prompts.prompt ??
    prompts.command ??
    media ??
    prompts.note ??
    (firstPrompt === undefined ? "" : listTitle(firstPrompt))
  );
}

/** Makes a list title of a given one. A fork is named after its source, so its title may be a prompt or a command. */
function givenTitle(title: string, { fallback, prompts }: TitleSources): string {
  const { line: name, forks } = unmarked(title.trim());
  if (forks === 0) return listTitle(title);
  const ours = name === UNTITLED_FORK || name === fallback ? (prompts.prompt ?? prompts.command) : undefined;
  const line = ours ?? (name.startsWith(PLAN_HANDOVER) ? typedTitle(name) : undefined) ?? beginningOf(name);
  const whole = line + FORK_MARK.repeat(forks);
  return whole.length <= LIST_TITLE_UNITS ? whole : cutAtWord(marked({ line, forks }));
}
