//! A secret in memory: never printed, wiped when dropped.

use zeroize::Zeroizing;

/// Text that must not reach a log, an error, an argument list or the ledger.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one place that hands it on.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// LIMIT: characters of the shortest secret that is masked; a shorter one would be found in every text.
const MASKED_CHARS_MIN: usize = 4;

/// Takes known secrets out of foreign text before it is shown or recorded.
///
/// It finds a secret as it is written. A program that is given a secret and encodes it is not stopped by this.
#[derive(Debug, Clone, Default)]
pub struct Mask(Vec<Secret>);

impl Mask {
    /// Masks these values.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let is_long = |secret: &Secret| secret.reveal().chars().count() >= MASKED_CHARS_MIN;
        Self(secrets.into_iter().filter(is_long).collect())
    }

    /// The text with every known secret replaced.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let replace = |text: String, secret: &Secret| text.replace(secret.reveal(), "[secret]");
        self.0.iter().fold(text.to_owned(), replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_does_not_pass_and_other_text_does() {
        let mask = Mask::new(["hunter22", "ab"].map(|text| Secret::new(text.to_owned())));
        assert_eq!(
            mask.hide("Error: hunter22 is wrong, about"),
            "Error: [secret] is wrong, about"
        );
        assert!(!format!("{mask:?}").contains("hunter22"));
    }
}
