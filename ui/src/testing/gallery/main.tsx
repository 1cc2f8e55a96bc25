// Development only: the console over a stand-in for the engine, with one more page of all components.
import "@mantine/core/styles.layer.css";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@/design/tokens.css";
import "@/design/base.css";
import { createRoot } from "react-dom/client";
import { Console } from "@/Console";
import { pages } from "@/routes";
import { mockEngine } from "../mock-engine";
import { answers } from "./answers";
import { Gallery } from "./Gallery";

mockEngine(answers);
pages.push({ path: "settings/gallery", element: <Gallery /> });
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Console />);
