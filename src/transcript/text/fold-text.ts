/** Folds a text for comparison: without case, accents and width of letters. */
export const foldText = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
