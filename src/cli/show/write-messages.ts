import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import type { Messages } from "../../view/messages.ts";
import type { Role } from "../../view/parts.ts";
import { inBatches } from "../render/lines.ts";
import {
  type About,
  type Found,
  isShown,
  type LeftOut,
  type PartFilter,
  type Renderer,
  viewMessage,
} from "../render/message-view.ts";

/** Messages between which others get their turn. */
export const MESSAGES_PER_TURN = 64;

/** A conversation, and what is written of it. */
export interface Writing {
  readonly open: OpenConversation;
  readonly about: Omit<About, "messages">;
  readonly messages: Messages;
  /** The messages to write. */
  readonly numbers: readonly number[];
  readonly renderer: Renderer;
  /** Counts what is left out; the renderer knows it too. */
  readonly left: LeftOut;
  /** Returns which parts of a message are written. */
  readonly filterOf: (number: number) => PartFilter;
  readonly found?: ReadonlyMap<number, Found> | undefined;
  /** Those that were asked for, if any. */
  readonly roles: ReadonlySet<Role> | undefined;
  /** Says of a conversation without messages that there are none. */
  readonly saysEmpty: boolean;
}

/** Writes messages with what is before and after them, in pieces, until `write` returns false: nobody reads any more. */
export async function writeMessages(writing: Writing, write: (text: string) => Promise<boolean>): Promise<void> {
  const { open, about, messages, numbers, renderer, left, filterOf, found, roles, saysEmpty } = writing;
  const all: About = { ...about, messages: messages.count };
  let reads = await write(renderer.head(all));
  for (const number of numbers) {
    if (!reads) return;
    if (number % MESSAGES_PER_TURN === 0) await yieldToEventLoop();
    const message = messages.get(number);
    let isEmpty = true;
    const filter = filterOf(number);
    const parts = viewMessage(message, messages.entries(message), open, (part) => {
      isEmpty = false;
      return isShown(part, filter, left);
    });
    const match = found?.get(number);
    const view = match === undefined ? parts : { ...parts, found: match };
    if (view.parts.length > 0) {
      for (const piece of inBatches(renderer.message(view))) {
        reads = await write(piece);
        if (!reads) return;
      }
    } else if (isEmpty) left.empty++;
    else if (roles !== undefined) left.otherRoles++;
  }
  if (open.length === 0 && saysEmpty) await write("\nno messages\n");
  if (reads) await write(renderer.foot(all));
}
