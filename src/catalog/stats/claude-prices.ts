/** The only file that knows the price list; imported when prices are first needed. `scripts/claude-prices.mjs` shortens it. */
export { calcPrice } from "@pydantic/genai-prices";
