import "@testing-library/jest-dom/vitest";
import { clearMocks } from "@tauri-apps/api/mocks";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no layout and knows no media queries; the virtual lists and Mantine ask for both.
window.matchMedia = (media: string) =>
  Object.assign(new EventTarget(), { matches: false, media, onchange: null }) as MediaQueryList;

class Observer implements ResizeObserver {
  observe(): void {
    // Nothing ever changes its size here.
  }
  unobserve(): void {
    // As above.
  }
  disconnect(): void {
    // As above.
  }
}
window.ResizeObserver = Observer;
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = () => undefined;

const layout = { offsetHeight: 600, offsetWidth: 1000, clientHeight: 600, clientWidth: 1000 };
for (const [name, size] of Object.entries(layout)) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
}

afterEach(async () => {
  cleanup();
  // What was drawn stops listening in a later turn, and needs the stand-in for that.
  await new Promise((done) => setTimeout(done));
  clearMocks();
});
