import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap, type Ranked, ranksBefore } from "../../../src/store/list/heap.ts";

const ranked = fc.record({ activity: fc.integer({ min: 0, max: 5 }), sessionId: fc.string({ maxLength: 2 }) });
const order = (a: Ranked, b: Ranked): number => (ranksBefore(a, b) ? -1 : ranksBefore(b, a) ? 1 : 0);

test("gives what was put in, first things first", () => {
  fc.assert(
    fc.property(fc.array(ranked), fc.array(ranked), (before, later) => {
      const heap = new Heap<Ranked>([...before], ranksBefore);
      for (const item of later) heap.push(item);
      const all = [...before, ...later].sort(order);
      expect(heap.first).toEqual(all[0]);
      expect([...heap.items].sort(order)).toEqual(all);
      const taken: Ranked[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) taken.push(item);
      expect(taken).toEqual(all);
      expect(heap.first).toBeUndefined();
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
      const heap = new Heap<Ranked>([...items], ranksBefore);
      for (const step of [...todo, Infinity]) {
        if (typeof step !== "number") {
          heap.push(step);
          left.push(step);
          left.sort(order);
        }
        const count = typeof step === "number" ? step : 0;
        const taken: (Ranked | undefined)[] = [];
        for (let n = 0; n < count && heap.first !== undefined; n++) taken.push(heap.pop());
        expect(taken).toEqual(left.splice(0, count));
        expect(heap.first).toEqual(left[0]);
      }
      expect([...heap.items]).toEqual([]);
    }),
  );
});
