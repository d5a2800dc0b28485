//! Names and hashes that more than one module speaks of.
//!
//! Identities are newtypes, so that a rule's name cannot be passed where a URN is meant. Each is checked when it is made from
//! outside text; what holds a value of the type may rely on its grammar.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A SHA-256 of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Hashes bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A hash that was computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Hashes everything a reader yields, without holding it in memory.
    ///
    /// # Errors
    /// What reading gave.
    pub fn of_reader(reader: &mut dyn std::io::Read) -> std::io::Result<Self> {
        let mut hasher = sha2::Sha256::new();
        std::io::copy(reader, &mut hasher)?;
        Ok(Self(hasher.finalize().into()))
    }

    /// The first 12 hex digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl std::str::FromStr for Sha256 {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NameError {
            what: "hash",
            text: excerpt(text),
            rule: "64 lowercase hexadecimal digits",
        })?;
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NameError {
                what: "hash",
                text: excerpt(text),
                rule: "64 lowercase hexadecimal digits",
            });
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Text that does not follow the grammar of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: it must be {rule}")]
pub struct NameError {
    what: &'static str,
    text: String,
    rule: &'static str,
}

/// At most 60 characters of foreign text, control characters escaped.
#[must_use]
pub fn excerpt(text: &str) -> String {
    text.chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect()
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes text that follows the grammar.
            ///
            /// # Errors
            /// The text does not follow it.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    Err(NameError { what: $what, text: excerpt(&text), rule: $rule })
                }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn is_plain(text: &str, max: usize, extra: &str) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

name!(
    /// A stack's name, as Pulumi allows it.
    StackName, "stack name", "1 to 100 of `a-z A-Z 0-9 - _ .`, beginning with a letter or digit", |t| is_plain(t, 100, "-_.")
);
name!(
    /// One run of lightsout: sortable by time, unique in a ledger.
    RunId, "run id", "1 to 64 of `a-z 0-9 -`", |t| is_plain(t, 64, "-") && !t.bytes().any(|b| b.is_ascii_uppercase())
);
name!(
    /// A policy rule's identifier; it is never reused.
    RuleId, "rule id", "1 to 64 of `A-Z a-z 0-9 - _`", |t| is_plain(t, 64, "-_")
);
name!(
    /// A Pulumi package (a provider plugin's name), such as `aws`.
    PackageName, "package name", "1 to 64 of `a-z A-Z 0-9 - _`", |t| is_plain(t, 64, "-_")
);
name!(
    /// A resource's URN. It may hold any printable text: it is data, never a path or a command.
    Urn, "URN", "`urn:pulumi:…`, at most 2,048 bytes, without control characters",
    |t| t.starts_with("urn:pulumi:") && t.len() <= 2048 && !t.chars().any(char::is_control)
);

name!(
    /// The ARN of an IAM role.
    RoleArn, "role ARN", "`arn:aws:iam::` and an account of 12 digits, `:role/` and a name", is_role
);

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, with the characters that IAM allows.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            matches!(*partition, "aws" | "aws-cn" | "aws-us-gov")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && resource.len() <= 580
                && resource.strip_prefix("role/").is_some_and(|name| {
                    !name.is_empty()
                        && name
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || "+=,.@-_/".contains(c))
                })
        }
        _ => false,
    }
}

impl RoleArn {
    /// The account that the role is in.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or("")
    }
}

impl Urn {
    /// The resource's own type, the last of the types that the URN carries.
    #[must_use]
    pub fn resource_type(&self) -> &str {
        let types = self.0.split("::").nth(2).unwrap_or("");
        types.rsplit('$').next().unwrap_or("")
    }

    /// The resource's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.splitn(4, "::").nth(3).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_an_arn_of_iam() {
        for good in [
            "arn:aws:iam::123456789012:role/lightsout-apply",
            "arn:aws-us-gov:iam::123456789012:role/team/a+b=c,d.e@f",
        ] {
            assert_eq!(RoleArn::new(good).unwrap().account(), "123456789012");
        }
        for bad in [
            "arn:aws:iam::123456789012:user/somebody",
            "arn:aws:sts::123456789012:role/x",
            "arn:aws:iam::12345:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:evil:iam::123456789012:role/x",
        ] {
            RoleArn::new(bad).unwrap_err();
        }
    }

    #[test]
    fn a_urn_knows_its_type_and_name() {
        let urn = Urn::new("urn:pulumi:dev::site::my:Comp$aws:s3/bucket:Bucket::a::b").unwrap();
        assert_eq!(
            (urn.resource_type(), urn.name()),
            ("aws:s3/bucket:Bucket", "a::b")
        );
    }

    #[test]
    fn names_refuse_what_could_be_a_path_or_a_command() {
        for bad in ["", "../x", "a/b", "-x", "a b", "a\n"] {
            assert!(StackName::new(bad).is_err(), "{bad:?}");
            assert!(RunId::new(bad).is_err(), "{bad:?}");
        }
        assert!(Urn::new("urn:pulumi:a\u{7}").is_err());
    }
}
