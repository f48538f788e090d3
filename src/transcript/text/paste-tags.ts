const OPEN = '<pasted_content id="';
const OPENING_TAG = /<pasted_content id="([0-9a-f]{4})">\n/y;

/** Replaces each element of pasted text by what it holds; removes up to `newlines` newlines on either side of it too. */
export function withoutPasteTags(text: string, newlines = 0): string {
  let out = "";
  let done = 0;
  for (let open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, Math.max(done, open + 1))) {
    OPENING_TAG.lastIndex = open;
    const [tag, id] = OPENING_TAG.exec(text) ?? [];
    if (tag === undefined) continue;
    const body = open + tag.length;
    const closing = `\n</pasted_content id="${id}">`;
    const close = text.indexOf(closing, body - 1);
    // No closing tag: the user typed this tag rather than pasting text, and also typed everything after it.
    if (close < 0) break;
    let before = open;
    for (let i = 0; i < newlines && before > done && text[before - 1] === "\n"; i++) before--;
    out += text.slice(done, before) + text.slice(body, Math.max(body, close));
    done = close + closing.length;
    for (let i = 0; i < newlines && text[done] === "\n"; i++) done++;
  }
  return done === 0 ? text : out + text.slice(done);
}
