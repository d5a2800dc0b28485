//! What a lock may say.

use super::*;

const HASH: &str = "cf559568e2c32f7fae56ea3de8ae5fa48973ba8c5aa9dd2b3dc0c8898fe50dba";

fn provider(source: &str) -> String {
    format!("version: 1\nproviders:\n  - name: aws\n    version: 7.18.0\n    sources: [{source}]\n")
}

fn release(url: &str, member: &str) -> String {
    provider(&format!(
        "{{release: {{linux-amd64: {{url: '{url}', sha256: {HASH}, member: '{member}'}}}}}}"
    ))
}

#[track_caller]
fn refused(text: &str, because: &str) {
    let error = Lock::built_in()
        .unwrap()
        .with_repository(text)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("reading `tools.lock`: "), "{error}");
    assert!(error.contains(because), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn the_compiled_in_lock_names_three_tools_for_both_machines() {
    let lock = Lock::built_in().unwrap();
    let names: Vec<_> = lock.default_names().collect();
    assert_eq!(names, ["pulumi", "pulumi-language-yaml", "opa"]);
    for name in names {
        let entry = lock.entry(name).unwrap();
        let [Way::Release(platforms), Way::Go(module)] = entry.sources.as_slice() else {
            panic!("{entry:?}");
        };
        assert_eq!(platforms.len(), 2, "{entry:?}");
        assert!(
            platforms
                .values()
                .all(|archive| archive.url.starts_with("https://"))
        );
        let (go_mod, go_sum) = module.files().unwrap();
        let required = go_mod.lines().any(|line| {
            let line = line.trim().trim_end_matches(" // indirect");
            line.split_once(' ').is_some_and(|(path, version)| {
                module.package.starts_with(path) && version == format!("v{}", entry.version)
            })
        });
        assert!(required, "go.mod pins another version of {}", entry.name);
        assert!(go_sum.contains(&format!(" v{} h1:", entry.version)));
    }
}

#[test]
fn the_compiled_in_lock_names_three_agents_that_are_not_installed_by_default() {
    let lock = Lock::built_in().unwrap();
    let agents: Vec<_> = lock.agents().collect();
    assert_eq!(agents, ["codex", "opencode", "gemini"]);
    assert_eq!(lock.names().count(), lock.default_names().count() + 3);
    for name in agents {
        let entry = lock.entry(name).unwrap();
        let [Way::Npm(platforms)] = entry.sources.as_slice() else {
            panic!("{entry:?}");
        };
        for package in platforms.values() {
            assert!(package.version.starts_with(&entry.version), "{package:?}");
        }
        let here = platforms.get(&Platform::LinuxAmd64).unwrap();
        assert_eq!(entry.program(Platform::LinuxAmd64), here.program);
    }
    // A provider's program has a name of its own.
    let provider = release("https://example.com/x", "x").replace("aws", "codex");
    let lock = lock.with_repository(&provider).unwrap();
    assert_eq!(lock.names().last(), Some("pulumi-resource-codex"));
    assert_eq!(lock.agents().count(), 3);
}

const SUM: &str = "sha512-o05NyAOCDygSPRo1yinzxvkRSdmsZyBD9E7mbpmjRanSfM8lypqWtQgEo4XfNkwhuCR2aFu8mlGOsQGFXVbVww==";

fn agent() -> String {
    format!(
        "version: 1\nagents:\n  - name: bot\n    version: 1.2.3\n    sources: [{}]\n",
        npm()
    )
}

fn npm() -> String {
    format!(
        "{{npm: {{linux-amd64: {{package: '@a/bot', version: 1.2.3-x64, integrity: '{SUM}', folder: package/v, files: [bin/bot, rg], program: bin/bot}}}}}}"
    )
}

#[test]
fn an_agent_is_one_exact_package() {
    let good = agent();
    let lock = Lock::ours(&good).unwrap();
    assert_eq!(lock.agents().collect::<Vec<_>>(), ["bot"]);
    let all = good.replace("files: [bin/bot, rg], ", "");
    assert_eq!(Lock::ours(&all).unwrap().names().count(), 1);
    let sum = SUM.trim_start_matches("sha512-");
    for (from, to, because) in [
        ("@a/bot", "../bot", "not the name of an npm package"),
        ("@a/bot", "@a/b/c", "not the name of an npm package"),
        ("@a/bot", "--registry=x", "not the name of an npm package"),
        (
            "@a/bot",
            "https://x/bot.tgz",
            "not the name of an npm package",
        ),
        ("@a/bot", "bot@latest", "not the name of an npm package"),
        ("@a/bot", "Bot", "not the name of an npm package"),
        ("1.2.3-x64", "latest", "not one version"),
        ("1.2.3-x64", "1.x", "not one version"),
        ("1.2.3-x64", "'1'", "not one version"),
        ("1.2.3-x64", "1.2.3+x", "not one version"),
        ("sha512-", "sha256-", "not an integrity"),
        ("sha512-", "", "not an integrity"),
        (sum, "", "not an integrity"),
        (sum, "AAAA", "not an integrity"),
        ("Vww==", "Vww", "not an integrity"),
        ("Vww==", "Vwx==", "not an integrity"),
        ("package/v", "../v", "`folder` leaves"),
        ("package/v", "package//v", "`folder` leaves"),
        ("package/v", "/package/v", "`folder` leaves"),
        ("package/v", "''", "`folder` leaves"),
        ("[bin/bot, rg]", "[bin/bot, ../rg]", "not a path below"),
        ("[bin/bot, rg]", "[bin/bot, /rg]", "not a path below"),
        ("[bin/bot, rg]", "[bin/bot, ./rg]", "not a path below"),
        (
            "[bin/bot, rg]",
            "[bin/bot, manifest.json]",
            "not a path below",
        ),
        ("[bin/bot, rg]", "[bin/bot, rg, rg]", "named twice"),
        ("[bin/bot, rg]", "[rg]", "not among `files`"),
        ("[bin/bot, rg]", "[]", "not among `files`"),
        (
            "program: bin/bot",
            "program: bin/../bot",
            "not a path below",
        ),
        ("program: bin/bot", "programm: bin/bot", "programm"),
        ("folder: package/v, ", "", "folder"),
        ("name: bot", "name: pulumi-resource-aws", "like a provider"),
        ("linux-amd64", "plan9-amd64", "plan9-amd64"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "`{from}` is not in it");
        let error = Lock::ours(&text).unwrap_err().to_string();
        assert!(error.contains(because), "{from} -> {to}: {error}");
    }
}

#[test]
fn npm_is_for_agents_and_agents_are_ours() {
    let in_tools = agent().replace("agents:", "tools:");
    let error = Lock::ours(&in_tools).unwrap_err().to_string();
    assert!(error.contains("only an agent"), "{error}");
    refused(&agent(), "`providers` only");
    refused(&provider(&npm()), "no `npm` source");
    let other =
        format!("{{release: {{linux-amd64: {{url: 'https://example.com', sha256: {HASH}}}}}}}");
    for sources in [other.clone(), format!("{}, {other}", npm())] {
        let text = agent().replace(&npm(), &sources);
        let error = Lock::ours(&text).unwrap_err().to_string();
        assert!(error.contains("an agent has one source"), "{error}");
    }
    let twice = format!(
        "{}\ntools:\n  - name: bot\n    version: 1.2.3\n    sources: [{other}]\n",
        agent()
    );
    let error = Lock::ours(&twice).unwrap_err().to_string();
    assert!(error.contains("named twice"), "{error}");
}

#[test]
fn a_repository_may_name_providers() {
    let text = release("https://example.com/x.tar.gz", "pulumi-resource-aws");
    let lock = Lock::built_in().unwrap().with_repository(&text).unwrap();
    assert_eq!(lock.names().last(), Some("pulumi-resource-aws"));
    assert!(release_is_allowed("http://127.0.0.1:4000/x"));
}

fn release_is_allowed(url: &str) -> bool {
    Lock::built_in()
        .unwrap()
        .with_repository(&release(url, "x"))
        .is_ok()
}

#[test]
fn a_repository_may_not_redefine_a_tool_of_ours() {
    let tool = format!(
        "version: 1\ntools:\n  - name: opa\n    version: 9.9.9\n    sources: [{{release: {{linux-amd64: {{url: 'https://example.com', sha256: {HASH}}}}}}}]\n"
    );
    refused(&tool, "`providers` only");
    refused(
        &provider("{go: {module: opa, package: x, ldflags: []}}"),
        "no `go` source",
    );
}

#[test]
fn what_could_be_a_slip_or_a_trick_is_refused() {
    let good = release("https://example.com/x", "x");
    refused(
        &good.replace("version: 1\n", "version: 2\n"),
        "its `version` is 2",
    );
    refused(&good.replace("version: 1\n", ""), "version");
    refused(&good.replace("    sources", "    source"), "source");
    refused(&good.replace("member:", "members:"), "members");
    refused(&good.replace(HASH, &HASH.to_uppercase()), "64 lowercase");
    refused(&good.replace(HASH, "''"), "64 lowercase");
    refused(&good.replace("7.18.0", "../../x"), "not a version");
    refused(&good.replace("name: aws", "name: ../aws"), "package name");
    refused(&good.replace("linux-amd64", "plan9-amd64"), "plan9-amd64");
    refused(
        &good.replace("member: 'x'", "member: '../x'"),
        "leaves its archive",
    );
    refused(
        &good.replace("member: 'x'", "member: '/x'"),
        "leaves its archive",
    );
    refused(&provider(""), "has no source");
    refused(&provider("{release: {}}"), "without a platform");
    let (head, entry) = good.split_once("providers:\n").unwrap();
    refused(&format!("{head}providers:\n{entry}{entry}"), "named twice");
    for url in [
        "http://example.com/x",
        "ftp://x",
        "file:///etc/passwd",
        "http://127.0.0.1.example.com/x",
        "http://localhost/x",
        "https://u:p@example.com/x",
    ] {
        refused(&release(url, "x"), "not an https URL");
    }
    refused("[]", "");
    refused("", "");
}

#[test]
fn anything_that_changes_a_program_changes_its_folder() {
    let hash = |text: &str| {
        let lock = Lock::empty().with_repository(text).unwrap();
        lock.entries().first().unwrap().hash().unwrap()
    };
    let text = release("https://example.com/x", "x");
    assert_eq!(hash(&text), hash(&format!("# a comment\n{text}")));
    assert_ne!(hash(&text), hash(&text.replace("7.18.0", "7.18.1")));
    assert_ne!(hash(&text), hash(&text.replace("cf55", "cf56")));
    assert_ne!(
        hash(&text),
        hash(&text.replace("member: 'x'", "member: 'y'"))
    );
}
