//! README.md says what is true: its console blocks are run, its configuration is parsed, its exit codes are ours.

use std::path::Path;

use crate::support::factory::{LONGER, Site, factory, tools};

const README: &str = include_str!("../../README.md");

/// The blocks of one language, without the indentation of the list that they stand in.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() != format!("```{language}") {
            continue;
        }
        let block = lines.by_ref().take_while(|line| line.trim() != "```");
        let block = block.map(|line| line.get(indent..).unwrap_or(""));
        found.push(block.collect::<Vec<_>>().join("\n") + "\n");
    }
    found
}

/// The stack of the README's example, on the twin.
fn site() -> Site {
    tools();
    let settings = std::fs::read_to_string("stacks/site/Pulumi.site-demo.yaml").unwrap();
    let scenarios = std::fs::read_to_string("holdouts/site-demo/pages.feature").unwrap();
    factory("prod", "stacks/site")
        .agent(LONGER)
        .file("stacks/site/Pulumi.prod.yaml", &settings)
        .file("holdouts/prod/pages.feature", &scenarios)
        .build()
}

#[test]
fn every_console_block_shows_what_is_printed() {
    let site = site();
    let blocks = blocks("console");
    assert!(!blocks.is_empty(), "the README shows how it looks");
    for block in blocks {
        let mut actual = String::new();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let output = shell(&site, command);
            actual.push_str(&format!("$ {command}\n{output}"));
        }
        snapbox::assert_data_eq!(actual, block);
    }
}

/// What a command of the README prints where the binary is on the search path.
fn shell(site: &Site, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_lightsout"));
    let mut path = binary.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(crate::support::machine().path);
    let mut shell = site.command_of("/bin/sh".as_ref(), &["-c", &format!("{command} 2>&1")]);
    let output = shell.env("PATH", path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn its_configuration_is_one() {
    let blocks = blocks("yaml");
    let [whole, agent, first, credentials] = blocks.as_slice() else {
        panic!("one configuration, an agent, the least for a workflow, and what roles add");
    };
    let (before, after) = whole.split_once("    agent:").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    lightsout::config::parse(&format!("{before}{agent}{}", without_budget(after))).unwrap();
    assert_eq!(lightsout::config::parse(first).unwrap().routes().count(), 1);
    let config = lightsout::config::parse(whole).unwrap();
    assert_eq!(config.names().count(), 1);
    let (before, _) = whole.split_once("    packages:").unwrap();
    lightsout::config::parse(&format!("{before}{credentials}")).unwrap();
}

/// The example has a budget of its own.
fn without_budget(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("    budget:"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What the README has a first user write: the workflow, and the configuration.
pub(crate) fn first_use() -> (String, String) {
    let workflows = blocks("yml");
    let [workflow] = workflows.as_slice() else {
        panic!("one workflow");
    };
    assert!(workflow.lines().count() <= 20, "{workflow}");
    let configuration = blocks("yaml").swap_remove(2);
    (workflow.clone(), configuration)
}

#[test]
fn its_exit_codes_are_ours() {
    for code in [0, 1, 2, 10, 11, 12, 13, 14, 20, 30] {
        assert!(README.contains(&format!("| {code} | ")), "{code}");
    }
    let rows = README.lines().filter(|line| {
        line.strip_prefix("| ")
            .is_some_and(|line| line.starts_with(|c: char| c.is_ascii_digit()))
    });
    assert_eq!(rows.count(), 10);
}
