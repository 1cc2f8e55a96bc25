import { PageBody, PageHeader } from "@/design";
import { useWorkspace, useRole, useStanding } from "@/ipc";
import { usePageReady } from "@/shell/use-page-ready";
import { KeyStore } from "./KeyStore";
import { Log } from "./Log";
import { Providers } from "./Providers";
import { Retention } from "./Retention";
import { RotationDefault } from "./RotationDefault";
import { ThemeAndLock } from "./ThemeAndLock";
import { Witnesses } from "./Witnesses";
import { WorkspaceFacts } from "./WorkspaceFacts";
import classes from "./settings.module.css";

/** How this workspace and this window are set. */
export default function Settings() {
  const workspace = useWorkspace().data;
  const standing = useStanding().data;
  const role = useRole();
  usePageReady(workspace !== undefined && standing !== undefined);
  const runs = role?.kind === "administrator";
  const looks = runs || role?.kind === "security-officer";
  return (
    <>
      <PageHeader title="Settings" />
      <PageBody>
        {workspace !== undefined && standing !== undefined && (
          <div className={classes.columns}>
            <div className={classes.column}>
              {runs && <Providers workspace={workspace} />}
              {runs && <KeyStore />}
              {looks && <Witnesses mayChange={runs} />}
              {looks && <Log workspace={workspace} />}
              {!looks && <WorkspaceFacts workspace={workspace} version={standing.version} />}
            </div>
            <div className={classes.column}>
              {looks && <WorkspaceFacts workspace={workspace} version={standing.version} />}
              {runs && <RotationDefault />}
              {runs && <Retention />}
              <ThemeAndLock minutes={standing.lock_after_minutes} />
            </div>
          </div>
        )}
      </PageBody>
    </>
  );
}
