//! What a program registered at the preview that was cleared, and may register again, once each, when it is applied.
//!
//! Inputs are bound by the engine's plan. Options are not all in it, and an option such as `retainOnDelete` or `ignoreChanges` that appears
//! only at the update would change what the judged plan does.

use std::collections::BTreeMap;

use super::options::ResourceOptions;
use super::record::{Refusal, Rule};
use crate::names::{Urn, excerpt};

/// Registrations that may still come, by type, name and parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registrations(BTreeMap<(String, String, String), Vec<ResourceOptions>>);

impl Registrations {
    /// Those that a preview saw.
    #[must_use]
    pub fn of(options: &BTreeMap<Urn, ResourceOptions>) -> Self {
        let mut this = Self::default();
        for options in options.values() {
            let options = comparable(options);
            this.0.entry(key(&options)).or_default().push(options);
        }
        this
    }

    /// Takes one registration out; what is not there, or asks for something else now, is refused.
    pub(super) fn take(&mut self, options: &ResourceOptions) -> Result<(), Refusal> {
        let options = comparable(options);
        let left = self.0.get_mut(&key(&options));
        let position = left
            .as_ref()
            .and_then(|left| left.iter().position(|known| *known == options));
        match (left, position) {
            (Some(left), Some(position)) => {
                left.swap_remove(position);
                Ok(())
            }
            (Some(_), None) => Err(refusal(&options, "asks for other options than")),
            (None, _) => Err(refusal(&options, "was not in")),
        }
    }
}

fn refusal(options: &ResourceOptions, how: &str) -> Refusal {
    let message = format!(
        "the resource `{}` of type `{}` {how} the cleared preview",
        excerpt(&options.name),
        excerpt(&options.type_token)
    );
    Refusal::new(Rule::Uncleared, message)
}

fn key(options: &ResourceOptions) -> (String, String, String) {
    (
        options.type_token.clone(),
        options.name.clone(),
        options.parent.clone(),
    )
}

/// The options without what an update may know better: the ids of explicit providers, and the dependencies, which SDKs gather from values
/// that a preview does not have yet and which only order the steps.
fn comparable(options: &ResourceOptions) -> ResourceOptions {
    ResourceOptions {
        provider: urn_of(&options.provider),
        providers: options
            .providers
            .iter()
            .map(|(package, reference)| (package.clone(), urn_of(reference)))
            .collect(),
        dependencies: Default::default(),
        ..options.clone()
    }
}

/// A provider's reference is its URN and, behind the last `::`, its id.
fn urn_of(reference: &str) -> String {
    reference
        .rsplit_once("::")
        .map_or_else(String::new, |(urn, _)| urn.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(provider_id: &str) -> ResourceOptions {
        ResourceOptions {
            type_token: "aws:s3/bucket:Bucket".to_owned(),
            name: "site".to_owned(),
            provider: format!("urn:pulumi:dev::site::pulumi:providers:aws::mine::{provider_id}"),
            ..ResourceOptions::default()
        }
    }

    fn cleared(options: ResourceOptions) -> Registrations {
        let urn = Urn::new("urn:pulumi:dev::site::aws:s3/bucket:Bucket::site").unwrap();
        Registrations::of(&BTreeMap::from([(urn, options)]))
    }

    #[test]
    fn what_was_previewed_may_be_registered_once() {
        let mut left = cleared(bucket("unknown"));
        left.take(&bucket("04da6b54")).unwrap();
        left.take(&bucket("04da6b54")).unwrap_err();
    }

    #[test]
    fn another_option_or_another_name_is_refused() {
        let mut left = cleared(bucket("a"));
        for changed in [
            ResourceOptions {
                retain_on_delete: Some(true),
                ..bucket("a")
            },
            ResourceOptions {
                ignore_changes: vec!["acl".to_owned()],
                ..bucket("a")
            },
            ResourceOptions {
                protect: Some(false),
                ..bucket("a")
            },
            ResourceOptions {
                name: "other".to_owned(),
                ..bucket("a")
            },
            ResourceOptions {
                provider: String::new(),
                ..bucket("a")
            },
        ] {
            assert_eq!(left.take(&changed).unwrap_err().rule, Rule::Uncleared);
        }
        left.take(&bucket("a")).unwrap();
    }
}
