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
    <Modal
      opened={begin !== null}
      onClose={closePalette}
      withCloseButton={false}
      centered={false}
      size={640}
      yOffset={58}
      padding={0}
      classNames={{ content: classes.content ?? "", body: classes.content ?? "" }}
      transitionProps={{ duration: 80 }}
      aria-label="Search and run"
    >
      {begin !== null && <PaletteBox begin={begin} />}
    </Modal>
  );
}
