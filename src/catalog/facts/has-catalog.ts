import { readNames } from "../../store/disk/fs.ts";
import { isIndexOff, placeOf } from "../../store/layout/cache-place.ts";

/** Reports whether a config dir seems to have an index, without loading the code that opens it. */
export function hasCatalog(configDir: string): boolean {
  if (isIndexOff()) return false;
  const { directories, prefix } = placeOf(configDir);
  return directories.some((directory) => {
    try {
      return readNames(directory).some((name) => name.startsWith(prefix) && name.endsWith(".db"));
    } catch {
      // It is missing.
      return false;
    }
  });
}
