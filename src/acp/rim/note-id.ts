const NOTE = "#note";

/** The id of the note in a row that holds a message of the user as well. */
export const noteId = (uuid: string): string => uuid + NOTE;

/** The id of the row that a message is, or that it is a note of. */
export const withoutNote = (messageId: string): string =>
  messageId.endsWith(NOTE) ? messageId.slice(0, -NOTE.length) : messageId;
