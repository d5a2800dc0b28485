//! A policy report as JUnit's XML, for CI systems that show tests.
//!
//! A pack is a test suite. A rule that found nothing is one test case that passed; each finding of a mandatory rule is one that failed, each
//! resource about which a rule cannot know, and each finding that is waived, is one that was skipped. What an advisory rule finds stands in the output of a case that passed: what
//! a CI system counts as failed is what refuses.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Told, word};
use crate::fault::Fault;
use crate::pipeline::policy::{Finding, Level, RuleResult, Undetermined, waiver};

impl Told<'_> {
    /// The report.
    ///
    /// # Errors
    /// It cannot be written as XML.
    pub fn junit(&self) -> Result<String, Fault> {
        let mut report = Report::new(format!("lightsout {}", self.stack));
        for pack in &self.report.packs {
            let mut suite = TestSuite::new(pack.name.as_str());
            suite.add_property(("version", pack.version.as_str()));
            suite.add_property(("sha256", pack.hash.to_string().as_str()));
            for rule in self
                .report
                .rules
                .iter()
                .filter(|rule| rule.pack == pack.name)
            {
                suite.add_test_cases(cases(rule));
            }
            report.add_test_suite(suite);
        }
        let about = |rule: &&RuleResult| rule.pack == waiver::PACK;
        let mut waivers = self.report.rules.iter().filter(about).peekable();
        if waivers.peek().is_some() {
            let mut suite = TestSuite::new(waiver::PACK);
            suite.add_test_cases(waivers.flat_map(cases));
            report.add_test_suite(suite);
        }
        report
            .to_string()
            .map_err(|error| Fault::Usage(format!("writing JUnit's XML: {error}")))
    }
}

fn cases(rule: &RuleResult) -> Vec<TestCase> {
    let mut cases: Vec<TestCase> = match rule.level {
        Level::Mandatory => rule.findings.iter().map(|it| found(rule, it)).collect(),
        Level::Advisory => Vec::new(),
    };
    cases.extend(rule.undetermined.iter().map(|it| skipped(rule, it)));
    if cases.is_empty() {
        let name = format!("{}: {}", rule.rule, rule.title);
        let mut case = case(rule, &name, TestCaseStatus::success());
        let warnings: Vec<&str> = rule.findings.iter().map(|it| it.message.as_str()).collect();
        if !warnings.is_empty() {
            case.set_system_out(format!("advisory:\n{}", warnings.join("\n")));
        }
        cases.push(case);
    }
    cases
}

fn case(rule: &RuleResult, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}.{}", rule.pack, rule.rule));
    case
}

fn found(rule: &RuleResult, finding: &Finding) -> TestCase {
    let at = finding.urn.as_ref().map_or("the stack", |urn| urn.as_str());
    let name = format!("{}: {at} {}", rule.rule, finding.path);
    if let Some(waived) = &finding.waived {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!(
            "waived until {} by {}: {}",
            waived.expires,
            waived.owner.as_str(),
            waived.reason
        ));
        return case(rule, name.trim_end(), status);
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(word(rule.severity));
    status.set_message(finding.message.as_str());
    status.set_description(format!("{}\n{}", rule.title, finding.message));
    case(rule, name.trim_end(), status)
}

fn skipped(rule: &RuleResult, place: &Undetermined) -> TestCase {
    let paths: Vec<String> = place.paths.iter().map(ToString::to_string).collect();
    let mut status = TestCaseStatus::skipped();
    status.set_message(format!(
        "undetermined: not known at preview: {}",
        paths.join(", ")
    ));
    case(rule, &format!("{}: {}", rule.rule, place.urn), status)
}
