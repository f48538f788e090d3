/** Loaded before a program: writes its CPU time and peak memory to descriptor 3 when it exits. */
import { readFileSync, writeSync } from "node:fs";

process.on("exit", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(3, JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, maxRssMb: peakKilobytes() / 1024 }));
});

/** Linux keeps the peak of the parent in `maxRSS` across fork and exec; VmHWM is the program's own. */
function peakKilobytes() {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
