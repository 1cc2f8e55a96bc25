import { createSortedRowModel, rowSortingFeature, tableFeatures } from "@tanstack/react-table";

/** What our tables use of TanStack Table: sorting alone; what is shown is the virtualizer's part. */
export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});
