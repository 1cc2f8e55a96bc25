//! The macro that makes one test of each case.

/// Makes one test of each case of the suite.
///
/// Takes the path of an `async fn(name: &str) -> Option<impl Subject>`: it starts the set-up, or gives
/// `None` once it has recorded that the test of this name is skipped. The crate needs `tokio`.
#[macro_export]
macro_rules! provider_suite {
    ($start:path) => {
        $crate::provider_suite! { @cases $start;
            wraps: what_is_wrapped_opens, every_wrap_is_another, another_key_opens_nothing, foreign_references_are_refused;
            contexts: another_context_opens_nothing;
            tampering: a_changed_blob_opens_nothing, a_blob_of_another_length_opens_nothing, what_is_no_key_opens_nothing;
            descriptions: a_new_key_is_described, a_missing_key_is_not_found;
            states: a_withheld_key_is_denied, it_is_disabled_and_enabled_through_the_service;
            rotations: old_blobs_open_after_a_rotation, the_owners_rotation_is_seen;
            rewraps: a_rewrap_keeps_order_and_fails_item_by_item, a_rewrap_crosses_versions, a_rewrap_of_a_withheld_key_is_denied, a_key_moves_to_another_provider_and_back;
            challenges: a_nonce_is_opened_in_its_challenge_alone, a_tag_is_read, signatures_verify;
            failures: every_trouble_has_its_class_and_heals;
            many: a_cancelled_call_leaves_nothing, a_thousand_unwrap_at_once;
        }
    };
    (@cases $start:path; $($module:ident: $($case:ident),+;)+) => {
        mod provider_suite {
            use super::*;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let name = concat!(module_path!(), "::", stringify!($case));
                    if let Some(subject) = $start(name).await {
                        $crate::provider_suite::$module::$case(&subject).await;
                    }
                }
            )+)+
        }
    };
}
