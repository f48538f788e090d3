import type { Change, Effect } from "./outcome.ts";

/** New ids are named by the order in which they appear. */
export function renumbered(effect: Effect): Effect {
  const names = new Map<string, string>();
  const named = (text: string): string =>
    text.replace(/<new (?:\d+|prompt)>/g, (name) => {
      const key = name === "<new prompt>" ? `${name} ${names.size}` : name;
      if (!names.has(key)) names.set(key, `<new ${names.size + 1}>`);
      return names.get(key) as string;
    });
  const outcome = "value" in effect.outcome ? { value: named(effect.outcome.value) } : effect.outcome;
  const changes = Object.entries(effect.changes).map(([at, change]): [string, Change] => [
    named(at),
    "content" in change ? { ...change, content: named(change.content) } : change,
  ]);
  return { outcome, changes: Object.fromEntries(changes) };
}
