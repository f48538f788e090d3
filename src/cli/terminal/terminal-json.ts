import { jsonText } from "../../view/json-text.ts";
import { escaped } from "../../view/sanitise.ts";

/** Writes JSON with hidden characters and control sequences as escapes, so that a terminal cannot obey them. */
export const terminalJson = (value: unknown, indent?: number): string => escaped(jsonText(value, indent));
