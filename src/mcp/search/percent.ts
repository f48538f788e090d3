/**
 * Makes the progress of a search, which counts bytes and then sessions, into per cent that only grow: 100 and more belong to
 * the next count.
 */
export function percentOf(report: (percent: number) => void): (done: number, total: number) => void {
  let before = 0;
  let last = 0;
  return (done, total) => {
    const percent = total > 0 ? Math.floor((100 * Math.min(done, total)) / total) : 100;
    if (percent < last) before += 100;
    last = percent;
    report(before + percent);
  };
}
