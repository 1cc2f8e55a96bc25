//! Encryption contexts are authenticated.

use keyward_core::EncryptionContext;
use keyward_kms::Reason;

use super::{Subject, context, fails, opens, own_secret};

/// What was wrapped in one context opens in no other, however little it differs.
pub async fn another_context_opens_nothing(subject: &dyn Subject) {
    let service = &*subject.service();
    let key = subject.root_key().await;
    let right = with(&[("purpose", "invoices"), ("a", "bc")]);
    let blob = service.wrap(&key, &right, &own_secret()).await.expect("it is wrapped").blob;
    opens(service, &key, &right, &blob, own_secret().expose()).await;

    let mut of_another_tenant = context("umbrella");
    for (name, value) in [("purpose", "invoices"), ("a", "bc")] {
        of_another_tenant.insert(name, value).expect("a name of no meaning");
    }
    for (what, wrong) in [
        ("another tenant", of_another_tenant),
        ("no pairs but the tenant", with(&[])),
        ("a pair less", with(&[("purpose", "invoices")])),
        ("a pair more", with(&[("purpose", "invoices"), ("a", "bc"), ("x", "y")])),
        ("another value", with(&[("purpose", "invoices "), ("a", "bc")])),
        ("another case", with(&[("purpose", "Invoices"), ("a", "bc")])),
        ("another name", with(&[("Purpose", "invoices"), ("a", "bc")])),
        ("the same text when joined", with(&[("purpose", "invoices"), ("ab", "c")])),
    ] {
        let opened = service.unwrap(&key, &wrong, &blob).await;
        fails(service, what, opened, Reason::WrongCiphertext);
    }
    opens(service, &key, &right, &blob, own_secret().expose()).await;
}

fn with(pairs: &[(&str, &str)]) -> EncryptionContext {
    let mut context = context("acme");
    for (name, value) in pairs {
        context.insert(name, value).expect("a name of no meaning");
    }
    context
}
