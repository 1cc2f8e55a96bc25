/** Where a key moves the selected row; `undefined` for keys that don't move it. */
export function moved(key: string, at: number, count: number, page: number): number | undefined {
  if (count === 0) return undefined;
  const to = target(key, at, count, page);
  return to === undefined ? undefined : Math.min(Math.max(to, 0), count - 1);
}

function target(key: string, at: number, count: number, page: number): number | undefined {
  switch (key) {
    case "ArrowDown":
    case "j":
      return at + 1;
    case "ArrowUp":
    case "k":
      return at < 0 ? 0 : at - 1;
    case "PageDown":
      return Math.max(at, 0) + page;
    case "PageUp":
      return at - page;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
