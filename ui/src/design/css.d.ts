import "react";

declare module "react" {
  interface CSSProperties {
    // Tokens and measures that a component hands to its own sheet.
    [name: `--${string}`]: string | number | undefined;
  }
}
