use super::*;

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, text) in files {
        let file = File::new(Mode::Plain, text.as_bytes().to_vec());
        tree.add(RelPath::new(path).unwrap(), file).unwrap();
    }
    tree
}

fn base() -> Tree {
    tree(&[
        ("Main.yaml", "one\ntwo\nthree\n"),
        ("old.txt", "old\n"),
        ("run.sh", "#!/bin/sh\n"),
    ])
}

fn apply_to(patch: &str) -> Result<Tree, ApplyError> {
    apply(
        &base(),
        &Folder::new("stacks/site").unwrap(),
        patch.as_bytes(),
        &Limits::default(),
    )
}

const GIT: &str = "\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: A <a@example.com>
Subject: [PATCH] Change things

---
 stacks/site/Main.yaml | 2 +-
diff --git a/stacks/site/Main.yaml b/stacks/site/Main.yaml
index 4cb29ea..de98044 100644
--- a/stacks/site/Main.yaml
+++ b/stacks/site/Main.yaml
@@ -1,3 +1,3 @@
 one
-two
+2
 three
diff --git a/stacks/site/new/file.txt b/stacks/site/new/file.txt
new file mode 100755
index 0000000..3e75765
--- /dev/null
+++ b/stacks/site/new/file.txt
@@ -0,0 +1 @@
+new
diff --git a/stacks/site/old.txt b/stacks/site/old.txt
deleted file mode 100644
index 3367afd..0000000
--- a/stacks/site/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-old
diff --git a/stacks/site/run.sh b/stacks/site/run.sh
old mode 100644
new mode 100755
-- 
2.47.3
";

#[test]
fn a_git_patch_of_several_files_is_applied() {
    let tree = apply_to(GIT).unwrap();
    let found: Vec<_> = tree
        .files()
        .iter()
        .map(|(p, f)| (p.as_str(), f.mode(), f.bytes()))
        .collect();
    let expected: [(&str, Mode, &[u8]); 3] = [
        ("Main.yaml", Mode::Plain, b"one\n2\nthree\n"),
        ("new/file.txt", Mode::Executable, b"new\n"),
        ("run.sh", Mode::Executable, b"#!/bin/sh\n"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_rename_moves_a_file() {
    let patch = "diff --git a/stacks/site/old.txt b/stacks/site/deep/new.txt\nsimilarity index 100%\nrename from stacks/site/old.txt\nrename to stacks/site/deep/new.txt\n";
    let tree = apply_to(patch).unwrap();
    assert!(tree.file("old.txt").is_none());
    assert_eq!(tree.file("deep/new.txt").unwrap().bytes(), b"old\n");
}

#[test]
fn a_plain_diff_is_applied() {
    let patch = "--- a/stacks/site/Main.yaml\n+++ b/stacks/site/Main.yaml\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";
    assert_eq!(
        apply_to(patch).unwrap().file("Main.yaml").unwrap().bytes(),
        b"one\n2\nthree\n"
    );
}

fn edit(path: &str) -> String {
    format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    )
}

#[test]
fn a_path_outside_the_stack_refuses_the_whole_patch() {
    apply_to(&edit("stacks/site/x")).unwrap();
    for path in [
        "stacks/other/x",
        "x",
        "policy-packs/a.rego",
        "stacks/site2/x",
    ] {
        let found = apply_to(&format!("{GIT}{}", edit(path)));
        assert!(
            matches!(found, Err(ApplyError::Outside { .. })),
            "{path}: {found:?}"
        );
    }
    for path in [
        "stacks/site/../x",
        "stacks/site/./x",
        "stacks/site//x",
        "stacks/site/.git/config",
        "stacks/site/a/.GIT",
    ] {
        let found = apply_to(&edit(path));
        assert!(
            matches!(found, Err(ApplyError::Path(_))),
            "{path}: {found:?}"
        );
    }
}

#[test]
fn a_quoted_path_is_read_as_git_means_it() {
    let path = "\"b/stacks/site/\\142ad\\nname\"";
    let patch = format!(
        "diff --git \"a/stacks/site/\\142ad\\nname\" {path}\nnew file mode 100644\n--- /dev/null\n+++ {path}\n@@ -0,0 +1 @@\n+x\n"
    );
    let found = apply_to(&patch);
    assert!(matches!(found, Err(ApplyError::Path(_))), "{found:?}");
}

#[test]
fn a_link_or_submodule_in_a_patch_is_refused() {
    for mode in ["120000", "160000"] {
        let patch = edit("stacks/site/x").replace("100644", mode);
        let found = apply_to(&patch);
        assert!(matches!(found, Err(ApplyError::Link { .. })), "{found:?}");
    }
}

#[test]
fn a_binary_patch_is_refused() {
    for body in [
        "Binary files a/stacks/site/x and b/stacks/site/x differ\n",
        "GIT binary patch\nliteral 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n",
    ] {
        let patch = format!(
            "diff --git a/stacks/site/x b/stacks/site/x\nnew file mode 100644\nindex 0000000..1111111\n{body}"
        );
        let found = apply_to(&patch);
        assert!(matches!(found, Err(ApplyError::Binary { .. })), "{found:?}");
    }
}

#[test]
fn a_patch_for_another_version_does_not_fit() {
    let found = apply_to(&GIT.replace("-two\n", "-zwei\n"));
    assert!(
        matches!(found, Err(ApplyError::DoesNotFit { .. })),
        "{found:?}"
    );
    let found = apply_to(&GIT.replace("stacks/site/old.txt", "stacks/site/older.txt"));
    assert!(
        matches!(found, Err(ApplyError::Missing { .. })),
        "{found:?}"
    );
    // A file that is there is not made anew.
    let found = apply_to(&edit("stacks/site/Main.yaml"));
    assert!(
        matches!(found, Err(ApplyError::Tree(TreeError::Taken { .. }))),
        "{found:?}"
    );
    let whole = "diff --git a/stacks/site/Main.yaml b/stacks/site/Main.yaml\ndeleted file mode 100644\n--- a/stacks/site/Main.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n";
    assert!(matches!(apply_to(whole), Err(ApplyError::NotWhole { .. })));
}

#[test]
fn what_is_no_patch_is_not_an_empty_change() {
    for text in [
        "",
        "hello\n",
        "diff --git a/x b/x\n",
        "--- a/x\n",
        "@@ -1 +1 @@\n-a\n+b\n",
    ] {
        let found = apply_to(text);
        assert!(found.is_err(), "{text:?}: {found:?}");
    }
    let bytes = apply(&base(), &Folder::TOP, b"\xff\xfe", &Limits::default());
    assert_eq!(bytes.unwrap_err(), ApplyError::NotText);
}

#[test]
fn limits_come_first() {
    let large = vec![b'x'; PATCH_BYTES_MAX + 1];
    let found = apply(&base(), &Folder::TOP, &large, &Limits::default());
    assert!(matches!(found, Err(ApplyError::TooLarge { .. })));
    let small = Limits {
        total_bytes: 10,
        ..Limits::default()
    };
    let found = apply(
        &base(),
        &Folder::new("stacks/site").unwrap(),
        GIT.as_bytes(),
        &small,
    );
    assert_eq!(found.unwrap_err(), ApplyError::ResultTooLarge);
    // Many hunks that fit nowhere in a file of equal lines.
    let mut base = Tree::new();
    base.add(
        RelPath::new("x").unwrap(),
        File::new(Mode::Plain, "\n".repeat(1 << 20).into_bytes()),
    )
    .unwrap();
    let hunk = |n: usize| format!("@@ -{0},2 +{0},2 @@\n \n-a\n+b\n", 2 * n + 1);
    let hunks: String = (0..1000).map(hunk).collect();
    let patch = format!("--- a/x\n+++ b/x\n{hunks}");
    let found = apply(&base, &Folder::TOP, patch.as_bytes(), &Limits::default());
    assert!(
        matches!(found, Err(ApplyError::TooMuchWork { .. })),
        "{found:?}"
    );
}
