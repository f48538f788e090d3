import fc from "fast-check";
import { expect, test } from "vitest";
import { Relinks } from "../../../src/transcript/tree/relinks.ts";

const ROWS = 8;
const UUIDS = 6;
const uuid = fc.integer({ min: -1, max: UUIDS - 1 });
const row = fc.integer({ min: 0, max: ROWS - 1 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), row, to: uuid }),
  fc.record({ kind: fc.constant("move" as const), from: uuid.filter((from) => from >= 0), to: uuid, except: row }),
  fc.record({ kind: fc.constant("undo" as const), steps: fc.integer({ min: 1, max: 4 }) }),
);

test("links equal those of a simple model that relinks each row at every step, also after undoing steps", () => {
  fc.assert(
    fc.property(fc.array(uuid, { minLength: ROWS, maxLength: ROWS }), fc.array(step), (written, steps) => {
      // The last row is not among those that are relinked.
      const rows = Int32Array.from({ length: ROWS - 1 }, (_, at) => at);
      const relinks = new Relinks(rows, Int32Array.from(written), UUIDS);
      let links = [...written];
      const before: { links: number[]; mark: number }[] = [];
      for (const it of steps) {
        if (it.kind === "undo") {
          for (let i = 0; i < it.steps && before.length > 0; i++) {
            const last = before.pop();
            if (last === undefined) break;
            links = last.links;
            relinks.undoTo(last.mark);
          }
        } else {
          before.push({ links, mark: relinks.mark });
          if (it.kind === "set" && it.row < ROWS - 1) {
            relinks.setLink(it.row, it.to);
            links = links.with(it.row, it.to);
          } else if (it.kind === "move") {
            const except = it.except === ROWS - 1 ? -1 : it.except;
            relinks.moveChildren(it.from, it.to, except);
            links = links.map((link, at) => (link === it.from && at !== except && at < ROWS - 1 ? it.to : link));
          }
        }
        expect(Array.from(links, (_, at) => relinks.linkOf(at))).toEqual(links);
      }
    }),
  );
});
