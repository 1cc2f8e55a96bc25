import { Modal } from "@mantine/core";
import { useEffect } from "react";
import { closePalette, openPalette, usePaletteQuery } from "./open";
import { usePageActions } from "./page-actions";
import { PaletteBox } from "./PaletteBox";
import classes from "./Palette.module.css";

/** Ctrl-K or Cmd-K opens it, from wherever the window is. */
export function Palette() {
  const begin = usePaletteQuery();
  usePageActions();
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
      }
    };
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener("keydown", press);
    };
  }, []);
  return (
    <Modal.Root opened={begin !== null} onClose={closePalette} size={640} yOffset={58} padding={0}>
      <Modal.Overlay />
      <Modal.Content className={classes.content ?? ""} aria-label="Search and run">
        <Modal.Body className={classes.content ?? ""}>
          {begin !== null && <PaletteBox begin={begin} />}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
