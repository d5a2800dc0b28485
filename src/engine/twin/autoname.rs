//! Names for resources that were given none.
//!
//! INVARIANT: a made name is not one that exists: a replacement differs from what it replaces.

use serde_json::Value;

use super::table::Autoname;
use super::template::Draw;
use super::value::{self, Properties};
use super::{DRAWS_MAX, Twin};
use crate::engine::wire::pulumirpc::check_request::{AutonamingOptions, autonaming_options::Mode};
use crate::names::Urn;

impl Twin {
    /// A name for a resource that was given none.
    ///
    /// It follows from the twin's seed, not from the request's: the engine draws that anew in every run, and two previews of one
    /// program would differ.
    pub(super) fn proposal(
        &self,
        token: &str,
        urn: &Urn,
        autoname: &Autoname,
        inputs: &Properties,
        options: Option<&AutonamingOptions>,
    ) -> Option<String> {
        if let Some(options) = options {
            match options.mode() {
                Mode::Disable => return None,
                Mode::Propose | Mode::Enforce if !options.proposed_name.is_empty() => {
                    return Some(options.proposed_name.clone());
                }
                Mode::Propose | Mode::Enforce => {}
            }
        }
        if autoname.plain {
            return Some(urn.name().to_owned());
        }
        let account = self.account();
        (0..DRAWS_MAX)
            .map(|ordinal| {
                let digits = Draw::new(&self.shared.seed, "name", urn.as_str(), ordinal).hex(7);
                autoname.name(urn.name(), &digits, inputs)
            })
            .find(|name| !account.is_name_used(token, name))
    }
}

impl Autoname {
    fn name(&self, resource: &str, digits: &str, inputs: &Properties) -> String {
        let flagged = |flag: &str| {
            inputs
                .get(flag)
                .is_some_and(|set| value::unwrapped(set).0 == &Value::Bool(true))
        };
        let end = match &self.suffix {
            Some((flag, suffix)) if flagged(flag) => format!("-{digits}{suffix}"),
            Some(_) | None => format!("-{digits}"),
        };
        let room = self
            .max
            .saturating_sub(end.chars().count())
            .saturating_sub(self.prefix.chars().count());
        let stem: String = resource.chars().take(room).collect();
        let name = format!("{}{stem}{end}", self.prefix);
        if self.lower {
            name.to_lowercase()
        } else {
            name
        }
    }
}
