//! The TypeScript beside the commands and events: what `ui/src/generated/bindings.ts` is made from.

use tauri::Wry;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{commands::*, events};

/// Every command and event of the application.
pub fn builder() -> Builder<Wry> {
    Builder::new()
        .commands(collect_commands![
            access::access_matrix,
            audit::audit_archive,
            audit::audit_counts,
            audit::audit_days,
            audit::audit_export,
            audit::audit_fetch,
            audit::audit_prove,
            audit::audit_query,
            audit::audit_release,
            audit::audit_retention,
            audit::audit_retention_set,
            audit::audit_seal,
            audit::audit_show,
            audit::audit_verify,
            audit::audit_words,
            credentials::credential_remove,
            credentials::credential_set,
            credentials::credentials_list,
            hierarchy::hierarchy_show,
            keystore::keystore_allow,
            keystore::keystore_cancel_deletion,
            keystore::keystore_create,
            keystore::keystore_deny,
            keystore::keystore_enable,
            keystore::keystore_list,
            keystore::keystore_rotate,
            keystore::keystore_schedule_deletion,
            keystore::keystore_tag,
            onboarding::challenge_answer,
            onboarding::challenge_start,
            onboarding::key_policy,
            onboarding::key_policy_read,
            onboarding::reference_recognise,
            onboarding::root_key_register,
            onboarding::statement_save,
            overview::attention_list,
            overview::log_standing,
            revocation::blast_radius,
            revocation::revocation_drill,
            revocation::revocations_list,
            revocation::tenant_restore,
            revocation::tenant_revoke,
            rewrap::rewrap_cancel,
            rewrap::rewrap_forecast,
            rewrap::rewrap_jobs,
            rewrap::rewrap_pause,
            rewrap::rewrap_resume,
            rewrap::rewrap_start,
            rotation::root_key_rotate,
            rotation::rotation_period,
            rotation::rotation_period_set,
            tenants::approver_enroll,
            tenants::approvers_list,
            tenants::data_key_rotate,
            tenants::dataset_create,
            tenants::dataset_names,
            tenants::tenant_offboard,
            tenants::tenant_register,
            tenants::tenant_show,
            tenants::tenant_suspend,
            tenants::tenants_list,
            witnesses::witness_add,
            witnesses::witness_remove,
            witnesses::witnesses_show,
            workspace::lock_after_set,
            workspace::lock_touch,
            workspace::role_take,
            workspace::workspace_choose,
            workspace::workspace_create,
            workspace::workspace_lock,
            workspace::workspace_show,
            workspace::workspace_standing,
            workspace::workspace_unlock,
        ])
        .events(collect_events![
            events::JobsChanged,
            events::OpenPage,
            events::OpenRequest,
            events::RecordsAppended,
            events::StandingChanged,
            events::StateChanged,
        ])
        // Counts stay below 2^53: the log's format promises it.
        .dangerously_cast_bigints_to_number()
        // One type a view: what is written here is read there as it is.
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use specta_typescript::Typescript;

    use super::*;

    const HEADER: &str = "// Made from src-tauri by its test `bindings`: KEYWARD_BINDINGS=write writes it anew.\n/* eslint-disable */\n";

    /// The committed bindings are those of these commands. `KEYWARD_BINDINGS=write` writes them.
    #[test]
    fn the_committed_bindings_are_not_stale() {
        let committed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/generated/bindings.ts");
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("bindings.ts");
        builder().export(Typescript::default().header(HEADER), &made).unwrap();
        let made = std::fs::read_to_string(made).unwrap();
        if std::env::var_os("KEYWARD_BINDINGS").is_some_and(|set| set == "write") {
            std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
            std::fs::write(&committed, &made).unwrap();
        }
        let there = std::fs::read_to_string(committed).unwrap_or_default();
        assert!(there == made, "the bindings are stale; run this test with KEYWARD_BINDINGS=write");
    }

    /// Every function that is a command can be called by its name, and may be: one that the bindings or the
    /// capability don't name would fail only once somebody presses its button. And nothing else may be.
    #[test]
    fn each_command_is_bound_and_allowed_and_nothing_else_is() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut written = BTreeSet::new();
        for entry in std::fs::read_dir(here.join("src/commands")).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for part in text.split("#[tauri::command]").skip(1) {
                let (_, after) = part.split_once("fn ").unwrap();
                written.insert(word(after));
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("bindings.ts");
        builder().export(Typescript::default(), &made).unwrap();
        let text = std::fs::read_to_string(made).unwrap();
        // With or without the type of its answer: `invoke("name"`, `invoke<Type>("name"`.
        let calls =
            text.split("__TAURI_INVOKE").skip(1).filter(|call| call.starts_with(['(', '<']));
        let bound =
            calls.filter_map(|call| call.split_once("(\"")).map(|(_, name)| word(name)).collect();
        assert_eq!(written, bound, "commands and bindings");

        let text = std::fs::read_to_string(here.join("capabilities/main.json")).unwrap();
        let capability: serde_json::Value = serde_json::from_str(&text).unwrap();
        let permissions = capability["permissions"].as_array().unwrap();
        let events = ["core:event:allow-listen", "core:event:allow-unlisten"];
        let allowed: BTreeSet<String> = permissions
            .iter()
            .map(|permission| permission.as_str().unwrap())
            .filter(|permission| !events.contains(permission))
            .map(|permission| permission.strip_prefix("allow-").unwrap().replace('-', "_"))
            .collect();
        assert_eq!(written, allowed, "commands and the capability");
        assert_eq!(permissions.len(), allowed.len() + events.len(), "each is allowed once");
        assert!(written.len() > 60, "only {} commands were found", written.len());
    }

    /// The word that a text begins with.
    fn word(text: &str) -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    }

    /// Words that a field of something secret would have.
    const SECRET: [&str; 9] = [
        "passphrase",
        "password",
        "plaintext",
        "material",
        "seed",
        "credential",
        "private",
        "nonce",
        "secret",
    ];

    /// Fields that have such a word, and hold no secret: a yes or no, and where secrets rest.
    const HARMLESS: [&str; 2] = ["passphrase: boolean", "secrets: string"];

    /// What only goes into Rust.
    const INPUTS: [&str; 4] =
        ["NewWorkspace", "AnswerInput", "CredentialInput", "AwsCredentialInput"];

    /// No view has a place for key material, plaintext or a credential.
    #[test]
    fn no_output_has_a_field_for_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("bindings.ts");
        builder().export(Typescript::default(), &made).unwrap();
        let text = std::fs::read_to_string(made).unwrap();
        let (mut types, mut fields) = (0, 0);
        for part in text.split("export type ").skip(1) {
            let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
            let body = part.split("\n};").next().unwrap_or_default();
            types += 1;
            if INPUTS.contains(&name.as_str()) {
                continue;
            }
            // The type's own name is no field.
            let body = body.strip_prefix(&name).unwrap_or(body);
            let lines = body.lines().map(|line| line.trim().trim_end_matches([',', ';']));
            for field in lines.filter(|line| !line.starts_with(['/', '*'])) {
                fields += 1;
                let word = field.split(':').next().unwrap_or_default().to_lowercase();
                let secret = SECRET.iter().any(|secret| word.contains(secret));
                assert!(!secret || HARMLESS.contains(&field), "{name} has `{field}`");
            }
        }
        assert!(types > 30 && fields > 200, "{types} types, {fields} fields");
    }
}
