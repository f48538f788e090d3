/**
 * Prices of requests. All sums are integers of pico-dollars (10^-12 dollars): a price in micro-dollars for a million tokens
 * is that many pico-dollars for one token, so that nothing is rounded before the end.
 */
import type { Tokens } from "../extract/extracted.ts";
import type { calcPrice } from "./claude-prices.ts";

/** Price list in use. The package has no date in it: this is when its version was published. */
export const PRICES = { version: "0.1.8", published: "2026-09-23" } as const;

/** Tokens of one request, or of several that have the same price. */
export interface PricedUsage extends Tokens {
  readonly model: string;
  /** Empty, `fast`, a region such as `us`, or `fast us`. */
  readonly variant: string;
  /** Epoch seconds; 0 if unknown. */
  readonly ts: number;
  /** Whether each request has more than 200,000 input tokens, caches included. */
  readonly long: boolean;
}

export interface Cost {
  /** Pico-dollars. */
  readonly pico: bigint;
  /** Tokens without a known price. */
  readonly unpriced: number;
  /** Whether more was charged by an unknown factor: of a region, or of fast mode. */
  readonly isLower: boolean;
}

/** Pico-dollars for one token, or one search. Undefined: unknown. */
interface UnitPrices {
  readonly input: bigint | undefined;
  readonly output: bigint | undefined;
  readonly w5: bigint | undefined;
  readonly w1h: bigint | undefined;
  readonly read: bigint | undefined;
  readonly web: bigint | undefined;
  readonly dependsOnDate: boolean;
}

/** Model of messages that the CLI wrote itself. They cost nothing. */
export const SYNTHETIC = "<synthetic>";
/** Input tokens above which a request is long. */
export const LONG_INPUT = 200_000;
/** Whole price of a million tokens in dollars, as pico-dollars for one token. */
const PICO_PER_TOKEN = 1e6;
/** Price of a thousand searches in dollars, as pico-dollars for one. */
const PICO_PER_SEARCH = 1e9;
const DAY_SECONDS = 86_400;
/** Time for requests without one: the newest prices hold. */
const UNKNOWN_TIME = new Date("9999-01-01T00:00:00Z");

type CalcPrice = typeof calcPrice;

let loaded: Promise<PriceList> | undefined;

/** Loads the price list once. */
export const loadPrices = (): Promise<PriceList> =>
  (loaded ??= import("./claude-prices.ts").then((module) => new PriceList(module.calcPrice)));

/** Prices by model and, if they depend on it, by day and length. */
export class PriceList {
  readonly #calcPrice: CalcPrice;
  readonly #known = new Map<string, UnitPrices | undefined>();

  constructor(calcPrice: CalcPrice) {
    this.#calcPrice = calcPrice;
  }

  costOf(usage: PricedUsage): Cost {
    const { model, input, output, w5, w1h, read, web } = usage;
    if (model === SYNTHETIC) return { pico: 0n, unpriced: 0, isLower: false };
    const prices = this.#pricesOf(usage);
    let unpriced = 0;
    const priced = (count: number, price: bigint | undefined): bigint => {
      if (price !== undefined) return BigInt(count) * price;
      unpriced += count;
      return 0n;
    };
    const tokens =
      priced(input, prices?.input) +
      priced(output, prices?.output) +
      priced(w5, prices?.w5) +
      priced(w1h, prices?.w1h) +
      priced(read, prices?.read);
    const { numerator, isLower } = factorOf(usage.variant, claudeName(model));
    const searches = BigInt(web) * (prices?.web ?? 0n);
    return {
      pico: (tokens * numerator) / FACTOR_DENOMINATOR + searches,
      unpriced,
      isLower: (isLower && tokens > 0n) || (web > 0 && prices !== undefined && prices.web === undefined),
    };
  }

  #pricesOf({ model, ts, long }: PricedUsage): UnitPrices | undefined {
    const key = `${long ? "long" : ""} ${model}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#ask(model, ts, long));
    const prices = this.#known.get(key);
    if (prices?.dependsOnDate !== true) return prices;
    const day = Math.floor(ts / DAY_SECONDS);
    const dayKey = `${day} ${key}`;
    if (!this.#known.has(dayKey)) this.#known.set(dayKey, this.#ask(model, ts, long));
    return this.#known.get(dayKey);
  }

  #ask(model: string, ts: number, long: boolean): UnitPrices | undefined {
    const timestamp = ts === 0 ? UNKNOWN_TIME : new Date(Math.floor(ts / DAY_SECONDS) * DAY_SECONDS * 1000);
    const found = this.#calcPrice({ input_tokens: 0, output_tokens: 0 }, claudeName(model), {
      providerId: "anthropic",
      timestamp,
    });
    if (found === null) return undefined;
    const price = (key: string, factor: number): bigint | undefined => {
      const value = found.model_price[key];
      if (value === undefined) return undefined;
      if (typeof value === "number") return BigInt(Math.round(value * factor));
      const tier = long ? value.tiers.findLast(({ start }) => start <= LONG_INPUT) : undefined;
      return BigInt(Math.round((tier?.price ?? value.base) * factor));
    };
    return {
      input: price("input_mtok", PICO_PER_TOKEN),
      output: price("output_mtok", PICO_PER_TOKEN),
      w5: price("cache_write_mtok", PICO_PER_TOKEN),
      w1h: price("cache_write_1h_mtok", PICO_PER_TOKEN),
      read: price("cache_read_mtok", PICO_PER_TOKEN),
      web: price("web_searches_kcount", PICO_PER_SEARCH),
      dependsOnDate: Array.isArray(found.model.prices),
    };
  }
}

/** Factors are tenths, so that 1.1 is exact: prices have at most five decimals. */
const FACTOR_DENOMINATOR = 10n;

/** Factors of fast mode (field notes of other tools: Opus 4.6 and 4.7 six times, 4.8 twice). */
const FAST: readonly (readonly [model: RegExp, factor: bigint])[] = [
  [/^claude-(?:opus-4[-.][67]|4[-.][67]-opus)(?!\d)/, 6n],
  [/^claude-(?:opus-4[-.]8|4[-.]8-opus)(?!\d)/, 2n],
];

/** Factor of inference in the US only, in tenths. */
const US_ONLY = 11n;

/** Returns the factor of all token prices, in tenths. An unknown one counts as 1, and makes the cost a lower bound. */
function factorOf(variant: string, name: string): { readonly numerator: bigint; readonly isLower: boolean } {
  if (variant === "") return { numerator: FACTOR_DENOMINATOR, isLower: false };
  const isFast = variant === "fast" || variant.startsWith("fast ");
  const region = isFast ? variant.slice("fast ".length) : variant;
  const fast = isFast ? FAST.find(([model]) => model.test(name))?.[1] : 1n;
  const regional = region === "" ? FACTOR_DENOMINATOR : region === "us" ? US_ONLY : undefined;
  return {
    numerator: (fast ?? 1n) * (regional ?? FACTOR_DENOMINATOR),
    isLower: fast === undefined || regional === undefined,
  };
}

/**
 * Returns Anthropic's name of a model: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-opus-4.5`,
 * `claude-opus-4-6[1m]` and `claude-opus-4@20250514` are the same models at other providers.
 */
export function claudeName(model: string): string {
  const name = model
    .toLowerCase()
    .trim()
    .replace(/\[[^[\]]*\]$/, "");
  return (name.split("/").at(-1) ?? "")
    .replace(/^(?:[a-z\d-]+\.)*anthropic\./, "")
    .replace(/@(?=\d{8}$)/, "-")
    .replace(/@[^@]*$/, "")
    .replace(/(?<=\d)-v\d+(?::\w+)*$/, "")
    .replace(/(?<=[a-z\d]):[a-z]+$/, "");
}

/** Pico-dollars of a micro-dollar. */
const PICO_PER_MICRO = 1_000_000n;

/** Rounds to micro-dollars, half up. */
export function toMicros(pico: bigint): number {
  const shifted = pico + PICO_PER_MICRO / 2n;
  const floor = shifted / PICO_PER_MICRO;
  return Number(shifted < 0n && shifted % PICO_PER_MICRO !== 0n ? floor - 1n : floor);
}

export const fromMicros = (micros: number): bigint => BigInt(micros) * PICO_PER_MICRO;
