//! Names of every kind, and objects of nothing.

use keyward_core::{DatasetName, ObjectName, TenantId};
use keyward_engine::Source;

use crate::Place;

/// Names that would leave the dataset, or that no file system and no terminal bears.
#[test]
fn a_name_that_leaves_its_dataset_is_none() {
    let long = "x".repeat(5_000);
    let long_path = "d/".repeat(2_499) + "ab";
    for name in [
        "",
        "..",
        ".",
        "../other",
        "a/../../other",
        "a/..",
        "a/./b",
        "a//b",
        "/etc/passwd",
        "a/",
        "C:\\windows",
        "c:file",
        "a\\..\\b",
        "\\\\server\\share",
        "nul\0byte",
        "new\nline",
        "escape\u{1b}[2J",
        "delete\u{7f}",
        "c1\u{85}",
        &long,
        &long_path,
    ] {
        let refused = name.parse::<ObjectName>();
        assert!(refused.is_err(), "{name:?}");
        let text = refused.unwrap_err().to_string();
        assert!(text.len() < 300 && !text.contains(['\0', '\n', '\u{1b}']), "{text:?}");
    }
    for slug in ["", "..", "a/b", "A", "a\0", "ä", "-a", &long] {
        assert!(slug.parse::<TenantId>().is_err() && slug.parse::<DatasetName>().is_err());
    }
}

/// Names in any script come back as they were given, and nothing on disk is named after them.
#[tokio::test]
async fn names_in_any_script_come_back_byte_for_byte() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let mut names = vec![
        "Grüße.txt".to_owned(),
        "Gru\u{308}ße.txt".into(),
        "日本語/書類.pdf".into(),
        "العربية/ملف".into(),
        "हिन्दी".into(),
        "🦀/👩‍👩‍👧.png".into(),
        "\u{202e}fdp.exe".into(),
        "README".into(),
        "readme".into(),
        "ReadMe".into(),
        "..a/b..".into(),
        " leading and trailing ".into(),
        "-rf".into(),
        "CON".into(),
        "aux.txt".into(),
        "%2e%2e".into(),
        "a?b=c#d&e".into(),
        "'; DROP TABLE objects; --".into(),
        "*".into(),
        "\u{10ffff}".into(),
        "x".repeat(1024),
        "語".repeat(341),
    ];
    for name in &names {
        workspace.put(acme, docs, name, name.as_bytes()).await.unwrap();
    }
    for name in &names {
        assert_eq!(workspace.get(acme, docs, name).await.unwrap(), name.as_bytes(), "{name}");
    }
    let context = workspace.application();
    let listed = workspace.engine.list(&context, acme, docs, "", None, 1000).await.unwrap();
    let listed: Vec<String> = listed.objects.iter().map(|one| one.name.to_string()).collect();
    names.sort();
    assert_eq!(listed, names, "in the order of their bytes");
    let mut stored = Vec::new();
    all_names(&workspace.objects(), &mut stored);
    let plain =
        |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    assert!(stored.iter().all(plain), "{stored:?}");
    for name in &names {
        workspace.engine.delete(&context, acme, docs, &name.parse().unwrap()).await.unwrap();
    }
    let left = workspace.engine.list(&context, acme, docs, "", None, 1000).await.unwrap();
    assert!(left.objects.is_empty());
    place.unharmed().await;
}

/// Nothing is something too: by every way in, by every way out.
#[tokio::test]
async fn an_empty_file_is_an_object() {
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let engine = &workspace.engine;
    let context = workspace.application();
    let file = workspace.path().join("empty");
    std::fs::write(&file, "").unwrap();
    for (name, source) in [
        ("bytes", Source::Bytes(Vec::new().into())),
        ("file", Source::File(file)),
        ("reader", Source::Reader(Box::new(std::io::empty()))),
    ] {
        let name: ObjectName = name.parse().unwrap();
        let written = engine.write(&context, acme, docs, &name, source).await.unwrap();
        assert_eq!(written.object.size, 0, "{name}");
        assert!(written.object.stored_size > 0, "{name}");
        assert!(engine.read(&context, acme, docs, &name).await.unwrap().is_empty(), "{name}");
        for range in [0..0, 0..1, 5..10] {
            let part = engine.read_range(&context, acme, docs, &name, range).await.unwrap();
            assert!(part.is_empty(), "{name}");
        }
        let target = workspace.path().join("out");
        let summary = engine.read_to_file(&context, acme, docs, &name, &target).await.unwrap();
        assert_eq!((summary.bytes, std::fs::metadata(&target).unwrap().len()), (0, 0), "{name}");
        let summary =
            engine.read_stream(&context, acme, docs, &name, std::io::sink()).await.unwrap();
        assert_eq!(summary.bytes, 0, "{name}");
    }
    place.unharmed().await;
}

/// Sources that can't be read leave no object and no bytes.
#[tokio::test]
async fn a_source_that_fails_midway_leaves_nothing() {
    struct Breaks(u32);
    impl std::io::Read for Breaks {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(std::io::ErrorKind::ConnectionReset)?;
            buffer.fill(7);
            Ok(buffer.len())
        }
    }
    let place = Place::new().await;
    let Place { workspace, acme, docs, .. } = &place;
    let context = workspace.application();
    let name: ObjectName = "a".parse().unwrap();
    workspace.put(acme, docs, "a", b"old").await.unwrap();
    let mut before = Vec::new();
    all_names(&workspace.objects(), &mut before);
    for source in [
        Source::Reader(Box::new(Breaks(0))),
        Source::Reader(Box::new(Breaks(5))),
        Source::File(workspace.path().join("no such file")),
        Source::File(workspace.path().to_owned()),
    ] {
        assert!(workspace.engine.write(&context, acme, docs, &name, source).await.is_err());
    }
    let mut after = Vec::new();
    all_names(&workspace.objects(), &mut after);
    assert_eq!(after, before);
    assert_eq!(workspace.get(acme, docs, "a").await.unwrap(), b"old");
    place.unharmed().await;
}

/// The names of all files and folders below one but the staging folder, sorted.
fn all_names(folder: &std::path::Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            all_names(&entry.path(), names);
        }
        if name != ".staging" {
            names.push(name);
        }
    }
    names.sort();
}
