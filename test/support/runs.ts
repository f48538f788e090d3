/** Runs of a property in CI, to which the numbers in the tests refer. */
const CI_RUNS = 200;
const LOCAL_RUNS = 25;
/** Fewest runs of a property that asks for its own number. */
const FEWEST = 5;

/** Runs of a property that does not ask for its own number. */
export const RUNS = Number(process.env["TEST_RUNS"] ?? LOCAL_RUNS);
/** Seed of everything that tests draw. A fixed one, so that what fails once fails again. */
export const SEED = Number(process.env["TEST_SEED"] ?? 20261121);

/** Returns the runs of a property that asks for its own number, `inCi`, in proportion to TEST_RUNS. */
export function runs(inCi: number): number {
  return Math.max(FEWEST, Math.ceil((inCi * RUNS) / CI_RUNS));
}
