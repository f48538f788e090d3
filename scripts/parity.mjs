/**
 * Compares our functions with the official ones on many generated stores; test/parity/main.ts has the arguments.
 *
 *     npm run parity -- --mode plain --count 2000
 *     npm run parity -- --mode all --count 100
 */
import { runTypeScript } from "./run-typescript.mjs";

runTypeScript("test/parity/main.ts", process.argv.slice(2));
