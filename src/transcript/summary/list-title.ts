/**
 * What a session is called in a list: one line of at most `LIST_TITLE_UNITS` by which people can tell sessions apart. The
 * official title, last prompt or first prompt, in that order, without what Claude Code writes around prompts.
 */
import { LIST_TITLE_UNITS } from "../rows/limits.ts";
import { compact, promptLine, withoutPasteTags } from "./prompt.ts";
import { SEQUENCES } from "../text/sequences.ts";
import { PLAN_HANDOVER } from "../text/user-frames.ts";
import { beginsWithElement, isPlain, readUserText, type UserText, visitUserText } from "../text/user-text.ts";

/** What of a text is looked at for a title, and what is enough of it unless most of that is white space. */
const TEXT_UNITS = 2000;
const ENOUGH_UNITS = 3 * LIST_TITLE_UNITS;

/** A text as one line, without what a terminal obeys. Other hidden characters are for each surface to strip or to show. */
function oneLine(text: string): string {
  // Most texts need little of this, and a list has many titles.
  if (!MORE_THAN_A_LINE.test(text)) return text.trim();
  const shown = HAS_SEQUENCES.test(text) ? text.replace(SEQUENCES, "") : text;
  return (HAS_SURROGATES.test(shown) ? shown.replace(/\p{Cs}/gu, "\ufffd") : shown).replace(BLANK, " ").trim();
}

const MORE_THAN_A_LINE = /[^ -~]| {2}/;
// oxlint-disable-next-line no-control-regex
const HAS_SEQUENCES = /[\u001B\u0080-\u009F]/;
const HAS_SURROGATES = /[\uD800-\uDFFF]/;
/** Control characters and what `\s` knows, and more than one space. A space alone stays as it is, which saves most of the work. */
const BLANK =
  // oxlint-disable-next-line no-control-regex
  / *[\u0000-\u001F\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF][\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]*| {2,}/g;

/** The beginning of a text as one line: all that a title needs. */
function beginningOf(text: string): string {
  const line = oneLine(text.slice(0, ENOUGH_UNITS));
  return text.length <= ENOUGH_UNITS || line.length > LIST_TITLE_UNITS ? line : oneLine(text.slice(0, TEXT_UNITS));
}

const isVisible = (line: string): boolean => /[!-~]/.test(line) || /[^\p{Cc}\p{Cf}\p{Z}]/u.test(line);

/** The line cut to at most `units` UTF-16 units, at a word if there is one near, with an ellipsis. */
export function cutAtWord(line: string, units: number = LIST_TITLE_UNITS): string {
  if (line.length <= units) return line;
  const most = units - 1;
  const space = line.lastIndexOf(" ", most);
  const end = space >= units * LEAST_SHARE ? space : characterEnd(line, most);
  return `${line.slice(0, end).trimEnd()}…`;
}

/** A cut at a word keeps at least this much of the room. */
const LEAST_SHARE = 0.6;
/** No character is longer that people write. */
const CHARACTER_UNITS = 24;

/** The place at or before `at` that lies between two characters: accents and joined emoji belong to what stands before them. */
function characterEnd(text: string, at: number): number {
  let end = at;
  while (end > at - CHARACTER_UNITS && isJoined(text, end)) end--;
  return isHigh(text.charCodeAt(end - 1)) ? end - 1 : end;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

function isJoined(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  if (isHigh(before) || before === ZERO_WIDTH_JOINER || after === ZERO_WIDTH_JOINER) return true;
  // The second half of a skin tone begins with these.
  const isTone = after === 0xd83c && text.charCodeAt(at + 1) >= 0xdffb && text.charCodeAt(at + 1) <= 0xdfff;
  return isTone || /^\p{M}/u.test(text[at] ?? "");
}

const ZERO_WIDTH_JOINER = 0x200d;

/** How the official helpers mark the title of a fork. */
const FORK_MARK = " (fork)";

interface Unmarked {
  readonly line: string;
  /** How many marks stood behind it. */
  readonly forks: number;
}

function unmarked(title: string): Unmarked {
  let line = title;
  let forks = 0;
  for (; line.endsWith(FORK_MARK); forks++) line = line.slice(0, -FORK_MARK.length).trimEnd();
  return line === "" ? { line: title, forks: 0 } : { line, forks };
}

const marked = ({ line, forks }: Unmarked): string =>
  `${forks === 1 ? "Fork: " : forks > 1 ? "Fork of a fork: " : ""}${line}`;

/** The title with the mark of a fork in front, where a narrow column does not cut it off. */
export const forkFirst = (title: string): string => marked(unmarked(title));

/** A title that somebody or something gave; a fork's mark stands in front if it would be cut off. */
export function listTitle(title: string): string {
  const text = title.trim();
  const line = beginningOf(text);
  // The mark of a longer title stands at its end.
  const mark = text.length > ENOUGH_UNITS && text.endsWith(FORK_MARK) && !line.endsWith(FORK_MARK) ? FORK_MARK : "";
  return line.length + mark.length <= LIST_TITLE_UNITS ? line + mark : cutAtWord(forkFirst(line + mark));
}

/** What a prompt is called by, from the words that were typed; undefined if nothing is left of it. */
function typedTitle(typed: string): string | undefined {
  const text = withoutPasteTags(typed).trimStart();
  const line = beginningOf(text.startsWith(PLAN_HANDOVER) ? planTitle(text.slice(0, TEXT_UNITS)) : text);
  return isVisible(line) ? cutAtWord(line) : undefined;
}

/** Headings that every plan may have. */
const PLAIN_HEADING = /^(?:the )?(?:(?:implementation )?plan|context|overview|summary|goal|background)[:.]?$/i;

/** The heading of a plan that was handed over, or its first line. A list has the text with its lines run together. */
function planTitle(text: string): string {
  const plan = text.slice(PLAN_HANDOVER.length);
  const lines = plan
    .split(plan.includes("\n") ? "\n" : / {2,}| (?=#{1,6} )/)
    .map((line) => line.replace(/^\s*#{1,6}\s+/, "").trim())
    .filter((line) => line !== "");
  return lines.find((line) => !PLAIN_HEADING.test(line)) ?? lines[0] ?? text;
}

/** What a prompt that stands on one line, and may be cut, is called by; undefined if nobody typed anything in it. */
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

/**
 * What the user's messages at the beginning of a transcript have for a title, the first of each. A list has a better one for
 * most sessions, so texts are kept as they are, and made titles of when they are asked for.
 */
export class PromptTitles {
  /** What was typed, in the form in which the official helpers give a first prompt. */
  typed: string | undefined;
  /** A prompt as the official rule gives it, if nothing of the CLI's stands in its text. */
  #plain: string | undefined;
  /** A prompt, or a command for the model with what was asked of it. */
  #first: UserText | undefined;
  /** A command that the CLI carried out: its text, or what was read in one. */
  #commandText: string | undefined;
  #command: UserText | undefined;
  #note: UserText | undefined;

  /** Whether there is a prompt. */
  get hasPrompt(): boolean {
    return this.#plain !== undefined || this.#first !== undefined;
  }

  /** A prompt, or a command for the model with what was asked of it. */
  get prompt(): string | undefined {
    return this.#plain === undefined ? titleOfPiece(this.#first) : cutAtWord(oneLine(this.#plain));
  }

  /** Any other command, with its arguments. */
  get command(): string | undefined {
    const [read] = this.#commandText === undefined ? [] : readUserText(this.#commandText);
    return titleOfPiece(read ?? this.#command);
  }

  /** The words of somebody else. */
  get note(): string | undefined {
    return titleOfPiece(this.#note);
  }

  /** Takes the texts of a message of the user's. `official`: the first prompt by the official rule, and if it is in it. */
  take(texts: readonly string[], official: { readonly prompt: string | undefined; readonly here: boolean }): void {
    const { prompt, here } = official;
    if (this.hasPrompt && (prompt !== undefined || this.typed !== undefined)) return;
    const [text = ""] = texts;
    const alone = texts.length === 1;
    if (here && prompt !== undefined && alone && isPlain(text) && !this.hasPrompt) this.#plain = prompt;
    else if (alone && isOne(text, "<command-name>", "</command-args>")) this.#commandText ??= text;
    else if (!alone || !isOne(text, "<local-command-stdout>", "</local-command-stdout>")) {
      for (const one of texts) this.#takeText(one, prompt !== undefined);
    }
  }

  #takeText(text: string, official: boolean): void {
    // The CLI begins with the message what it hands to the model, and with the name what it carries out itself.
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

/** Whether the text is the element, or the elements, that begin and end so. */
const isOne = (text: string, begin: string, end: string): boolean =>
  text.startsWith(begin) && text.trimEnd().endsWith(end);

/** The title in memory of its own: a slice of a message would keep all of it. */
function titleOfPiece(piece: UserText | undefined): string | undefined {
  const line = piece && lineOfPiece(piece);
  return line ? compact(cutAtWord(line)) : undefined;
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

/** What is known of a session for its title, as the official helpers know it, and what the prompts have beside. */
export interface TitleSources {
  readonly customTitle: string | undefined;
  readonly lastPrompt: string | undefined;
  readonly summary: string | undefined;
  readonly firstPrompt: string | undefined;
  /** The command that the official helpers call the session by, without its arguments. */
  readonly fallback: string | undefined;
  readonly media: string | undefined;
  readonly prompts: PromptTitles;
}

/** What a fork is called whose source has no name. */
export const UNTITLED_FORK = "Forked session";

/** The title of a session in a list; empty if there is nothing to call it by. */
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

/** A fork is named after what its source is called by, so its title is a prompt, or a command, with a mark. */
function givenTitle(title: string, { fallback, prompts }: TitleSources): string {
  const { line: name, forks } = unmarked(title.trim());
  if (forks === 0) return listTitle(title);
  const ours = name === UNTITLED_FORK || name === fallback ? (prompts.prompt ?? prompts.command) : undefined;
  const line = ours ?? (name.startsWith(PLAN_HANDOVER) ? typedTitle(name) : undefined) ?? beginningOf(name);
  const whole = line + FORK_MARK.repeat(forks);
  return whole.length <= LIST_TITLE_UNITS ? whole : cutAtWord(marked({ line, forks }));
}
