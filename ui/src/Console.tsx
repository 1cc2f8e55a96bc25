import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { RouterProvider } from "react-router";
import { cssVariablesResolver, theme } from "./design/theme";
import { newQueryClient } from "./ipc/query-client";
import { newRouter } from "./routes";
import { Gate } from "./shell/Gate";

/** The whole window: what stands before the workspace is open, and the pages once it is. */
export function Console() {
  const [client] = useState(newQueryClient);
  const [router] = useState(newRouter);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={client}>
        <Gate>
          <RouterProvider router={router} />
        </Gate>
      </QueryClientProvider>
    </MantineProvider>
  );
}
