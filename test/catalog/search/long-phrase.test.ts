import { expect, test } from "vitest";
import { seeded } from "../../support/catalog-rows.ts";
import { answer, call, numbers, result, SearchStore } from "./search-store.ts";

const random = seeded(7);
const letters = (length: number): string =>
  Array.from({ length }, () => String.fromCodePoint(97 + random(26))).join("");

/** Words of 1 to 12 letters, now and then one of hundreds, or of Chinese. */
function text(units: number): string {
  const parts: string[] = [];
  for (let length = 0; length < units;) {
    const pick = random(200);
    const word =
      pick === 0 ? letters(100 + random(400)) : pick === 1 ? "数据库连接".repeat(30) : letters(1 + random(12));
    parts.push(word);
    length += word.length + 1;
  }
  return parts.join(" ");
}

test("a phrase of any length is found wherever a long text is cut into segments", async () => {
  const said = text(200_000);
  const printed = text(100_000);
  const store = new SearchStore()
    .add(1, ["go", answer(said)])
    .add(2, ["go", call("t1", "Bash", { command: "cat" }), result("t1", printed)])
    .add(3, ["go", answer("else")]);
  for (let n = 0; n < 60; n++) {
    const [whole, session] = n % 3 === 2 ? [printed, "2"] : [said, "1"];
    // Near the places where segments of 32 Ki units begin, and anywhere.
    const near = n % 2 === 0 ? 32_768 * (1 + random(3)) - 600 + random(600) : random(whole.length - 2000);
    const from = whole.lastIndexOf(" ", Math.min(near, whole.length - 1500)) + 1;
    const to = whole.indexOf(" ", from + 60 + random(1200));
    const phrase = whole.slice(from, to < 0 ? undefined : to);
    const page = await store.search(`"${phrase}"`);
    expect([phrase, numbers(page), page.total, page.totalIs]).toEqual([phrase, session, 1, "exact"]);
  }
});
