/**
 * The drawings of every icon, on a grid of 16 px, drawn with a stroke of `currentColor`.
 * `dashed` parts are drawn with gaps, `filled` ones without a stroke.
 */
export interface Drawing {
  readonly path: string;
  readonly dashed?: string;
  readonly filled?: string;
}

export const drawings = {
  access: { path: "M2.5 2.5h11v11h-11zM2.5 6h11M6.2 6v7.5M9.8 6v7.5M6.2 9.8h7.3" },
  active: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M5.3 8.2l1.9 1.9 3.6-4" },
  agent: {
    path: "M3.5 3h9a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1 -1.5 1.5h-9a1.5 1.5 0 0 1 -1.5 -1.5v-7a1.5 1.5 0 0 1 1.5 -1.5zM4.5 6.2l2 1.8-2 1.8M8.2 10h3",
  },
  approvals: {
    path: "M2.5 13.5h11M3.5 11h9v-1.5c0-.8-.6-1.2-1.4-1.2H9.4c0-1.7 1-2.6 1-4.1A2.4 2.4 0 0 0 8 1.8a2.4 2.4 0 0 0-2.4 2.4c0 1.5 1 2.4 1 4.1H4.9c-.8 0-1.4.4-1.4 1.2z",
  },
  audit: { path: "M3.5 1.8h9v12.4l-2-1.2-2.5 1.2-2.5-1.2-2 1.2zM6 5h4M6 7.5h4M6 10h2.5" },
  bell: { path: "M3.5 11.5h9l-1-1.6V7a3.5 3.5 0 0 0-7 0v2.9zM6.7 13.5h2.6" },
  check: { path: "M3.5 8.5l3 3 6-7" },
  clock: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M8 4.5V8l2.3 1.5" },
  close: { path: "M4 4l8 8M12 4l-8 8" },
  compromised: { path: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1" },
  copy: {
    path: "M7 5.5h5a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1 -1.5 1.5h-5a1.5 1.5 0 0 1 -1.5 -1.5v-5a1.5 1.5 0 0 1 1.5 -1.5zM3.5 10.5h-.2c-.5 0-.8-.3-.8-.8V3.3c0-.5.3-.8.8-.8h6.4c.5 0 .8.3.8.8v.2",
  },
  deactivated: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M5.3 8h5.4" },
  denied: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M3.8 3.8l8.4 8.4" },
  destroyed: { path: "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" },
  disk: {
    path: "M4 3h8a2 2 0 0 1 2 2v6a2 2 0 0 1 -2 2h-8a2 2 0 0 1 -2 -2v-6a2 2 0 0 1 2 -2zM2 9.5h12M11.5 11.3h.1",
  },
  down: { path: "M4.5 6.5l3.5 3.5 3.5-3.5" },
  download: { path: "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11" },
  edit: { path: "M3 13l.6-2.7 7.3-7.3 2.1 2.1-7.3 7.3zM9.6 4.3l2.1 2.1" },
  file: { path: "M3.5 1.8h5.7l3.3 3.3v9.1h-9zM9 2v3.3h3.3" },
  folder: { path: "M2 12.5v-9h4l1.5 1.8H14v7.2z" },
  hierarchy: {
    path: "M1.7 8a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0 -3.6 0M10.7 3.5a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0 -3.6 0M10.7 12.5a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0 -3.6 0M5.3 8H7c1.5 0 1.5-4.5 3.7-4.5M7 8c1.5 0 1.5 4.5 3.7 4.5",
  },
  info: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M8 7.3v3.5M8 5.2v.1" },
  key: { path: "M2 11a3 3 0 1 0 6 0a3 3 0 1 0 -6 0M7.2 8.8 13.5 2.5M11 5l2 2" },
  left: { path: "M9.5 4.5l-3.5 3.5 3.5 3.5" },
  link: {
    path: "M6.5 9.5l3-3M7 4.5 8.5 3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7",
  },
  lock: {
    path: "M4.5 7h7a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1 -1.5 1.5h-7a1.5 1.5 0 0 1 -1.5 -1.5v-4a1.5 1.5 0 0 1 1.5 -1.5zM5 7V5a3 3 0 0 1 6 0v2",
  },
  minus: { path: "M3 8h10" },
  moon: { path: "M13.5 9.6A5.8 5.8 0 1 1 6.4 2.5a4.6 4.6 0 0 0 7.1 7.1z" },
  object: { path: "M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.7 5.1 8 8.2l5.3-3.1M8 8.2v6" },
  onboarding: {
    path: "M2.5 10.5a3 3 0 1 0 6 0a3 3 0 1 0 -6 0M7.7 8.3 11 5M9.5 6.5 11 8M12.5 1.5v4M10.5 3.5h4",
  },
  overview: { path: "M2.5 2.5h4.5v5H2.5zM9 2.5h4.5v3H9zM9 8h4.5v5.5H9zM2.5 10h4.5v3.5H2.5z" },
  pause: { path: "M5.5 3.5v9M10.5 3.5v9" },
  pen: {
    path: "M2.5 13.5c2-3 3-6.5 4.5-6.5 1.2 0-.5 4 .8 4 1 0 1.4-2 2.3-2 .8 0 .6 1.5 1.4 1.5.5 0 1-.4 2-.5M2.5 2.5h5",
  },
  play: { path: "M4.5 3v10l8-5z" },
  plus: { path: "M8 3v10M3 8h10" },
  "pre-activation": { path: "M8 5v3.2L10 9.8", dashed: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0" },
  quarantine: { path: "M2.5 5 8 2l5.5 3v6L8 14l-5.5-3zM8 5.5v3M8 10.6v.1" },
  record: { path: "M4 4.5h8M4 8h8M4 11.5h5" },
  revocation: { path: "M8 1.5v6M11.8 4.2a5.3 5.3 0 1 1-7.6 0" },
  right: { path: "M6.5 4.5l3.5 3.5-3.5 3.5" },
  rotation: {
    path: "M13.5 3v3.5H10M2.5 13V9.5H6M13.2 6.5A5.5 5.5 0 0 0 3.6 4.7M2.8 9.5a5.5 5.5 0 0 0 9.6 1.8",
  },
  running: { path: "M8 2a6 6 0 1 0 6 6" },
  search: { path: "M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0M10.5 10.5l3.5 3.5" },
  settings: {
    path: "M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M9 4.5a2 2 0 1 0 4 0a2 2 0 1 0 -4 0M3 11.5a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  },
  shield: {
    path: "M8 1.5 13 3.3v4.2c0 3.3-2.2 5.7-5 7-2.8-1.3-5-3.7-5-7V3.3zM5.8 7.8l1.6 1.6 2.9-3",
  },
  stop: { path: "M5 4h6a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-6a1 1 0 0 1 -1 -1v-6a1 1 0 0 1 1 -1z" },
  store: {
    path: "M2.5 3.8a5.5 2 0 1 0 11 0a5.5 2 0 1 0 -11 0M2.5 3.8v8.4c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V3.8M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2",
  },
  sun: {
    path: "M5.4 8a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  },
  suspended: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M6.4 5.8v4.4M9.6 5.8v4.4" },
  tenants: {
    path: "M3 13.5v-10l5-1.5v11.5M8 6l5 1.5v6M1.5 13.5h13M5 6h.5M5 8.5h.5M5 11h.5M10.5 9.5h.5M10.5 11.5h.5",
  },
  theme: { path: "M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0", filled: "M8 2v12a6 6 0 0 0 0-12z" },
  undo: { path: "M3 3.5v3.8h3.8M3.3 7.2a5.3 5.3 0 1 1-.4 3.3" },
  unreachable: {
    path: "M1.5 6.5a9.5 9.5 0 0 1 4-2.3M8.8 3.7a9.5 9.5 0 0 1 5.7 2.8M4 9.2a6 6 0 0 1 2.7-1.5M10.5 8.2c.6.3 1 .6 1.5 1M8 12.3v.1M2.5 2l11 11.5",
  },
  up: { path: "M4.5 9.5l3.5-3.5 3.5 3.5" },
  upload: { path: "M8 10.2V2.2M4.8 5.2 8 2l3.2 3.2M2.5 13.5h11" },
  user: {
    path: "M5.3 5.2a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0 -5.4 0M2.8 13.8c.4-2.9 2.5-4.3 5.2-4.3s4.8 1.4 5.2 4.3",
  },
  waiting: { path: "M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0" },
} as const satisfies Record<string, Drawing>;

export type IconName = keyof typeof drawings;
