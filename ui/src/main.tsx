import "@mantine/core/styles.layer.css";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./design/tokens.css";
import "./design/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Console } from "./Console";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element `root`");
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
