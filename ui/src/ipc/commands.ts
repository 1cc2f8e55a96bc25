/** The generated commands, and the types of what they answer. */
import { commands } from "@/generated/bindings";

export { commands };
export { Channel } from "@tauri-apps/api/core";

type Commands = typeof commands;

/** What a command answers: `Data<"tenantsList">`. */
export type Data<Name extends keyof Commands> =
  Awaited<ReturnType<Commands[Name]>> extends infer Answer
    ? Extract<Answer, { status: "ok" }> extends { data: infer Answered }
      ? Answered
      : never
    : never;

/** What a command takes, in order: `Arguments<"auditQuery">[0]`. */
export type Arguments<Name extends keyof Commands> = Parameters<Commands[Name]>;

export type WorkspaceStanding = Data<"workspaceStanding">;
export type WorkspaceView = Data<"workspaceShow">;
export type TenantRow = Data<"tenantsList">[number];
export type TenantDetail = Data<"tenantShow">;
export type RootKeyItem = TenantDetail["root_keys"][number];
export type JobItem = Data<"rewrapJobs">[number];
export type CredentialItem = Data<"credentialsList">[number];
export type RecordPage = Data<"auditQuery">;
export type RecordItem = RecordPage["records"][number];
export type RecordProof = Data<"auditShow">;
export type VerifiedView = Data<"auditVerify">;
export type BlastRadiusView = Data<"blastRadius">;
export type TimelineView = Data<"revocationsList">[number];
export type RewrapReportView = Data<"rewrapForecast">;
export type KeyPolicyView = Data<"keyPolicy">;
export type ReadPolicyView = Data<"keyPolicyRead">;
export type ChallengeItem = Data<"challengeStart">;
export type {
  AnswerInput,
  ChallengeStepView,
  Progress,
  RecognisedView,
  RevokeStepView,
} from "@/generated/bindings";
