import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactElement } from "react";
import { MemoryRouter, Route, Routes } from "react-router";
import { cssVariablesResolver, theme } from "@/design/theme";
import { newQueryClient } from "@/ipc/query-client";

interface Where {
  /** Where the window is: `/tenants/acme`. */
  readonly at?: string;
  /** The route's pattern, for pages that read its parameters: `/tenants/:tenant`. */
  readonly route?: string;
  readonly client?: QueryClient;
}

/** Draws a component or page with everything that it finds around it in the window. */
export function show(
  element: ReactElement,
  { at = "/", route = "*", client = newQueryClient() }: Where = {},
): RenderResult & { client: QueryClient } {
  const rendered = render(
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} env="test">
      <QueryClientProvider client={client}>
        <MemoryRouter initialEntries={[at]}>
          <Routes>
            <Route path={route} element={element} />
            <Route path="*" element={null} />
          </Routes>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...rendered, client };
}
