//! Every operation's future may move between threads, as servers and desktop shells move them.

use std::time::Duration;

use keyward_core::{DatasetName, LoggedNames, ObjectName, Role, TenantId};
use keyward_engine::{
    AuditCountFilter, AuditFilter, AuditStart, ChallengeKind, CountApart, CountStep, Engine,
    ExportFormat, ExportRange, OperationContext, RewrapOptions, RewrapProgress, RootKeyRotation,
    Source, VerifyOptions,
};
use keyward_kms::local::LocalKeyStore;

fn may_move<T: Send>(_: T) {}

/// Compiled, and never run: the compiler is the test.
#[expect(dead_code, reason = "it is checked by being compiled")]
fn every_operation(
    engine: &Engine,
    context: &OperationContext,
    tenant: &TenantId,
    dataset: &DatasetName,
    name: &ObjectName,
    folder: &std::path::Path,
    keystore: &LocalKeyStore,
) {
    may_move(engine.register_tenant(context, tenant, "name"));
    may_move(engine.register_root_key(context, tenant, &[]));
    may_move(async move {
        let root_key = engine.root_keys(tenant).await.unwrap().remove(0).key.id;
        let kind = ChallengeKind::Decrypt;
        let challenge = engine.start_challenge(context, &root_key, kind).await.unwrap();
        let answer = keyward_engine::Answer::Decrypted(Vec::new());
        engine.answer_challenge(context, challenge.id, &answer).await
    });
    may_move(engine.create_dataset(context, tenant, dataset, &[], LoggedNames::Plain));
    may_move(engine.set_dataset_names(context, tenant, dataset, LoggedNames::Digest));
    may_move(engine.open_names(context, tenant, dataset, std::slice::from_ref(name)));
    may_move(engine.write(context, tenant, dataset, name, Source::Bytes(Vec::new().into())));
    may_move(engine.read(context, tenant, dataset, name));
    may_move(engine.read_range(context, tenant, dataset, name, 0..1));
    may_move(engine.read_to_file(context, tenant, dataset, name, folder));
    may_move(engine.read_stream(context, tenant, dataset, name, std::io::sink()));
    may_move(engine.delete(context, tenant, dataset, name));
    may_move(engine.list(context, tenant, dataset, "", None, 1));
    may_move(engine.rotate_data_key(context, tenant, dataset));
    may_move(engine.rotate_root_key(context, tenant, RootKeyRotation::NewVersion));
    may_move(engine.rotate_root_key(context, tenant, RootKeyRotation::NewKey(2)));
    may_move(engine.rewrap(context, tenant, RewrapOptions::default(), &RewrapProgress::unwatched));
    may_move(engine.rekey(context, tenant, dataset));
    may_move(engine.suspend(context, tenant, "why"));
    may_move(engine.revoke(context, tenant, "why", true));
    may_move(engine.revoke_with(context, tenant, "why", true, &|_| {}));
    may_move(engine.revocation_drill(context, keystore, &|_| {}));
    may_move(engine.blast_radius(context, tenant));
    may_move(engine.revocations(context, Some(tenant)));
    may_move(async move {
        let reference = "local:acme-root".parse().unwrap();
        engine.read_key_policy(context, tenant, &reference, None).await
    });
    may_move(engine.restore(context, tenant, true));
    may_move(engine.offboard(context, tenant, true));
    may_move(engine.exit_kit(context, tenant, folder));
    may_move(engine.sweep_orphans(context, Duration::ZERO));
    may_move(engine.audit_query(context, &AuditFilter::default(), AuditStart::Newest, 1));
    may_move(engine.audit_verify(context, &|_, _| {}));
    may_move(engine.audit_verify_with(context, &VerifyOptions::default(), &|_, _| {}));
    let counts = AuditCountFilter::default();
    may_move(engine.audit_counts(context, &counts, CountStep::Day, CountApart::Nothing));
    may_move(engine.audit_show(context, 0));
    may_move(engine.audit_tail(context, &AuditFilter::default(), None, 1, Duration::ZERO));
    may_move(engine.audit_prove(context, 0, None));
    may_move(engine.audit_consistency(context, ""));
    may_move(engine.audit_export(context, folder, ExportRange::default()));
    let (filter, sink) = (AuditFilter::default(), std::io::sink());
    may_move(engine.audit_export_lines(context, &filter, ExportFormat::Csv, sink));
    may_move(engine.status());
    may_move(engine.tenant_status(context, tenant));
}

#[test]
fn a_context_and_a_role_may_move() {
    may_move(None::<OperationContext>);
    may_move(Role::Application);
    may_move(None::<Engine>);
}
