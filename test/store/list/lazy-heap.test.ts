import fc from "fast-check";
import { expect, test } from "vitest";
import { type Ranked, Ranking, ranksBefore } from "../../../src/store/list/lazy-heap.ts";

const ranked = fc.record({ activity: fc.integer({ min: 0, max: 5 }), sessionId: fc.string({ maxLength: 2 }) });
const order = (a: Ranked, b: Ranked): number => (ranksBefore(a, b) ? -1 : ranksBefore(b, a) ? 1 : 0);

test("gives what was put in, first things first", () => {
  fc.assert(
    fc.property(fc.array(ranked), fc.array(ranked), (before, later) => {
      const ranking = new Ranking([...before], ({ activity }) => activity, ranksBefore);
      for (const item of later) ranking.push(item);
      const all = [...before, ...later].sort(order);
      expect(ranking.first).toEqual(all[0]);
      expect([...ranking.rest()].sort(order)).toEqual(all);
      const taken: Ranked[] = [];
      for (let item = ranking.pop(); item !== undefined; item = ranking.pop()) taken.push(item);
      expect(taken).toEqual(all);
      expect(ranking.first).toBeUndefined();
    }),
  );
});

/** As many as there are in a store; of equal worth are many, or hardly any. */
const many = fc
  .tuple(fc.constantFrom(3, 40, 1e6), fc.integer({ min: 0, max: 1500 }), fc.nat(1e6))
  .map(([worths, count, start]) =>
    Array.from({ length: count }, (_, i) => ({ activity: ((start + i) * 7919) % worths, sessionId: String(i) })),
  );
const steps = fc.array(fc.oneof(fc.nat(200), ranked), { maxLength: 30 });

test("gives many in order as well, whatever comes meanwhile", () => {
  fc.assert(
    fc.property(many, steps, (items, todo) => {
      const left = [...items].sort(order);
      const ranking = new Ranking<Ranked>([...items], ({ activity }) => activity, ranksBefore);
      for (const step of [...todo, Infinity]) {
        if (typeof step !== "number") {
          ranking.push(step);
          left.push(step);
          left.sort(order);
        }
        const count = typeof step === "number" ? step : 0;
        const taken: (Ranked | undefined)[] = [];
        for (let n = 0; n < count && ranking.first !== undefined; n++) taken.push(ranking.pop());
        expect(taken).toEqual(left.splice(0, count));
        expect(ranking.first).toEqual(left[0]);
      }
      expect([...ranking.rest()]).toEqual([]);
    }),
  );
});
