// Zooms into a map of all tenants and out again, then drags it, as a hand with a wheel and a pointer
// does: one event a frame. Tells how long each frame took, and how long the page took to be there.
const done = arguments[arguments.length - 1];
const [page, frames] = arguments;
const next = () => new Promise((told) => requestAnimationFrame(told));

// What a wheel or pointer does at a point of an element, by shares of its sides.
const send = (element, Kind, type, across, down, more) => {
  const box = element.getBoundingClientRect();
  const at = { clientX: box.left + across * box.width, clientY: box.top + down * box.height };
  const whose = { bubbles: true, cancelable: true, pointerId: 1, ...at, ...more };
  element.dispatchEvent(new Kind(type, whose));
};

// The times between frames while something is done in each of them.
const during = async (act) => {
  const times = [];
  let before = await next();
  for (let frame = 0; frame < frames; frame += 1) {
    act(frame);
    const now = await next();
    times.push(now - before);
    before = now;
  }
  return times;
};

(async () => {
  const began = performance.now();
  location.hash = page;
  const canvas = () => document.querySelector("main[data-ready='true'] canvas[data-map]");
  while (canvas() === null || canvas().width < 2) {
    if (performance.now() - began > 20000) throw new Error("there is no map");
    await next();
  }
  await next();
  const first = performance.now() - began;
  const map = canvas();
  // In for a third of the frames, further than where names begin to be drawn, and out for as many.
  const turn = (frame) => (frame % Math.ceil(frames / 2) < frames / 4 ? -90 : 90);
  const zoom = await during((frame) =>
    send(map, WheelEvent, "wheel", 0.4, 0.5, { deltaY: turn(frame) }),
  );
  for (let step = 0; step < 16; step += 1) {
    send(map, WheelEvent, "wheel", 0.5, 0.5, { deltaY: -60 });
  }
  send(map, PointerEvent, "pointerdown", 0.5, 0.5, { button: 0 });
  const pan = await during((frame) =>
    send(map, PointerEvent, "pointermove", 0.5 + 0.4 * Math.sin(frame / 9), 0.5 + 0.4 * Math.cos(frame / 13), {}),
  );
  send(map, PointerEvent, "pointercancel", 0.5, 0.5, {});
  return { first, zoom, pan };
})().then(done, (error) => done({ failed: String(error) }));
