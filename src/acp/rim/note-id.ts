const NOTE = "#note";

/** Returns the id of the note in a row that also has a message of the user. */
export const noteId = (uuid: string): string => uuid + NOTE;

/** Returns the id of the row that a message or note belongs to: the id without its note suffix. */
export const withoutNote = (messageId: string): string =>
  messageId.endsWith(NOTE) ? messageId.slice(0, -NOTE.length) : messageId;
