/**
 * Compares our functions with the official ones on real config dirs, which are only read. Reports which deviation explains
 * each difference.
 *
 *     node scripts/parity-corpus.mjs CONFIG_DIR...
 */
import { runTypeScript } from "./run-typescript.mjs";

runTypeScript("test/parity/corpus.ts", process.argv.slice(2));
