/**
 * Control sequences (CSI, OSC, DCS and others), of seven and of eight bits. If one does not end on its line,
 * only its beginning matches, so that a cut sequence hides no text. None contains the beginning of another, which keeps the
 * search linear.
 */
export const SEQUENCES =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u0090\u0098\u009C-\u009F\n\r]*(?:\u0007|\u001B\\|\u009C)|\u001B[ -/]*[0-~]/g;
