/**
 * What a session is called in a list: one line of at most `LIST_TITLE_UNITS` by which people can tell sessions apart. The
 * official title, last prompt or first prompt, in that order, without what Claude Code writes around prompts.
 */
import { LIST_TITLE_UNITS } from "./limits.ts";
import { compact, promptLine, withoutPasteTags } from "./prompt.ts";
import { SEQUENCES } from "./sequences.ts";
import { PLAN_HANDOVER } from "./user-frames.ts";
import { beginsWithElement, readUserText, type UserText } from "./user-text.ts";

/** What of a text is looked at for a title. */
const TEXT_UNITS = 2000;

const BLANK = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;

/** A text as one line, without what a terminal obeys. Other hidden characters are for each surface to strip or to show. */
export const oneLine = (text: string): string =>
  text
    .replace(SEQUENCES, "")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(BLANK, " ")
    .trim();

const isVisible = (line: string): boolean => /[^\p{Cc}\p{Cf}\p{Z}]/u.test(line);

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
  const line = beginningOf(title);
  return line.length <= LIST_TITLE_UNITS ? line : cutAtWord(forkFirst(line));
}

/** As much of a title as is looked at, with the mark at its end. */
function beginningOf(title: string): string {
  const text = title.trim();
  if (text.length <= TEXT_UNITS) return oneLine(text);
  return oneLine(text.slice(0, TEXT_UNITS)) + (text.endsWith(FORK_MARK) ? FORK_MARK : "");
}

/** What a prompt is called by, from the words that were typed; undefined if nothing is left of it. */
function typedTitle(typed: string): string | undefined {
  const text = withoutPasteTags(typed).trimStart().slice(0, TEXT_UNITS);
  const line = oneLine(text.startsWith(PLAN_HANDOVER) ? planTitle(text) : text);
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
  const pieces = readUserText(text);
  // An element whose end was cut off.
  if (beginsWithElement(text) && pieces.every(({ kind }) => kind === "typed")) return undefined;
  for (const piece of pieces) {
    const title = pieceTitle(piece);
    if (title !== undefined) return title;
  }
  return undefined;
}

function pieceTitle(piece: UserText): string | undefined {
  if (piece.kind === "typed") return typedTitle(piece.text);
  return piece.kind === "shell" ? cutAtWord(oneLine(`! ${piece.command.slice(0, TEXT_UNITS)}`)) : undefined;
}

/** What the user's messages at the beginning of a transcript have for a title, the first of each. */
export class PromptTitles {
  /** A prompt, or a command for the model with what was asked of it. */
  title: string | undefined;
  /** What was typed, in the form in which the official helpers give a first prompt. */
  typed: string | undefined;
  /** Any other command, with its arguments. */
  command: string | undefined;
  /** The words of somebody else. */
  note: string | undefined;

  /** Takes the texts of a message of the user's. */
  take(texts: readonly string[]): void {
    if (this.title !== undefined && this.typed !== undefined) return;
    for (const text of texts) {
      // The CLI begins with the message what it hands to the model, and with the name what it carries out itself.
      const forModel = text.trimStart().startsWith("<command-message>");
      for (const piece of readUserText(text)) this.#takePiece(piece, forModel);
    }
  }

  #takePiece(piece: UserText, forModel: boolean): void {
    switch (piece.kind) {
      case "typed":
        this.typed ??= promptLine(piece.text) || undefined;
        this.title ??= kept(pieceTitle(piece));
        break;
      case "shell":
        this.title ??= kept(pieceTitle(piece));
        break;
      case "command": {
        const line = kept(cutAtWord(oneLine(`${piece.name} ${piece.args.slice(0, TEXT_UNITS)}`)));
        if (forModel && piece.args !== "") this.title ??= line;
        else this.command ??= line;
        break;
      }
      case "peer":
        this.note ??= kept(cutAtWord(oneLine(`${piece.from}: ${(piece.summary ?? piece.text).slice(0, TEXT_UNITS)}`)));
        break;
      case "notification":
        this.note ??= kept(cutAtWord(oneLine(piece.summary.slice(0, TEXT_UNITS))));
        break;
      default:
    }
  }
}

/** In memory of its own; nothing for an empty one. */
const kept = (title: string | undefined): string | undefined => (title ? compact(title) : undefined);

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
    prompts.title ??
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
  const ours = name === UNTITLED_FORK || name === fallback ? (prompts.title ?? prompts.command) : undefined;
  const line = ours ?? (name.startsWith(PLAN_HANDOVER) ? typedTitle(name) : undefined) ?? beginningOf(name);
  const whole = line + FORK_MARK.repeat(forks);
  return whole.length <= LIST_TITLE_UNITS ? whole : cutAtWord(marked({ line, forks }));
}
