import { methods, type SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { escapeSeparators, type LineOutput } from "./output.ts";

/** Sends an update; what it returns resolves when there is room for more, undefined when there is. */
export type SendUpdate = (update: SessionUpdate) => Promise<void> | undefined;

/**
 * Writes the updates of sessions as lines of JSON-RPC, as the SDK would. It would make a message and some promises of each
 * of them, which costs as much as all the rest of a load. What is written here stands before what the SDK sends later.
 */
export function updateLines(out: LineOutput): (sessionId: string) => SendUpdate {
  return (sessionId) => {
    const { method, params } = { method: methods.client.session.update, params: { sessionId, update: null } };
    const envelope = JSON.stringify({ jsonrpc: "2.0", method, params });
    const head = envelope.slice(0, -NO_UPDATE.length);
    return (update) => {
      const json = escapeSeparators(JSON.stringify(update));
      out.text(head);
      out.text(json);
      return out.write(END);
    };
  };
}

const NO_UPDATE = "null}}";
const END = "}}";
