/** The colours of the tokens, for a canvas: it can't read variables of CSS. */
import type { Tone } from "@/design";

export interface ToneColours {
  readonly bg: string;
  readonly border: string;
  readonly solid: string;
  readonly on: string;
  readonly text: string;
}

export interface Palette {
  readonly tones: Readonly<Partial<Record<Tone, ToneColours>>>;
  readonly text: string;
  readonly font: string;
}

const tones: readonly Tone[] = [
  "pre-activation",
  "active",
  "suspended",
  "deactivated",
  "compromised",
  "destroyed",
  "denied",
  "attention",
];

/** Reads the theme in force. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colours = (tone: Tone): ToneColours => {
    const name = tone === "attention" ? tone : `state-${tone}`;
    return {
      bg: read(`${name}-bg`),
      border: read(`${name}-border`),
      solid: read(`${name}-solid`),
      on: read(`${name}-on`),
      text: read(`${name}-text`),
    };
  };
  return {
    tones: Object.fromEntries(tones.map((tone) => [tone, colours(tone)])),
    text: read("color-text"),
    font: read("font-ui"),
  };
}

/** Tells when the theme changes; the answer stops it. */
export function onTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, {
    attributeFilter: ["data-mantine-color-scheme"],
  });
  return () => observer.disconnect();
}
