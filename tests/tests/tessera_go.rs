//! Tessera's POSIX log, which the bench measures beside ours, does what the bench asks of it.

use std::{fs, time::Duration};

use keyward_tests::{peers::tessera::Tessera, skip::skip};

#[test]
fn every_setting_appends_durably_and_the_best_one_counts() {
    let Some(tessera) = Tessera::find() else {
        return skip("tessera_go", "no `go-tessera`: `cargo xtask setup` builds it");
    };
    let folder = tempfile::tempdir().unwrap();
    let entries = folder.path().join("entries");
    let lines: String = (0..2_000).map(|n| format!("{{\"seq\":{n}}}\n")).collect();
    fs::write(&entries, lines).unwrap();

    let limit = Duration::from_millis(300);
    let rates = tessera.append(&entries, folder.path(), 16, limit).unwrap();
    assert_eq!(rates.callers, 16);
    assert_eq!(rates.runs.iter().filter(|run| run.default).count(), 1);
    for run in &rates.runs {
        assert!((1..=2_000).contains(&run.entries), "{run:?}");
        assert!(run.entries_per_second <= rates.entries_per_second, "{run:?}");
    }

    let best = rates.best().unwrap();
    assert!((best.entries_per_second - rates.entries_per_second).abs() < f64::EPSILON);
    let second = folder.path().join("second");
    fs::create_dir(&second).unwrap();
    let again = tessera.append_as(best, &entries, &second, 16, limit).unwrap();
    assert_eq!(again.runs.len(), 1);
    assert_eq!(again.runs[0].batch_size, best.batch_size);
    assert_eq!(again.runs[0].default, best.default);

    // More callers than entries would measure nothing.
    let refused = tessera.append(&entries, folder.path(), 2_001, limit).unwrap_err();
    assert!(refused.contains("too few"), "{refused}");
}
