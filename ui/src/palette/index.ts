/** The command palette: every page, tenant, key and action by a few letters. */
export { openPalette } from "./open";
export { Palette } from "./Palette";
export { type PaletteAction, usePaletteActions } from "./registry";
