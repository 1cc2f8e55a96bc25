//! Key policies as people write them, and what is said of each.

use serde_json::{Value, json};

use super::*;
use crate::policy;

const ROLE: &str = "arn:aws:iam::444455556666:role/keyward";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn asked(principal: Option<&str>) -> KeyPolicy {
    policy::asked(&KEY.parse().unwrap(), &"acme".parse().unwrap(), principal)
}

/// A policy of these statements besides the owner's own.
fn with(statements: &[Value]) -> String {
    let own = json!({
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": "kms:*", "Resource": "*",
    });
    let mut all = vec![own];
    all.extend_from_slice(statements);
    json!({ "Version": "2012-10-17", "Statement": all }).to_string()
}

fn statements() -> Vec<Value> {
    serde_json::from_str(&asked(Some(ROLE)).text).unwrap()
}

fn whats(differences: &[PolicyDifference]) -> Vec<&str> {
    differences.iter().map(|difference| difference.what.as_str()).collect()
}

#[test]
fn what_is_asked_for_is_the_statement_as_aws_has_it() {
    let asked = asked(Some(ROLE));
    assert!(!asked.needs_principal);
    let first: Value = serde_json::from_str(&asked.parts[0].text).unwrap();
    assert_eq!(
        first,
        json!({
            "Sid": "KeywardWrapsDataKeys",
            "Effect": "Allow",
            "Principal": { "AWS": ROLE },
            "Action": [
                "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": "*",
            "Condition": { "StringEquals": { "kms:EncryptionContext:keyward:tenant": "acme" } },
        })
    );
    for part in &asked.parts[1..] {
        assert!(!part.text.contains("Condition"), "{}", part.name);
    }
}

#[test]
fn without_a_principal_the_text_says_so_and_nothing_is_taken_for_allowed() {
    let asked = asked(None);
    assert!(asked.needs_principal && asked.text.contains("ARN-OF-THE-ROLE"));
    let differences = compare(&asked, &with(&statements()));
    assert!(!differences.fine && differences.missing.is_empty());
    assert!(whats(&differences.unsure).contains(&"kms:Decrypt"));
}

#[test]
fn what_was_asked_for_is_fine_in_other_spellings_too() {
    let differences = compare(&asked(Some(ROLE)), &with(&statements()));
    assert_eq!(differences, PolicyDifferences { fine: true, ..PolicyDifferences::default() });
    let mut other = statements();
    other.truncate(2);
    other[0]["Action"] =
        json!(["kms:encrypt", "KMS:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey"]);
    other[0]["Principal"] = json!({ "AWS": ["arn:aws:iam::1:role/x", ROLE] });
    other[0]["Condition"] =
        json!({ "StringLike": { "kms:encryptioncontext:keyward:tenant": ["acme"] } });
    other[1]["Action"] = json!("kms:DescribeKey");
    let differences = compare(&asked(Some(ROLE)), &with(&other));
    assert!(differences.fine, "{differences:?}");
    assert!(differences.missing.iter().all(|missing| missing.optional));
    let session = "arn:aws:sts::444455556666:assumed-role/keyward/i-0123";
    assert!(compare(&asked(Some(session)), &with(&other)).fine);
}

#[test]
fn missing_actions_are_named() {
    let mut some = statements();
    some[0]["Action"] = json!(["kms:Encrypt", "kms:Decrypt"]);
    some.remove(1);
    let differences = compare(&asked(Some(ROLE)), &with(&some));
    assert_eq!(
        whats(&differences.missing),
        ["kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    );
    assert!(!differences.fine);
    // A condition on the context can't be met by a call that has none.
    let mut all = statements();
    all[1]["Condition"] = all[0]["Condition"].clone();
    assert_eq!(whats(&compare(&asked(Some(ROLE)), &with(&all)).missing), ["kms:DescribeKey"]);
    all[0]["Condition"]["StringEquals"]["kms:EncryptionContext:keyward:tenant"] = json!("umbrella");
    assert_eq!(compare(&asked(Some(ROLE)), &with(&all)).missing.len(), 6);
}

#[test]
fn what_is_allowed_beyond_is_named() {
    let ours = |action: Value, condition: Option<Value>| {
        let mut statement = json!({
            "Effect": "Allow", "Principal": { "AWS": ROLE }, "Action": action, "Resource": "*",
        });
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        compare(&asked(Some(ROLE)), &with(&[statement]))
    };
    let all = ours(json!("kms:*"), None);
    assert!(all.missing.is_empty() && !all.fine);
    let named = whats(&all.broader);
    assert!(named.contains(&"kms:*") && named.contains(&"kms:Decrypt"), "{named:?}");
    assert!(!named.contains(&"kms:DescribeKey"), "{named:?}");
    let tenant = "kms:EncryptionContext:keyward:tenant";
    for condition in [
        json!({ "StringEquals": { tenant: ["acme", "umbrella"] } }),
        json!({ "StringLike": { tenant: "ac*" } }),
    ] {
        let shared = ours(json!("kms:Decrypt"), Some(condition));
        assert_eq!(whats(&shared.broader), ["kms:Decrypt"]);
    }
    let everybody = json!({
        "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
    });
    let differences = compare(&asked(Some(ROLE)), &with(&[everybody]));
    assert_eq!(whats(&differences.broader), ["kms:Decrypt"]);
}

#[test]
fn where_the_text_does_not_tell_that_is_said() {
    // The same account: its IAM policies may allow it.
    let same = "arn:aws:iam::111122223333:role/keyward";
    let differences = compare(&asked(Some(same)), &with(&[]));
    assert!(differences.missing.is_empty() && !differences.fine);
    assert!(differences.unsure[0].why.contains("IAM"));
    // Another account: nobody can but this policy.
    assert!(compare(&asked(Some(ROLE)), &with(&[])).unsure.is_empty());

    let mut odd = statements();
    odd[0]["Condition"]["IpAddress"] = json!({ "aws:SourceIp": "192.0.2.0/24" });
    let differences = compare(&asked(Some(ROLE)), &with(&odd));
    assert_eq!(differences.unsure.len(), 5);
    assert!(!compare(&asked(Some(ROLE)), "{").fine);
}

#[test]
fn denials_win() {
    let deny = |condition: Value| {
        let mut all = statements();
        all.push(json!({
            "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
            "Condition": condition,
        }));
        compare(&asked(Some(ROLE)), &with(&all))
    };
    let tenant = "kms:EncryptionContext:keyward:tenant";
    assert_eq!(whats(&deny(Value::Null).missing), ["kms:Decrypt"]);
    assert_eq!(
        whats(&deny(json!({ "StringEquals": { tenant: "acme" } })).missing),
        ["kms:Decrypt"]
    );
    assert!(deny(json!({ "StringEquals": { tenant: "umbrella" } })).fine);
    assert!(deny(json!({ "StringNotEquals": { tenant: "acme" } })).fine);
    let mut all = statements();
    all[0].as_object_mut().unwrap().remove("Condition");
    assert!(!compare(&asked(Some(ROLE)), &with(&all)).fine);
    let closes = |action: &str| {
        let mut all = all.clone();
        all.push(json!({
            "Effect": "Deny", "Principal": { "AWS": ROLE }, "Action": action, "Resource": "*",
            "Condition": { "StringNotEquals": { tenant: "acme" } },
        }));
        compare(&asked(Some(ROLE)), &with(&all))
    };
    assert_eq!(closes("kms:De*").broader.len(), 4);
    assert!(whats(&closes("kms:De*").missing).contains(&"kms:DescribeKey"));
    assert_eq!(
        whats(&deny(json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } })).unsure),
        ["kms:Decrypt"]
    );
}

#[test]
fn patterns_match_as_aws_has_them() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("kms:*", "kms:decrypt", true),
        ("kms:re*from", "kms:reencryptfrom", true),
        ("kms:re*from", "kms:reencryptto", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*a*b", "xaxbxb", true),
        ("", "a", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}
