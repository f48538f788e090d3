/** A stream makes bytes of a whole text at once, and keeps them until they are read. */
const PIECE_UNITS = 1024 * 1024;

/** A long text in pieces that part no character; a short one as it is. */
export function* piecesOf(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > PIECE_UNITS) {
    const last = text.charCodeAt(from + PIECE_UNITS - 1);
    const to = from + (last >= 0xd8_00 && last <= 0xdb_ff ? PIECE_UNITS - 1 : PIECE_UNITS);
    yield text.slice(from, to);
    from = to;
  }
  yield from === 0 ? text : text.slice(from);
}
