import { type ComponentType } from "react";
import { createHashRouter, Navigate, type RouteObject } from "react-router";
import { PageFailure } from "./shell/PageFailure";
import { Shell } from "./shell/Shell";

/** A page that is loaded when it is first gone to. */
const page = (path: string, load: () => Promise<{ default: ComponentType }>): RouteObject => ({
  path,
  ErrorBoundary: PageFailure,
  lazy: async () => ({ Component: (await load()).default }),
});

/** Every page. The same names as the resources of the engine. */
export const pages: RouteObject[] = [
  page("overview", () => import("./pages/overview")),
  page("tenants", () => import("./pages/tenants")),
  page("tenants/:tenant", () => import("./pages/tenants/tenant")),
  page("onboarding", () => import("./pages/onboarding")),
  page("onboarding/:tenant", () => import("./pages/onboarding")),
  page("hierarchy", () => import("./pages/hierarchy")),
  page("hierarchy/:tenant", () => import("./pages/hierarchy")),
  page("rotation", () => import("./pages/rotation")),
  page("revocation", () => import("./pages/revocation")),
  page("revocation/:tenant", () => import("./pages/revocation")),
  page("approvals", () => import("./pages/approvals")),
  page("approvals/:request", () => import("./pages/approvals")),
  page("audit", () => import("./pages/audit")),
  page("audit/:seq", () => import("./pages/audit")),
  page("access", () => import("./pages/access")),
  page("settings", () => import("./pages/settings")),
];

export const newRouter = () =>
  createHashRouter([
    {
      path: "/",
      element: <Shell />,
      ErrorBoundary: PageFailure,
      HydrateFallback: () => null,
      children: [...pages, { path: "*", element: <Navigate to="/overview" replace /> }],
    },
  ]);
