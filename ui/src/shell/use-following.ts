import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { followEvents } from "@/ipc/events";

/** Keeps the pages as fresh as the log for as long as the workspace is open. */
export function useFollowing(): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(
    () =>
      followEvents(client, {
        openPage: (page) => void navigate(`/${page}`),
        openRequest: (id) => void navigate(`/approvals/${encodeURIComponent(id)}`),
      }),
    [client, navigate],
  );
}
