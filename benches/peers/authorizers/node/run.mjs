// node run.mjs once NAME FIXTURE             answers one event and prints the answer
// node run.mjs warm NAME FIXTURE COUNT KIND  prints the median of so many answers to such an event, in nanoseconds

import { readFileSync } from "node:fs";

const [way, name, fixture, count, kind] = process.argv.slice(2);
const given = JSON.parse(readFileSync(fixture, "utf8"));
const { authorizer } = await import(`./${name}.mjs`);
const answer = authorizer(given);

if (way === "once") {
  process.stdout.write(await answer(given.events.TOKEN));
} else {
  let refused = false;
  await answer(given.forged).catch(() => (refused = true));
  if (!refused) throw new Error("a token with changed claims is taken");
  const times = new Float64Array(Number(count));
  const event = given.events[kind];
  for (let warm = 0; warm < times.length / 2; warm += 1) await answer(event);
  for (let number = 0; number < times.length; number += 1) {
    const start = process.hrtime.bigint();
    await answer(event);
    times[number] = Number(process.hrtime.bigint() - start);
  }
  times.sort();
  console.log(JSON.stringify({ median_ns: times[times.length >> 1], answer: await answer(event) }));
}
