//! Compares a key policy in force with the statements asked for, as far as its text alone tells.
//!
//! It doesn't know the account's IAM policies, service control policies, or grants: where those decide,
//! it says that it can't tell.

use std::collections::BTreeSet;

use keyward_kms::{KeyPolicy, PolicyDifference, PolicyDifferences};
use serde_json::Value;

use crate::policy::{Asked, STATEMENTS, tenant_condition};

const ANY_CONTEXT: &str = "it is allowed in any encryption context, not in this tenant's alone";
const OTHER_CONTEXTS: &str = "it is allowed in other tenants' encryption contexts too";

/// What one statement does for a call of ours.
enum Effect {
    /// It isn't about it.
    Nothing,
    /// It allows it, in this tenant's context alone where the call carries one.
    Allows,
    /// It allows it, and more.
    AllowsMore(&'static str),
    Denies(&'static str),
    Untold(&'static str),
}

/// Whom a statement is about.
enum Whom {
    Us,
    Everybody,
    /// Our account, whose own IAM policies decide then.
    OurAccount,
    Others,
    Untold(&'static str),
}

/// What a statement's conditions ask of the tenant in the context.
enum Conditions {
    None,
    /// Ours and no other.
    Ours,
    /// Ours among others.
    OursToo,
    /// Another one's.
    NotOurs,
    /// Any but ours.
    AllButOurs,
    Untold,
}

/// Compares `found`, a whole key policy, with what is asked for.
pub(crate) fn compare(asked: &KeyPolicy, found: &str) -> PolicyDifferences {
    let policy: Value = match serde_json::from_str(found) {
        Ok(policy) => policy,
        Err(_) => return PolicyDifferences::untold("policy", "it is no JSON text"),
    };
    let statements = listed(&policy["Statement"]);
    let (mut missing, mut broader, mut unsure) = (Vec::new(), Vec::new(), Vec::new());
    let is_about_contexts = |why| [ANY_CONTEXT, OTHER_CONTEXTS].contains(&why);
    // Another way to say the same: allowed in any context, and denied in every other tenant's.
    let closed_elsewhere =
        |action: &str| statements.iter().any(|statement| closes_others(statement, asked, action));
    for part in &STATEMENTS {
        for action in part.actions {
            let difference = |why: &str| PolicyDifference {
                what: (*action).into(),
                why: why.into(),
                optional: part.optional,
            };
            let (mut allowed, mut denied, mut untold) = (false, None, None);
            for statement in &statements {
                match effect(statement, asked, part, action) {
                    Effect::Nothing => {}
                    Effect::Allows => allowed = true,
                    Effect::AllowsMore(why) => {
                        allowed = true;
                        if !(is_about_contexts(why) && closed_elsewhere(action)) {
                            broader.push(difference(why));
                        }
                    }
                    Effect::Denies(why) => denied = Some(why),
                    Effect::Untold(why) => {
                        // A statement that may deny counts even where another one allows.
                        if statement["Effect"] == "Deny" || untold.is_none() {
                            untold = Some((why, statement["Effect"] == "Deny"));
                        }
                    }
                }
            }
            match (denied, allowed, untold) {
                (Some(why), ..) => missing.push(difference(why)),
                (None, _, Some((why, true))) => unsure.push(difference(why)),
                (None, true, _) => {}
                (None, false, Some((why, false))) => unsure.push(difference(why)),
                (None, false, None) => missing.push(difference("no statement allows it")),
            }
        }
    }
    for statement in &statements {
        broader.extend(beyond(statement, asked));
    }
    PolicyDifferences::of(missing, broader, unsure)
}

/// What a statement does for one action that is asked for.
fn effect(statement: &Value, asked: &KeyPolicy, part: &Asked, action: &str) -> Effect {
    let denies = match statement["Effect"].as_str() {
        Some("Allow") => false,
        Some("Deny") => true,
        _ => return Effect::Untold("a statement neither allows nor denies"),
    };
    if statement.get("NotAction").is_some() {
        return Effect::Untold("a statement has `NotAction`, which is not compared");
    }
    if !texts(&statement["Action"]).iter().any(|pattern| covers(pattern, action)) {
        return Effect::Nothing;
    }
    let whom = whom(statement, asked.principal.as_deref());
    let conditions = match conditions(statement, asked) {
        // A call without a context never meets one.
        Conditions::Ours | Conditions::OursToo if !part.in_context => Conditions::NotOurs,
        conditions => conditions,
    };
    match (denies, whom, conditions) {
        (_, Whom::Others, _) | (_, _, Conditions::NotOurs) => Effect::Nothing,
        (true, _, Conditions::AllButOurs) if part.in_context => Effect::Nothing,
        (true, Whom::Untold(why), _) => Effect::Untold(why),
        // `Deny` to an account is to all in it.
        (true, _, Conditions::None) => Effect::Denies("a statement denies it"),
        (true, _, Conditions::AllButOurs) => Effect::Denies(
            "a statement denies it outside this tenant's context, and the call carries none",
        ),
        (true, _, Conditions::Ours | Conditions::OursToo) => {
            Effect::Denies("a statement denies it in this tenant's context")
        }
        (true, _, _) => {
            Effect::Untold("a statement denies it under conditions that are not compared")
        }
        (false, _, Conditions::AllButOurs) => Effect::Nothing,
        (false, _, Conditions::Untold) => {
            Effect::Untold("it is allowed under conditions that are not compared")
        }
        (false, Whom::Untold(why), _) => Effect::Untold(why),
        (false, Whom::OurAccount, _) => {
            Effect::Untold("the policy leaves it to the account's IAM policies")
        }
        (false, Whom::Everybody, Conditions::Ours) => {
            Effect::AllowsMore("it is allowed to everybody, not to Keyward alone")
        }
        (false, Whom::Everybody, _) => Effect::AllowsMore("it is allowed to everybody"),
        (false, Whom::Us, Conditions::None) if part.in_context => Effect::AllowsMore(
            "it is allowed in any encryption context, not in this tenant's alone",
        ),
        (false, Whom::Us, Conditions::OursToo) => Effect::AllowsMore(OTHER_CONTEXTS),
        (false, Whom::Us, _) => Effect::Allows,
    }
}

/// Whether a statement denies us an action in every context but this tenant's.
fn closes_others(statement: &Value, asked: &KeyPolicy, action: &str) -> bool {
    statement["Effect"] == "Deny"
        && texts(&statement["Action"]).iter().any(|pattern| covers(pattern, action))
        && matches!(
            whom(statement, asked.principal.as_deref()),
            Whom::Us | Whom::Everybody | Whom::OurAccount
        )
        && matches!(conditions(statement, asked), Conditions::AllButOurs)
}

/// What a statement allows us that isn't asked for at all.
fn beyond(statement: &Value, asked: &KeyPolicy) -> Vec<PolicyDifference> {
    let ours = matches!(whom(statement, asked.principal.as_deref()), Whom::Us | Whom::Everybody);
    if statement["Effect"] != "Allow" || !ours {
        return Vec::new();
    }
    let known: BTreeSet<String> = STATEMENTS
        .iter()
        .flat_map(|part| part.actions)
        .map(|action| action.to_ascii_lowercase())
        .collect();
    let extra = texts(&statement["Action"])
        .into_iter()
        // KMS asks for both of them, whichever way it is spelt.
        .filter(|action| !action.eq_ignore_ascii_case("kms:ReEncrypt*"))
        .filter(|action| !known.contains(&action.to_ascii_lowercase()));
    extra
        .map(|action| PolicyDifference {
            what: action.to_owned(),
            why: "it is more than Keyward asks for".into(),
            optional: false,
        })
        .collect()
}

fn whom(statement: &Value, principal: Option<&str>) -> Whom {
    if statement.get("NotPrincipal").is_some() {
        return Whom::Untold("a statement has `NotPrincipal`, which is not compared");
    }
    let named = match &statement["Principal"] {
        Value::String(all) if all == "*" => return Whom::Everybody,
        Value::Object(kinds) => kinds.get("AWS").map(texts).unwrap_or_default(),
        _ => Vec::new(),
    };
    if named.contains(&"*") {
        return Whom::Everybody;
    }
    let Some(principal) = principal else {
        return match named.is_empty() {
            true => Whom::Others,
            false => Whom::Untold(
                "as whom Keyward calls AWS is not known, so whom it is allowed is not compared",
            ),
        };
    };
    let roles = [Some(principal.to_owned()), role_of(principal)];
    if named.iter().any(|name| roles.iter().flatten().any(|role| role == name)) {
        return Whom::Us;
    }
    let account = principal.split(':').nth(4).unwrap_or_default();
    let is_account = |name: &&str| {
        **name == *account || (name.ends_with(":root") && name.split(':').nth(4) == Some(account))
    };
    if !account.is_empty() && named.iter().any(is_account) {
        return Whom::OurAccount;
    }
    Whom::Others
}

/// The role behind a session: what STS names `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, a policy
/// names by its role. A role with a path can't be told from its sessions.
fn role_of(principal: &str) -> Option<String> {
    let (start, rest) = principal.split_once(":assumed-role/")?;
    let role = rest.split('/').next()?;
    Some(format!("{}:role/{role}", start.replacen(":sts:", ":iam:", 1)))
}

fn conditions(statement: &Value, asked: &KeyPolicy) -> Conditions {
    let operators = match statement.get("Condition") {
        None | Some(Value::Null) => return Conditions::None,
        Some(Value::Object(operators)) => operators,
        Some(_) => return Conditions::Untold,
    };
    let mut told = Conditions::None;
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { return Conditions::Untold };
        for (key, values) in keys {
            if !key.eq_ignore_ascii_case(&tenant_condition()) || !matches!(told, Conditions::None) {
                return Conditions::Untold;
            }
            let values = texts(values);
            let tenant = asked.tenant.as_str();
            let exactly = values.contains(&tenant);
            told = match operator.as_str() {
                "StringEquals" | "StringLike" if exactly && values.len() == 1 => Conditions::Ours,
                "StringEquals" if exactly => Conditions::OursToo,
                "StringEquals" => Conditions::NotOurs,
                "StringLike" if values.iter().any(|pattern| matches(pattern, tenant)) => {
                    Conditions::OursToo
                }
                "StringLike" => Conditions::NotOurs,
                "StringNotEquals" if exactly && values.len() == 1 => Conditions::AllButOurs,
                _ => return Conditions::Untold,
            };
        }
    }
    told
}

/// Whether a pattern of actions has this one in it. Actions have no case.
fn covers(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// Whether a text is one of a pattern's, where `*` stands for any characters and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || text.get(seen) == Some(byte) => {
                at += 1;
                seen += 1;
            }
            // Has the last star take one character more.
            _ => match star {
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// One, or a list of them, as policies have it everywhere.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<&str> {
    listed(value).into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
