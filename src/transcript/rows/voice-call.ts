import { asObject, type JsonObject, membersOf } from "./json-values.ts";

/** Turns a `system/voice_call_talk` row into the user row or queued prompt that it stands for (official-helpers.md §5.2). */
export function fromVoiceCall(row: JsonObject): JsonObject {
  if (row["type"] !== "system" || row["subtype"] !== "voice_call_talk") return row;
  const { subtype: _subtype, level: _level, msgV: _version, content, blocks, fold, ...rest } = row;
  const origin = asObject(rest["origin"]);
  if (typeof content !== "string" || origin?.["kind"] !== "voice-call") return row;
  const said = Array.isArray(blocks) ? blocks : content;
  if (fold === undefined) return { ...rest, type: "user", message: { role: "user", content: said } };
  const command = asObject(asObject(fold)?.["command"]);
  if (command === undefined) return row;
  const { isMeta: _isMeta, origin: _origin, ...kept } = rest;
  const { command: _command, ...folded } = membersOf(fold);
  return {
    ...folded,
    ...kept,
    type: "attachment",
    attachment: { ...command, type: "queued_command", prompt: said, origin },
  };
}
