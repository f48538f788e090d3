import { expect, test } from "vitest";
import { inOrder } from "../support/in-order.ts";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

const SAID = ["Is the cart right?", "And tax?", "The cart is.", "Only the cart?", "Tax is not.", "That is a number."];
const RESULTS = ["Round once.", "made it"];

test("text is shown once in whatever form it is, and what is not text is named", async () => {
  const dir = caseConfigDir("odd-content");
  const [id = ""] = sessionIdsIn(dir);
  const { show, updates, mcp } = await onEverySurface(dir, id);
  // The model's text of a result is in `rawOutput` too.
  const sent = JSON.stringify(updates.map((update) => ({ ...update, rawOutput: undefined })));
  const body = show.slice(show.indexOf("#1"));
  for (const shown of [body, mcp, sent]) {
    expect(inOrder(shown, [...SAID, ...RESULTS, "Done."])).toBe(true);
    for (const words of [...SAID, ...RESULTS]) expect(shown.split(words)).toHaveLength(2);
    expect(inOrder(shown, ["Tax is not.", "[block]", "That is a number."])).toBe(true);
  }
});
