//! What a key's owner applies: commands of `az`, which assign roles or, in a vault that has access policies
//! instead, set one.

use keyward_core::{
    Provider, TenantId,
    reference::{AzureKey, AzureStore},
};
use keyward_kms::{KeyPolicy, PolicyForm, PolicyPart};
use serde_json::json;

/// What stands for the principal until somebody writes it in. Azure takes no such one.
const PLACE: &str = "ID-OF-THE-APPLICATION-THAT-KEYWARD-RUNS-AS";

const WRAPS: &str = "KeywardWrapsDataKeys";
const WRAPS_WHY: &str = "tells the key's state and versions, and wraps and unwraps data keys; Azure knows no encryption context, and an access policy no single key: give each tenant a key of its own, and in a vault with access policies a vault of its own";
const ACTS: &str = "KeywardActsOnTheKey";
const ACTS_WHY: &str = "rotates the key, and disables and enables it with a revocation, where Keyward is to do that; by a role of its own, since Azure's own ones that allow it also delete keys";
/// The name of that role.
const ACTS_ROLE: &str = "Keyward rotates and disables a root key";

/// The commands that allow what is asked for.
pub(crate) fn asked(key: &AzureKey, tenant: &TenantId, principal: Option<&str>) -> KeyPolicy {
    let whom = shell_word(principal.unwrap_or(PLACE));
    let [wraps, acts] = match key.store() {
        AzureStore::Vault => in_vault(key, &whom),
        AzureStore::ManagedHsm => in_managed_hsm(key, &whom),
    };
    KeyPolicy {
        provider: Provider::AzureKeyVault,
        key: key.to_string(),
        tenant: tenant.clone(),
        principal: principal.map(str::to_owned),
        needs_principal: principal.is_none(),
        form: PolicyForm::Commands,
        text: format!("{wraps}\n{acts}"),
        parts: vec![
            PolicyPart { name: WRAPS, why: WRAPS_WHY, optional: false, text: wraps },
            PolicyPart { name: ACTS, why: ACTS_WHY, optional: true, text: acts },
        ],
    }
}

/// A vault has roles or access policies, which it says itself.
fn in_vault(key: &AzureKey, whom: &str) -> [String; 2] {
    let (store, name) = (key.store_name(), key.name());
    let shown =
        |what: &str| format!("$(az keyvault show --name {store} --query {what} --output tsv)");
    let id = shown("id");
    let command = |define: &str, role: &str, permissions: &str| {
        format!(
            "if [ \"{}\" = true ]; then {define}az role assignment create --role '{role}' --assignee {whom} \
             --scope \"{id}/keys/{name}\"; else az keyvault set-policy --name {store} --spn {whom} \
             --key-permissions {permissions}; fi",
            shown("properties.enableRbacAuthorization")
        )
    };
    let role = json!({
        "Name": ACTS_ROLE,
        "Description": "Rotates, disables and enables a key",
        "Actions": [],
        "DataActions": [
            "Microsoft.KeyVault/vaults/keys/read",
            "Microsoft.KeyVault/vaults/keys/update/action",
            "Microsoft.KeyVault/vaults/keys/rotate/action",
            "Microsoft.KeyVault/vaults/keyrotationpolicies/read",
        ],
        "AssignableScopes": ["SCOPE"],
    });
    // Quoted but for the scope, which the shell asks for.
    let role = format!("'{role}'").replace("SCOPE", &format!("'\"{id}\"'"));
    let define = format!("az role definition create --role-definition {role} && ");
    [
        command("", "Key Vault Crypto Service Encryption User", "get list wrapKey unwrapKey"),
        command(&define, ACTS_ROLE, "get list wrapKey unwrapKey update rotate getrotationpolicy"),
    ]
}

/// A Managed HSM has roles of its own, for each key.
fn in_managed_hsm(key: &AzureKey, whom: &str) -> [String; 2] {
    let (store, name) = (key.store_name(), key.name());
    let assign = |role: &str| {
        format!(
            "az keyvault role assignment create --hsm-name {store} --role '{role}' --assignee {whom} \
             --scope /keys/{name}"
        )
    };
    let role = json!({
        "roleName": ACTS_ROLE,
        "description": "Rotates, disables and enables a key",
        "permissions": [{ "dataActions": [
            "Microsoft.KeyVault/managedHsm/keys/read/action",
            "Microsoft.KeyVault/managedHsm/keys/write/action",
            "Microsoft.KeyVault/managedHsm/keys/rotate/action",
        ]}],
        "assignableScopes": ["/"],
    });
    let define = format!(
        "az keyvault role definition create --hsm-name {store} --role-definition '{role}' && "
    );
    [assign("Managed HSM Crypto Service Encryption User"), define + &assign(ACTS_ROLE)]
}

/// Text for a POSIX shell, as one word.
fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn policy(reference: &str, principal: Option<&str>) -> KeyPolicy {
        asked(&reference.parse().unwrap(), &"acme".parse().unwrap(), principal)
    }

    /// What a shell makes of the commands, with an `az` that prints its arguments and, asked for what a
    /// vault is, says so.
    #[cfg(unix)]
    fn run(policy: &KeyPolicy, has_roles: bool) -> Vec<Vec<String>> {
        let az = format!(
            "az() {{ if [ \"$1 $2\" = 'keyvault show' ]; then case \"$6\" in id) echo /subscriptions/1/acme;; \
             *) echo {has_roles};; esac; else printf '%s\\n' \"$@\" END; fi; }}"
        );
        let script = format!("{az}\n{}", policy.text);
        let output = Command::new("sh").args(["-euc", &script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let words: Vec<String> = text.lines().map(str::to_owned).collect();
        words.split(|word| word == "END").map(<[_]>::to_vec).filter(|all| !all.is_empty()).collect()
    }

    fn after<'a>(command: &'a [String], option: &str) -> &'a str {
        let at = command.iter().position(|word| word == option).expect(option);
        &command[at + 1]
    }

    #[cfg(unix)]
    #[test]
    fn a_vault_with_roles_gets_them_for_the_key_alone() {
        let policy = policy("https://acme.vault.azure.net/keys/root", Some("app id; rm -rf /"));
        assert!(!policy.needs_principal);
        let commands = run(&policy, true);
        assert_eq!(commands.len(), 3, "{commands:?}");
        for at in [0, 2] {
            assert_eq!(commands[at][..3], ["role", "assignment", "create"]);
            assert_eq!(after(&commands[at], "--assignee"), "app id; rm -rf /");
            assert_eq!(after(&commands[at], "--scope"), "/subscriptions/1/acme/keys/root");
        }
        assert_eq!(after(&commands[0], "--role"), "Key Vault Crypto Service Encryption User");
        let role: serde_json::Value =
            serde_json::from_str(after(&commands[1], "--role-definition")).unwrap();
        assert_eq!(role["AssignableScopes"], json!(["/subscriptions/1/acme"]));
        assert_eq!(role["Name"], after(&commands[2], "--role"));
    }

    #[cfg(unix)]
    #[test]
    fn a_vault_with_access_policies_gets_one() {
        let policy = policy("https://acme.vault.azure.net/keys/root", Some("app"));
        let commands = run(&policy, false);
        assert_eq!(commands.len(), 2);
        assert_eq!(commands[0][..2], ["keyvault", "set-policy"]);
        assert!(commands[0].ends_with(&["get", "list", "wrapKey", "unwrapKey"].map(str::to_owned)));
    }

    #[cfg(unix)]
    #[test]
    fn a_managed_hsm_gets_its_own_roles() {
        let policy = policy("https://acme.managedhsm.azure.net/keys/root", None);
        assert!(policy.needs_principal && policy.text.contains(PLACE));
        let commands = run(&policy, true);
        assert_eq!(commands.len(), 3);
        assert_eq!(after(&commands[0], "--scope"), "/keys/root");
        let role: serde_json::Value =
            serde_json::from_str(after(&commands[1], "--role-definition")).unwrap();
        assert_eq!(role["roleName"], after(&commands[2], "--role"));
    }
}
