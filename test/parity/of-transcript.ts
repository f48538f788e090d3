/** Deviations in what a list says of one transcript, made of a test and a change. */
import { type Call, concerned, seeksByRows } from "./calls.ts";
import { withFurther } from "./copies.ts";
import type { Deviation } from "./deviation.ts";
import { mapTranscripts, type Store, type Transcript, transcriptsOf } from "./model.ts";

type Test = (store: Store, one: Transcript, call: Call) => boolean;
type Change = (one: Transcript, call: Call) => Transcript;

interface Further {
  readonly alsoForks?: boolean;
  /** What is changed counts for calls too that seek the project by what its sessions say. */
  readonly alsoSeeking?: boolean;
  /** A session beside this one, by which the official helpers find the project; they find it by this one otherwise. */
  readonly beside?: (one: Transcript) => Transcript | undefined;
}

/** A deviation in what is read of a single transcript; in a fork it shows in the title alone. */
export function ofTranscript(
  fields: Omit<Deviation, "applies" | "instead" | "effect">,
  test: Test,
  change: Change,
  { alsoForks = true, alsoSeeking = false, beside }: Further = {},
): Deviation {
  const isRead = (call: Call): boolean => isListing(call) || (alsoSeeking && seeksByRows(call));
  const besides = (store: Store, call: Call): Transcript[] =>
    beside !== undefined && seeksByRows(call) && !isListing(call)
      ? transcriptsOf(store).flatMap((one) => beside(one) ?? [])
      : [];
  const applies = (store: Store, call: Call): boolean =>
    ((isRead(call) || (alsoForks && isTitledFork(call))) &&
      transcriptsOf(store).some((one) => concerns(store, call, one) && test(store, one, call))) ||
    besides(store, call).length > 0;
  const changed = (store: Store, call: Call): Store =>
    mapTranscripts(store, (one) => (concerns(store, call, one) && test(store, one, call) ? change(one, call) : one));
  return {
    ...fields,
    applies,
    instead: (store, call) => {
      const more = besides(store, call);
      const read = isRead(call) ? changed(store, call) : store;
      return more.length === 0 ? read : withFurther(read, more);
    },
    titleFrom: (store, call) => changed(store, call),
  };
}

const LISTING = new Set(["listSessions", "getSessionInfo"]);
export const isListing = (call: Call): boolean => LISTING.has(call.fn);
export const isFull = (call: Call): boolean => call.fn !== "listSessions";
export const concerns = (store: Store, call: Call, one: Transcript): boolean => concerned(store, call).has(one.path);

export const isTitledFork = (call: Call): boolean => {
  if (call.fn !== "forkSession") return false;
  const title = (call.args[1] as { title?: string } | undefined)?.title;
  return typeof title !== "string" || title.trim() === "";
};
