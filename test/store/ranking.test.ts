import fc from "fast-check";
import { expect, test } from "vitest";
import { type Ranked, Ranking, ranksBefore } from "../../src/store/ranking.ts";

const ranked = fc.record({ activity: fc.integer({ min: 0, max: 5 }), sessionId: fc.string({ maxLength: 2 }) });
const order = (a: Ranked, b: Ranked): number => (ranksBefore(a, b) ? -1 : ranksBefore(b, a) ? 1 : 0);

test("gives what was put in, first things first", () => {
  fc.assert(
    fc.property(fc.array(ranked), fc.array(ranked), (before, later) => {
      const ranking = new Ranking([...before], ranksBefore);
      for (const item of later) ranking.push(item);
      const all = [...before, ...later].sort(order);
      expect(ranking.first).toEqual(all[0]);
      expect([...ranking.rest].sort(order)).toEqual(all);
      const taken: Ranked[] = [];
      for (let item = ranking.pop(); item !== undefined; item = ranking.pop()) taken.push(item);
      expect(taken).toEqual(all);
      expect(ranking.first).toBeUndefined();
    }),
  );
});
