/** The one door to the engine: generated commands, failures, queries, events. */
export { call } from "./call";
export { Channel, commands } from "./commands";
export type * from "./commands";
export { CommandFailure, failureOf, hasCode, type CommandError } from "./failure";
export { keys } from "./keys";
export { events } from "@/generated/bindings";
export { on } from "./events";
export { parseRole, roleName, roleWord, type Role } from "./role";
export {
  askAhead,
  useAdministrator,
  useAttention,
  useLogStanding,
  useRewraps,
  useRole,
  useStanding,
  useTenants,
  useWorkspace,
} from "./resources";
export { useVerification, verifyLog, type Verification } from "./verification";
