/** Normalises a tag (NFKC, no invisible characters), repeatedly until nothing changes: each step may enable the other. */
export function normalizeTag(tag: string): string {
  let text = tag;
  for (;;) {
    const next = text.normalize("NFKC").replace(INVISIBLE, "");
    if (next === text) return text.trim();
    text = next;
  }
}

/** Unassigned, private-use and format characters, and halves of surrogate pairs. */
const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu;
