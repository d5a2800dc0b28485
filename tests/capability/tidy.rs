//! What a reader of the code relies on: short files, documents that name what is there.

use std::path::{Path, PathBuf};

/// LIMIT: lines of a source file; tests beside it may be longer.
const LINES_MAX: usize = 400;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 100);
    let is_test = |path: &Path| {
        path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests")
    };
    for file in files.iter().filter(|path| !is_test(path)) {
        let lines = std::fs::read_to_string(file).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines", file.display());
    }
}

#[test]
fn documents_name_files_that_are_there() {
    for document in ["README.md", "AGENTS.md", "src/ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(document).unwrap();
        let named = text.split('`').skip(1).step_by(2).filter(|name| {
            [
                "src/",
                "tests/",
                ".github/",
                "stacks/",
                "holdouts/",
                "policy-packs/",
            ]
            .iter()
            .any(|folder| name.starts_with(folder))
        });
        for name in named {
            let path = Path::new(name);
            let is_there = path.exists() || path.with_extension("rs").exists();
            // The README's example is the reader's own repository.
            let is_example = document == "README.md" && name.starts_with("stacks/");
            assert!(is_there || is_example, "{document} names `{name}`");
        }
    }
}

#[test]
fn every_dependency_has_a_reason() {
    let manifest = std::fs::read_to_string("Cargo.toml").unwrap();
    let mut has_reason = false;
    let mut in_dependencies = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        }
        if line.is_empty() || line.starts_with('[') {
            has_reason = false;
        } else if line.starts_with('#') {
            has_reason = true;
        } else if in_dependencies {
            assert!(has_reason, "{line}");
        }
    }
}
