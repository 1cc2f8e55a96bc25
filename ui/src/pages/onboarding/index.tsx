import { useParams } from "react-router";
import { OnboardingList } from "./OnboardingList";
import { OnboardingTenant } from "./OnboardingTenant";

export default function Onboarding() {
  const { tenant } = useParams();
  return tenant === undefined ? (
    <OnboardingList />
  ) : (
    <OnboardingTenant key={tenant} tenant={tenant} />
  );
}
