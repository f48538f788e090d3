/** Lists of sessions, by page and whole, in fresh and warm processes, compared with the official functions. */
import { report, reportMemory, reportRatio } from "../table.mjs";
import { child, compare, firstAndLater, warmed } from "../turns.mjs";

/** Sessions on a page. */
const PAGE = 50;
/** Maximum memory of a list: RSS in MB, with Node itself. */
const LIST_RSS_MB = 250;
/** Calls in a warm process. The first does not count. */
const REPEAT = 7;

/** `small`: a store to warm up the code without the files of `store`. */
export function measureList({ rounds, store, small, sessions, what, copied }) {
  const limit = PAGE;
  const repeat = REPEAT;
  const warm = compare(rounds, {
    official: () => warmed(child(store, "official", "page", { limit, repeat })),
    ours: () => warmed(child(store, "ours", "page", { limit, repeat })),
    floor: () => warmed(child(store, "none", "floor", { repeat })),
  });
  report(`${what}: first page, warm process`, warm, { faster: 4 });
  reportRatio(`${what}: … against readdir + stat`, { base: warm.floor.ms, value: warm.ours.ms, most: 2 });

  const swapped = true;
  const warmSwapped = compare(rounds, {
    official: () => warmed(child(store, "official", "page", { limit, repeat, swapped })),
    ours: () => warmed(child(store, "ours", "page", { limit, repeat, swapped })),
  });
  report(`${what}: listSessions({ limit: 50 }), warm process`, warmSwapped, { faster: 4 });
  const freshSwapped = compare(rounds, {
    official: () => child(store, "official", "page", { limit, swapped }),
    ours: () => child(store, "ours", "page", { limit, swapped }),
  });
  report(`${what}: listSessions({ limit: 50 }), fresh process`, freshSwapped, { faster: 2 });

  const unseen = compare(rounds, {
    official: () => child(store, "official", "page", { limit, warmUp: small }),
    ours: () => child(store, "ours", "page", { limit, warmUp: small }),
  });
  report(`${what}: first page, warm code, new store`, unseen);

  const fresh = compare(rounds, {
    official: () => child(store, "official", "page", { limit }),
    ours: () => child(store, "ours", "page", { limit }),
    ...(copied && { floor: () => child(store, "none", "openAll", {}) }),
  });
  // With equal mtimes the official function still sorts by them; ours has to open every transcript once.
  const target = { faster: 2 };
  report(`${what}: first page, fresh process`, fresh, target);
  const whole = { official: { ms: fresh.official.processMs }, ours: { ms: fresh.ours.processMs } };
  report(`${what}: … from the start of the process to its end`, whole, target);
  if (copied) reportRatio(`${what}: … against opening all`, { base: fresh.floor.ms, value: fresh.ours.ms });

  measureLaterPages({ rounds, store, sessions, what });

  const full = compare(rounds, {
    official: () => firstAndLater(child(store, "official", "list", { repeat: 2 })),
    ours: () => firstAndLater(child(store, "ours", "list", { repeat: 4 })),
  });
  report(`${what}: full list, fresh process`, full, { faster: 8 });
  const unchanged = { official: { ms: full.official.laterMs }, ours: { ms: full.ours.laterMs } };
  report(`${what}: full list, nothing changed`, unchanged, { faster: 50 });
  reportMemory(`${what}: full list`, full, LIST_RSS_MB);
}

/** Compares pages in the middle and at the end with the first. */
function measureLaterPages({ rounds, store, sessions, what }) {
  const after = (count) => child(store, "ours", "cursorAfter", { count }).nextCursor;
  const cursors = { first: undefined, middle: after(Math.floor(sessions / 2)), last: after(sessions - PAGE) };
  const page = (cursor, repeat) => child(store, "ours", "page", { limit: PAGE, cursor, repeat });
  const each = (run) => Object.fromEntries(Object.entries(cursors).map(([name, cursor]) => [name, () => run(cursor)]));
  const ways = { fresh: (cursor) => page(cursor), warm: (cursor) => warmed(page(cursor, REPEAT)) };
  for (const [way, run] of Object.entries(ways)) {
    const pages = compare(rounds, each(run));
    for (const name of ["middle", "last"]) {
      const times = { base: pages.first.ms, value: pages[name].ms, most: 1.5 };
      reportRatio(`${what}: ${name} page / first, ${way}`, times);
    }
  }
}
