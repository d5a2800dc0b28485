//! A stack's own settings for a pack.

use super::{controls, judge, stack};

const OTHER: &str = "ObjectWriter";

#[test]
fn a_stack_sets_a_parameter_and_its_report_says_so() {
    let site = stack("packs/site", "").build();
    judge(&site, &controls(OTHER)).expect(10);
    let policy = "{ pack: packs/site, parameters: { SITE-001: { owner: ObjectWriter } } }";
    let site = stack(policy, "").build();
    let report = judge(&site, &controls(OTHER)).expect(0).json();
    let pack = &report["policy"]["report"]["packs"][0];
    assert_eq!(
        pack["settings"]["parameters"]["SITE-001"]["owner"],
        "ObjectWriter"
    );
}

#[test]
fn a_lowered_rule_is_not_silent() {
    let site = stack("{ pack: packs/site, levels: { SITE-001: advisory } }", "").build();
    let report = judge(&site, &controls(OTHER)).expect(0).json();
    assert_eq!(report["outcome"], "applied");
    let policy = &report["policy"]["report"];
    let level = &policy["packs"][0]["settings"]["levels"]["SITE-001"];
    assert_eq!(
        (&level["from"], &level["to"]),
        (&"mandatory".into(), &"advisory".into())
    );
    assert_eq!(policy["rules"][0]["findings"].as_array().unwrap().len(), 1);
    let folder = site
        .top
        .join(".lightsout/runs")
        .join(report["run"].as_str().unwrap());
    let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
    assert!(
        text.contains("lowered to advisory by the stack: SITE-001"),
        "{text}"
    );
}

#[test]
fn a_setting_that_does_not_fit_is_the_operators_to_mend() {
    for (settings, said) in [
        (
            "parameters: { SITE-001: { owner: 7 } }",
            "`SITE-001`: parameter `owner` must be a string, not `7`",
        ),
        (
            "parameters: { SITE-001: { ownr: x } }",
            "no parameter `ownr`; did you mean `owner`?",
        ),
        (
            "parameters: { SITE-002: { owner: x } }",
            "`SITE-002`: the pack has no such rule; did you mean `SITE-001`?",
        ),
        (
            "levels: { NONE-001: advisory }",
            "`NONE-001`: the pack has no such rule",
        ),
    ] {
        let site = stack(&format!("{{ pack: packs/site, {settings} }}"), "").build();
        let ran = judge(&site, &controls(OTHER)).expect(2);
        for part in ["stack `site-demo`", "policy pack `site`", said] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        assert!(site.resources().is_empty());
    }
}
