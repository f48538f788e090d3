import { outputChunks, outputText } from "../../store/read/tool-results.ts";
import { FORM_BYTES, ListCutter, storedForm, textOfStored } from "../extract/stored-form.ts";

/** Text of a stored output of a tool, or of a piece of it, with its bytes in the file. */
export interface StoredText {
  readonly text: string;
  readonly off: number;
  readonly len: number;
}

/** Yields the texts of a stored output that can be found. Memory: a piece. Throws file-system errors. */
export function* storedTexts(path: string, bytes: number): Generator<StoredText> {
  const file = { name: "", path, bytes };
  const form = storedForm(bytes, outputText(file, 0, Math.min(FORM_BYTES, bytes)));
  if (form === "whole") return yield { text: textOfStored(outputText(file, 0, bytes), form, 0), off: 0, len: bytes };
  const cutter = form === "list" ? new ListCutter() : undefined;
  for (const { text, from, to } of outputChunks(file, cutter && ((piece, isLast) => cutter.cut(piece, isLast)))) {
    yield { text: textOfStored(text, form, from), off: from, len: to - from };
  }
}
