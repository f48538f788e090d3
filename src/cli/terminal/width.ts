/** Returns the cells of a sanitised text in a terminal: two for East Asian letters and emoji, none for combining marks. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { cells } of clusters(text)) width += cells;
  return width;
}

/** Shortens a text to a number of cells, including the ellipsis at its end. */
export function cut(text: string, maxCells: number): string {
  if (widthOf(text) <= maxCells) return text;
  return maxCells <= 0
    ? ""
    : `${fitting(clusters(text), maxCells - 1)
        .join("")
        .trimEnd()}…`;
}

export function cutStart(text: string, maxCells: number): string {
  if (widthOf(text) <= maxCells) return text;
  const reversed = [...clusters(text)].reverse();
  return maxCells <= 0
    ? ""
    : `…${fitting(reversed, maxCells - 1)
        .reverse()
        .join("")
        .trimStart()}`;
}

/** Returns the first segments, up to a number of cells. */
function fitting(all: Iterable<Cluster>, maxCells: number): string[] {
  const kept: string[] = [];
  let width = 0;
  for (const { segment, cells } of all) {
    width += cells;
    if (width > maxCells) break;
    kept.push(segment);
  }
  return kept;
}

/** Shortens a path at its beginning, before a whole name if possible. */
export function cutPath(path: string, maxCells: number): string {
  const short = cutStart(path, maxCells);
  const at = short === path ? 0 : short.search(/[/\\]/);
  return at > 0 ? `…${short.slice(at)}` : short;
}

/** Appends spaces up to a number of cells. */
export const pad = (text: string, cells: number): string => text + " ".repeat(Math.max(0, cells - widthOf(text)));

/** Matches ASCII, which takes a cell for each character. */
const PLAIN = /^[\x20-\x7e]*$/;

interface Cluster {
  readonly segment: string;
  readonly cells: number;
}

/** Splits a text into grapheme clusters, with their cells. */
export const clusters = (text: string): Iterable<Cluster> => lettersOf(text) ?? joined(text);

/**
 * Splits a text in which every code point is a cluster, as in most; undefined if one may join another. Takes a tenth of the
 * time at first use: `Intl.Segmenter` and Unicode property escapes load much data.
 */
function lettersOf(text: string): Cluster[] | undefined {
  const letters: Cluster[] = [];
  for (const segment of text) {
    const cells = cellsAlone(segment.codePointAt(0) ?? 0);
    if (cells === undefined) return undefined;
    letters.push({ segment, cells });
  }
  return letters;
}

function* joined(text: string): Generator<Cluster> {
  for (const { segment } of (segmenter ??= new Intl.Segmenter()).segment(text)) {
    yield { segment, cells: cellsOf(segment) };
  }
}

let segmenter: Intl.Segmenter | undefined;

function cellsOf(cluster: string): number {
  properties ??= {
    // Shown as a picture: by default, because of the selector after it, or as a pair (flags).
    emoji: /\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2}/u,
    noWidth: /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF]$/u,
  };
  if (properties.emoji.test(cluster)) return 2;
  for (const letter of cluster) {
    if (!properties.noWidth.test(letter)) return isIn(WIDE, letter.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return 0;
}

let properties: { readonly emoji: RegExp; readonly noWidth: RegExp } | undefined;

/** Returns the cells of a code point; undefined if it may join the one before or after it, or that is not known. */
function cellsAlone(code: number): 1 | 2 | undefined {
  if (code < 0x3_00) return code === 0xad ? undefined : 1;
  if (isIn(JOINING, code)) return undefined;
  if (isIn(WIDE, code)) return 2;
  return isIn(NARROW, code) ? 1 : undefined;
}

type Ranges = readonly (readonly [from: number, to: number])[];

const isIn = (ranges: Ranges, code: number): boolean => ranges.some(([from, to]) => code >= from && code <= to);

/** Marks, skin tones and halves of flags within the ranges of wide characters. */
const JOINING: Ranges = [
  [0x11_00, 0x11_5f],
  [0x30_2a, 0x30_2f],
  [0x30_99, 0x30_9a],
  [0xd7_b0, 0xd7_ff],
  [0x1_6f_e4, 0x1_6f_e4],
  [0x1_f1_e6, 0x1_f1_ff],
  [0x1_f3_fb, 0x1_f3_ff],
  [0xe_00_00, 0xe_0f_ff],
];

/** Greek, Cyrillic, more of Latin, punctuation, currencies, arrows, symbols. Contains no combining marks. */
const NARROW: Ranges = [
  [0x3_70, 0x4_82],
  [0x4_8a, 0x5_2f],
  [0x1e_00, 0x1f_ff],
  [0x20_10, 0x20_27],
  [0x20_30, 0x20_5e],
  [0x20_a0, 0x20_bf],
  [0x21_00, 0x2b_ff],
];

/** East_Asian_Width W and F (Unicode 16), which includes emoji. Unassigned code points count like their neighbours. */
const WIDE: Ranges = [
  [0x11_00, 0x11_5f],
  [0x23_1a, 0x23_1b],
  [0x23_e9, 0x23_ec],
  [0x23_f0, 0x23_f0],
  [0x23_f3, 0x23_f3],
  [0x25_fd, 0x25_fe],
  [0x26_14, 0x26_15],
  [0x26_30, 0x26_37],
  [0x26_48, 0x26_53],
  [0x26_7f, 0x26_7f],
  [0x26_8a, 0x26_8f],
  [0x26_93, 0x26_93],
  [0x26_a1, 0x26_a1],
  [0x26_aa, 0x26_ab],
  [0x26_bd, 0x26_be],
  [0x26_c4, 0x26_c5],
  [0x26_ce, 0x26_ce],
  [0x26_d4, 0x26_d4],
  [0x26_ea, 0x26_ea],
  [0x26_f2, 0x26_f3],
  [0x26_f5, 0x26_f5],
  [0x26_fa, 0x26_fa],
  [0x26_fd, 0x26_fd],
  [0x27_05, 0x27_05],
  [0x27_0a, 0x27_0b],
  [0x27_28, 0x27_28],
  [0x27_4c, 0x27_4c],
  [0x27_4e, 0x27_4e],
  [0x27_53, 0x27_55],
  [0x27_57, 0x27_57],
  [0x27_95, 0x27_97],
  [0x27_b0, 0x27_b0],
  [0x27_bf, 0x27_bf],
  [0x2b_1b, 0x2b_1c],
  [0x2b_50, 0x2b_50],
  [0x2b_55, 0x2b_55],
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
  [0x1_f0_04, 0x1_f0_04],
  [0x1_f0_cf, 0x1_f0_cf],
  [0x1_f1_8e, 0x1_f1_8e],
  [0x1_f1_91, 0x1_f1_9a],
  [0x1_f2_00, 0x1_f2_65],
  [0x1_f3_00, 0x1_f3_20],
  [0x1_f3_2d, 0x1_f3_35],
  [0x1_f3_37, 0x1_f3_7c],
  [0x1_f3_7e, 0x1_f3_93],
  [0x1_f3_a0, 0x1_f3_ca],
  [0x1_f3_cf, 0x1_f3_d3],
  [0x1_f3_e0, 0x1_f3_f0],
  [0x1_f3_f4, 0x1_f3_f4],
  [0x1_f3_f8, 0x1_f4_3e],
  [0x1_f4_40, 0x1_f4_40],
  [0x1_f4_42, 0x1_f4_fc],
  [0x1_f4_ff, 0x1_f5_3d],
  [0x1_f5_4b, 0x1_f5_4e],
  [0x1_f5_50, 0x1_f5_67],
  [0x1_f5_7a, 0x1_f5_7a],
  [0x1_f5_95, 0x1_f5_96],
  [0x1_f5_a4, 0x1_f5_a4],
  [0x1_f5_fb, 0x1_f6_4f],
  [0x1_f6_80, 0x1_f6_c5],
  [0x1_f6_cc, 0x1_f6_cc],
  [0x1_f6_d0, 0x1_f6_d2],
  [0x1_f6_d5, 0x1_f6_d7],
  [0x1_f6_dc, 0x1_f6_df],
  [0x1_f6_eb, 0x1_f6_ec],
  [0x1_f6_f4, 0x1_f6_fc],
  [0x1_f7_e0, 0x1_f7_eb],
  [0x1_f7_f0, 0x1_f7_f0],
  [0x1_f9_0c, 0x1_f9_3a],
  [0x1_f9_3c, 0x1_f9_45],
  [0x1_f9_47, 0x1_f9_ff],
  [0x1_fa_70, 0x1_fa_7c],
  [0x1_fa_80, 0x1_fa_89],
  [0x1_fa_8f, 0x1_fa_c6],
  [0x1_fa_ce, 0x1_fa_dc],
  [0x1_fa_df, 0x1_fa_e9],
  [0x1_fa_f0, 0x1_fa_f8],
  [0x2_00_00, 0x3_ff_fd],
];
