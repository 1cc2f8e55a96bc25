/** The references that are being typed for a tenant: a page may be left before they are registered. */
import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { commands, type RecognisedView } from "@/ipc";

const draftKey = (tenant: string) => ["onboarding-draft", tenant];
const empty: readonly string[] = [""];

export function useDraft(tenant: string): [readonly string[], (next: readonly string[]) => void] {
  const client = useQueryClient();
  const { data } = useQuery<readonly string[]>({
    queryKey: draftKey(tenant),
    queryFn: skipToken,
    gcTime: Infinity,
  });
  const set = (next: readonly string[]) => {
    client.setQueryDefaults(draftKey(tenant), { gcTime: Infinity });
    client.setQueryData(draftKey(tenant), next);
  };
  return [data ?? empty, set];
}

/** What the engine takes a text for, as it is typed. The last answer stays until the next is there. */
export const useRecognised = (text: string): RecognisedView | undefined =>
  useQuery({
    queryKey: ["recognised", text],
    queryFn: () => commands.referenceRecognise(text),
    enabled: text.trim() !== "",
    placeholderData: (last) => (text.trim() === "" ? undefined : last),
  }).data;
