// Drags the scrollbar of the log's table from the newest record to the oldest, then goes to places in between
// at once, and looks at each frame which rows can be seen. Tells how long a part of the table had no record,
// and how long after arriving rows were others than those of the place.
const done = arguments[arguments.length - 1];
const [page, frames] = arguments;
const next = () => new Promise((told) => requestAnimationFrame(told));
const PATIENCE = 20000;

// What of the table can be seen: whether there are records all over it, and whether they are those of its place.
const look = (grid) => {
  const box = grid.getBoundingClientRect();
  const rows = Number(grid.getAttribute("aria-rowcount")) - 1;
  const head = grid.querySelector("[role=columnheader]").getBoundingClientRect().bottom;
  let [covered, whole, right] = [0, true, true];
  for (const row of grid.querySelectorAll("[role=row][aria-rowindex]")) {
    const index = Number(row.getAttribute("aria-rowindex")) - 2;
    if (index < 0) continue;
    const { top, bottom } = row.getBoundingClientRect();
    const seen = Math.min(bottom, box.bottom) - Math.max(top, head);
    if (seen <= 1) continue;
    covered += seen;
    if (row.getAttribute("aria-busy") === "true") whole = false;
    const number = Number(row.firstElementChild.textContent.replace(/\D/g, ""));
    if (number !== rows - 1 - index) right = false;
  }
  // The table's last row needn't end where the table does.
  whole &&= covered > box.bottom - head - 40;
  return { whole, right: whole && right };
};

(async () => {
  location.hash = page;
  const began = performance.now();
  const table = () => document.querySelector("main[data-ready='true'] [role=grid][aria-label='Records']");
  const waits = () => {
    if (performance.now() - began > PATIENCE) throw new Error("the table doesn't show its place");
  };
  while (table() === null || !look(table()).right) {
    waits();
    await next();
  }
  const grid = table();
  let [blank, since, before] = [0, null, await next()];
  const times = [];
  // One frame: what is blank now counts until a frame in which it isn't.
  const frame = async () => {
    const now = await next();
    times.push(now - before);
    before = now;
    const seen = look(grid);
    if (seen.whole) since = null;
    else {
      since ??= now;
      blank = Math.max(blank, now - since);
    }
    return seen;
  };
  const arrived = async () => {
    const from = performance.now();
    for (;;) {
      if ((await frame()).right) return performance.now() - from;
      if (performance.now() - from > PATIENCE) throw new Error("the table doesn't show its place");
    }
  };
  const end = () => grid.scrollHeight - grid.clientHeight;
  for (let step = 1; step <= frames; step += 1) {
    const share = step / frames;
    // A hand begins and ends slowly.
    grid.scrollTop = end() * share * share * (3 - 2 * share);
    await frame();
  }
  const dragged = times.slice();
  let arriving = await arrived();
  for (const share of [0.5, 0.123, 0.871, 0, 1]) {
    grid.scrollTop = end() * share;
    arriving = Math.max(arriving, await arrived());
  }
  const rows = Number(grid.getAttribute("aria-rowcount")) - 1;
  return { rows, blank, arriving, frames: dragged };
})().then(done, (error) => done({ failed: String(error) }));
