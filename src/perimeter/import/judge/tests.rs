use super::*;
use crate::perimeter::import::{File, Mode};

const YAML: &str =
    "name: site\nruntime: yaml\n\n# the program\nresources:\n  bucket:\n    type: aws:s3:Bucket\n";
const NODE: &str = "name: site\nruntime: nodejs\n";

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, text) in files {
        let file = File::new(Mode::Plain, text.as_bytes().to_vec());
        tree.add(RelPath::new(path).unwrap(), file).unwrap();
    }
    tree
}

fn paths(base: &Tree, new: &Tree, allowed: &[&str]) -> Vec<String> {
    let refusals = judge(base, new, &Allowed::new(allowed).unwrap()).unwrap();
    refusals.iter().map(|r| r.path.to_string()).collect()
}

/// Is adding, changing and deleting this path refused, and nothing else?
#[track_caller]
fn refused(project: &str, path: &str) {
    let without = tree(&[("Pulumi.yaml", project), ("x.txt", "x")]);
    let with = |text| tree(&[("Pulumi.yaml", project), ("x.txt", "changed"), (path, text)]);
    let found = paths(&without, &with("a"), &["**"]);
    assert_eq!(found, [path], "added");
    assert_eq!(paths(&with("a"), &with("b"), &["**"]), [path], "changed");
    assert_eq!(paths(&with("a"), &without, &["**"]), [path], "deleted");
}

#[track_caller]
fn allowed(project: &str, path: &str) {
    let without = tree(&[("Pulumi.yaml", project)]);
    let with = tree(&[("Pulumi.yaml", project), (path, "a")]);
    assert_eq!(paths(&without, &with, &["**"]), [""; 0], "{path}");
}

#[test]
fn executable_configuration_does_not_change() {
    for path in [
        "Pulumi.dev.yaml",
        "sub/Pulumi.yaml",
        "Pulumi.yml",
        "pulumi.JSON",
        "sub/package.json",
        "Package.json",
        "sub/package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "requirements.txt",
        "requirements-dev.txt",
        "poetry.lock",
        "uv.lock",
        "Pipfile.lock",
        "pyproject.toml",
        ".npmrc",
        ".yarnrc.yml",
        ".pnpmfile.cjs",
        "pip.conf",
        "conftest.py",
        "sitecustomize.py",
        "usercustomize.py",
        "a/b/evil.pth",
        ".gitattributes",
        ".gitmodules",
        "docs/CODEOWNERS",
        ".github/workflows/x.txt",
        "Makefile",
        "makefile",
        "tsconfig.json",
        "tsconfig.build.json",
        "AGENTS.md",
        "CLAUDE.md",
        ".claude/settings.json",
        ".codex/config.toml",
        ".codex",
        ".mcp.json",
        "lightsout.yaml",
        "node_modules/x/index.js",
        "a/NODE_MODULES/x",
        "__pycache__/main.cpython-311.pyc",
        "native.node",
    ] {
        refused(NODE, path);
    }
}

/// Of its own runtime at the top of the folder, in their one spelling; anything else stays refused.
#[test]
fn lock_files_of_the_own_runtime_make_a_proposal_privileged() {
    const PYTHON: &str = "name: site\nruntime: python\n";
    let node = ["package.json", "package-lock.json"];
    let python = ["requirements.txt", "pyproject.toml", "uv.lock"];
    for (project, own, other) in [(NODE, &node[..], &python[..]), (PYTHON, &python, &node)] {
        for path in own {
            allowed(project, path);
            let base = tree(&[("Pulumi.yaml", project), (path, "a")]);
            let found = |files: &[(&str, &str)]| -> Vec<String> {
                let files = [&[("Pulumi.yaml", project)], files].concat();
                let found = locks(&base, &tree(&files)).unwrap();
                found.iter().map(ToString::to_string).collect()
            };
            assert_eq!(found(&[(path, "b")]), [*path], "changed");
            assert_eq!(found(&[]), [*path], "deleted");
            assert_eq!(found(&[(path, "a"), ("x.txt", "x")]), [""; 0], "unchanged");
            // Outside the stack's globs nothing changes, privileged or not.
            let proposed = tree(&[("Pulumi.yaml", project), (path, "b")]);
            assert_eq!(paths(&base, &proposed, &["*.ts"]), [*path]);
            refused(project, &format!("sub/{path}"));
            refused(project, &path.to_uppercase());
            refused(YAML, path);
        }
        for path in other {
            refused(project, path);
        }
    }
}

#[test]
fn a_program_may_change() {
    for path in [
        "index.ts",
        "a/b/__main__.py",
        "data.yaml",
        "README.md",
        "packages.json",
        "requirements.md",
        "Main.yaml",
    ] {
        allowed(NODE, path);
    }
}

#[test]
fn in_a_yaml_stack_every_other_yaml_file_is_a_package_declaration() {
    for path in [
        "sdks/evil.yaml",
        "data.YAML",
        "Pulumi.dev.yaml",
        "Main.json",
        "sub/Main.yaml",
    ] {
        refused(YAML, path);
    }
    allowed(YAML, "data.yml");
    allowed(YAML, "index.html");
}

#[test]
fn only_the_allowed_globs_may_change() {
    let base = tree(&[("Pulumi.yaml", NODE)]);
    let new = tree(&[
        ("Pulumi.yaml", NODE),
        ("src/a.ts", ""),
        ("src/deep/b.ts", ""),
        ("c.ts", ""),
    ]);
    assert_eq!(paths(&base, &new, &["src/*.ts"]), ["c.ts", "src/deep/b.ts"]);
    assert_eq!(paths(&base, &new, &["src/**"]), ["c.ts"]);
    assert_eq!(
        paths(&base, &new, &[]),
        ["c.ts", "src/a.ts", "src/deep/b.ts"]
    );
    assert!(Allowed::new(&["a{b"]).is_err());
    // A glob does not open what is closed.
    let new = tree(&[("Pulumi.yaml", NODE), ("yarn.lock", "")]);
    assert_eq!(paths(&base, &new, &["yarn.lock"]), ["yarn.lock"]);
}

#[test]
fn a_refusal_says_what_to_do() {
    let base = tree(&[("Pulumi.yaml", NODE)]);
    let new = tree(&[("Pulumi.yaml", NODE), (".npmrc", "")]);
    let found = judge(&base, &new, &Allowed::everything().unwrap()).unwrap();
    assert_eq!(
        found[0].to_string(),
        "`.npmrc` decides which foreign code is installed, or runs when it is; undo the change; a person makes it in a commit of its own, and the next run starts from there"
    );
}

#[test]
fn in_a_yaml_stack_configuration_is_a_persons_and_other_yaml_files_belong_elsewhere() {
    for (path, advice) in [
        ("Pulumi.dev.yaml", ADVICE),
        ("sub/Pulumi.yaml", ADVICE),
        (".github/workflows/x.yaml", ADVICE),
        ("data.yaml", PACKAGE_ADVICE),
        ("sub/Main.yaml", PACKAGE_ADVICE),
    ] {
        let base = tree(&[("Pulumi.yaml", YAML), (path, "a: 1\n")]);
        let new = tree(&[("Pulumi.yaml", YAML), (path, "a: 2\n")]);
        let found = judge(&base, &new, &Allowed::everything().unwrap()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|r| (r.path.as_str(), r.advice.as_str()))
            .collect();
        assert_eq!(found, [(path, advice)]);
    }
}

fn yaml_to(new: &str) -> Result<(), String> {
    let found = judge(
        &tree(&[("Pulumi.yaml", YAML)]),
        &tree(&[("Pulumi.yaml", new)]),
        &Allowed::everything().unwrap(),
    );
    match found.unwrap().pop() {
        None => Ok(()),
        Some(refusal) => Err(refusal.reason),
    }
}

#[test]
fn a_yaml_program_changes_in_its_own_keys_only() {
    yaml_to(&YAML.replace("Bucket", "BucketV2")).unwrap();
    yaml_to(&format!(
        "{YAML}variables:\n  a: 1\noutputs:\n  b: ${{a}}\n"
    ))
    .unwrap();
    yaml_to(&format!("# hello\n{YAML}")).unwrap();
    yaml_to("name: site\nruntime: yaml\n").unwrap();
    for extra in [
        "plugins:\n  providers:\n  - name: aws\n    path: ./evil\n",
        "packages:\n  evil: https://example.com/evil\n",
        "backend:\n  url: file:///tmp\n",
        "main: ../../x\n",
        "config:\n  aws:endpoints: x\n",
        "options:\n  refresh: always\n",
        "stackConfigDir: x\n",
        "requiredPulumiVersion: \">=1\"\n",
        "template: {}\n",
        "description: new\n",
        "unknownKey: 1\n",
        "packageDeclarationVersion: 1\n",
    ] {
        let key = extra.split(':').next().unwrap();
        let found = yaml_to(&format!("{YAML}{extra}"));
        assert_eq!(
            found,
            Err(format!(
                "changes its top-level key `{key}`, which is configuration"
            ))
        );
    }
    assert!(yaml_to(&YAML.replace("runtime: yaml", "runtime: nodejs")).is_err());
    assert!(yaml_to(&YAML.replace("name: site", "name: other")).is_err());
    assert!(yaml_to(&YAML.replace("name: site\n", "")).is_err());
}

#[test]
fn a_project_that_two_parsers_could_read_differently_is_refused() {
    for evil in [
        "{name: site, runtime: yaml}\n".to_owned(),
        format!("{YAML}---\nruntime: nodejs\n"),
        format!("{YAML}...\n---\nruntime: nodejs\n"),
        format!("{YAML}runtime: nodejs\n"),
        format!("{YAML}\"runtime\": nodejs\n"),
        format!("{YAML}? runtime\n: nodejs\n"),
        format!("{YAML}<<: {{main: x}}\n"),
        format!("{YAML}outputs:\n  a: \"\nruntime: nodejs\n  \"\n"),
        format!("{YAML}outputs: {{}}\rruntime: nodejs\n"),
        format!("{YAML}outputs: {{}} # x\u{2028}runtime: nodejs\n"),
        format!("{YAML}outputs: {{}} # x\u{85}runtime: nodejs\n"),
        format!("\u{feff}{YAML}"),
        format!("%YAML 1.1\n---\n{YAML}"),
        YAML.replace("name: site", "name:  site"),
        YAML.replace("name: site", "name: 'site'"),
        YAML.replace("name: site", "name: !!str site"),
        format!("{YAML}: x\n"),
        "not yaml: [".to_owned(),
        String::new(),
    ] {
        assert!(yaml_to(&evil).is_err(), "{evil:?}");
    }
}

#[test]
fn a_yaml_program_beside_the_project_has_only_program_keys() {
    let base = tree(&[("Pulumi.yaml", "name: site\nruntime:\n  name: yaml\n")]);
    let with = |text| {
        tree(&[
            ("Pulumi.yaml", "name: site\nruntime:\n  name: yaml\n"),
            ("Main.yaml", text),
        ])
    };
    assert_eq!(
        paths(&base, &with("resources:\n  a: {}\n"), &["**"]),
        [""; 0]
    );
    assert_eq!(
        paths(&with("resources: {}\n"), &with("outputs: {}\n"), &["**"]),
        [""; 0]
    );
    for evil in [
        "config:\n  a: 1\n",
        "components: {}\n",
        "pulumi:\n  requiredVersion: \"1\"\n",
        "packageDeclarationVersion: 1\n",
    ] {
        assert_eq!(paths(&base, &with(evil), &["**"]), ["Main.yaml"], "{evil}");
    }
    // Its deletion would bring the project file's resources back to life.
    assert_eq!(
        paths(&with("resources: {}\n"), &base, &["**"]),
        ["Main.yaml"]
    );
}

#[test]
fn a_base_that_is_no_project_is_an_error() {
    let judge = |base: &Tree| judge(base, base, &Allowed::everything().unwrap());
    assert_eq!(judge(&tree(&[])), Err(ProjectError::Missing));
    assert_eq!(
        judge(&tree(&[("Pulumi.yaml", "name: x\n")])),
        Err(ProjectError::NoRuntime)
    );
    assert!(matches!(
        judge(&tree(&[("Pulumi.yaml", "a: [")])),
        Err(ProjectError::Unreadable { .. })
    ));
    // Anchors that grow without end.
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    let found = judge(&tree(&[("Pulumi.yaml", bomb)]));
    assert!(found.is_err(), "{found:?}");
}
