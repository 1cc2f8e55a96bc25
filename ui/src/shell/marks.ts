/** Moments of the window, for the web view's own tools and for measuring. Only the last of a name is kept. */
export function mark(moment: "workspace-open" | "page-ready"): void {
  performance.clearMarks(moment);
  performance.mark(moment);
}
