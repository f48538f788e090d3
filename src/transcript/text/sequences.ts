/**
 * Control sequences (CSI, OSC, DCS and their kind), of seven and of eight bits. One whose end is not on its line takes nothing
 * with it but its beginning: text must not vanish because something was cut off before it. Nor is a second beginning a part of
 * one: a line of nothing else would be looked through again and again.
 */
export const SEQUENCES =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u0090\u0098\u009C-\u009F\n\r]*(?:\u0007|\u001B\\|\u009C)|\u001B[ -/]*[0-~]/g;
