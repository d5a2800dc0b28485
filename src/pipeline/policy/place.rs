//! Where rules are defined, for messages. Nothing is decided by it: it is read from the text, not from a syntax tree.

use std::collections::BTreeMap;

use super::pack::Pack;
use crate::names::RuleId;

/// The file and line where each rule of Rego is first defined, by entrypoint.
pub(super) fn places(rego: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (file, bytes) in rego {
        let text = String::from_utf8_lossy(bytes);
        let mut package = String::new();
        for (line, number) in text.lines().zip(1_usize..) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = line.split(|c| !is_name(c)).next().unwrap_or("");
            if name == "package" && package.is_empty() {
                let rest = line.trim_start_matches("package").trim();
                let end = |c: char| !is_name(c) && c != '.';
                package = rest.split(end).next().unwrap_or("").replace('.', "/");
            } else if !name.is_empty() {
                found
                    .entry(format!("{package}/{name}"))
                    .or_insert_with(|| format!("{file}:{number}"));
            }
        }
    }
    found
}

impl Pack {
    /// The file and line where a rule is defined, as far as its text shows.
    pub(super) fn place(&self, rule: &RuleId) -> Option<&str> {
        let rule = self.rules.iter().find(|known| known.id == *rule)?;
        self.places.get(&rule.entrypoint).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_where_it_is_first_defined() {
        let text = "# METADATA\npackage ours.tag_001 # one\n\nimport rego.v1\n\nok if true\n\ndeny contains 1 if ok\n\ndeny contains 2\n";
        let files = BTreeMap::from([("ours_tag_001.rego".to_owned(), text.into())]);
        let places = places(&files);
        assert_eq!(places["ours/tag_001/deny"], "ours_tag_001.rego:8");
    }
}
