import { useRouteError } from "react-router";
import { ErrorNotice, PageBody, PageHeader } from "@/design";
import { failureOf } from "@/ipc";

/** Stands in the place of a page that failed while it was drawn. */
export function PageFailure() {
  const error = useRouteError();
  return (
    <>
      <PageHeader title="This page failed" />
      <PageBody>
        <ErrorNotice
          failure={failureOf(error)}
          retry={() => {
            window.location.reload();
          }}
        />
      </PageBody>
    </>
  );
}
