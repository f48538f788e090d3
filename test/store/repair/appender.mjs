/** Appends rows to a file as the CLI does: opens it, writes, and closes it, again and again. */
import fs from "node:fs";

const [, , file, count] = process.argv;
for (let n = 0; n < Number(count); n++) {
  fs.appendFileSync(file, `${JSON.stringify({ type: "note", appended: n })}\n`, {
    flag: fs.constants.O_APPEND | fs.constants.O_WRONLY,
  });
  await new Promise((resolve) => setTimeout(resolve, 2));
}
