/**
 * How many cells of a terminal the text takes: letters of East Asian scripts and emoji take two, marks that stand on
 * another letter none. For text that is `printable`.
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { cells } of clusters(text)) width += cells;
  return width;
}

/** The text within so many cells; what is cut off is told by an ellipsis, which has its place in them. */
export function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  if (most <= 0) return "";
  let kept = "";
  let width = 0;
  for (const { segment, cells } of clusters(text)) {
    if (width + cells > most - 1) break;
    kept += segment;
    width += cells;
  }
  return `${kept.trimEnd()}…`;
}

/** The same with the ellipsis in front: the end is kept. */
export function cutStart(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  if (most <= 0) return "";
  let kept = "";
  let width = 0;
  for (const { segment, cells } of [...clusters(text)].reverse()) {
    if (width + cells > most - 1) break;
    kept = segment + kept;
    width += cells;
  }
  return `…${kept.trimStart()}`;
}

/** The same of a path, which then begins with a whole name, where one is left. */
export function cutPath(path: string, most: number): string {
  const short = cutStart(path, most);
  const at = short === path ? 0 : short.search(/[/\\]/);
  return at > 0 ? `…${short.slice(at)}` : short;
}

/** The text and as many spaces as make it fill the cells. */
export function pad(text: string, cells: number): string {
  return text + " ".repeat(Math.max(0, cells - widthOf(text)));
}

/** ASCII: a cell for each character. */
const PLAIN = /^[\x20-\x7e]*$/;

/** What a person takes for one letter, with the cells that a terminal gives it. */
function* clusters(text: string): Generator<{ readonly segment: string; readonly cells: number }> {
  for (const { segment } of (segmenter ??= new Intl.Segmenter()).segment(text)) {
    yield { segment, cells: cellsOf(segment) };
  }
}

let segmenter: Intl.Segmenter | undefined;

function cellsOf(cluster: string): number {
  if (EMOJI.test(cluster)) return 2;
  for (const letter of cluster) if (!NO_WIDTH.test(letter)) return isWide(letter.codePointAt(0) ?? 0) ? 2 : 1;
  return 0;
}

/** Shown as a picture: by itself, by the selector behind it, or as one of the pairs that are flags and keycaps. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2}/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF]$/u;

/** East_Asian_Width W and F (Unicode 16), in ranges; unassigned ones between them are counted as their neighbours. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x11_00, 0x11_5f],
  [0x2e_80, 0x30_3e],
  [0x30_41, 0x32_47],
  [0x32_50, 0xa4_c6],
  [0xa9_60, 0xa9_7c],
  [0xac_00, 0xd7_a3],
  [0xf9_00, 0xfa_ff],
  [0xfe_10, 0xfe_19],
  [0xfe_30, 0xfe_6b],
  [0xff_01, 0xff_60],
  [0xff_e0, 0xff_e6],
  [0x1_6f_e0, 0x1_b2_fb],
  [0x1_d3_00, 0x1_d3_76],
  [0x1_f2_00, 0x1_f2_65],
  [0x2_00_00, 0x3_ff_fd],
];

const isWide = (code: number): boolean => code >= 0x11_00 && WIDE.some(([from, to]) => code >= from && code <= to);
