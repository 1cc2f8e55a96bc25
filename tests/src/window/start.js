// Unlocks the window as soon as it asks for that, and waits for its first page with data. Tells when, by the
// marks that the pages leave.
const done = arguments[arguments.length - 1];
const next = () => new Promise((told) => requestAnimationFrame(told));
const at = (mark) => performance.getEntriesByName(mark, "mark").at(-1)?.startTime;

// What there is, once there is something.
const soon = async (what, look) => {
  const began = performance.now();
  for (;;) {
    const found = look();
    if (found !== undefined && found !== null) return found;
    if (performance.now() - began > 20000) throw new Error(`${what} doesn't come`);
    await next();
  }
};

(async () => {
  const ui = await soon("the page that unlocks", () => at("page-ready"));
  const button = () => document.querySelector("main button[type='submit']:enabled");
  const unlock = await soon("the button that unlocks", button);
  const unlocked = performance.now();
  unlock.click();
  await soon("the first page", () => (at("page-ready") > unlocked ? true : null));
  await next();
  // The frame that shows it is drawn by then.
  await new Promise((told) => setTimeout(told));
  return { origin: performance.timeOrigin, ui, unlocked, open: at("workspace-open"), shown: performance.now() };
})().then(done, (error) => done(String(error)));
