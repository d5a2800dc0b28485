//! A pack without its rules about the whole stack: for whoever can show it only one resource.

use super::pack::Pack;
use super::rule::Scope;

impl Pack {
    /// The pack with its rules about one resource at a time; nothing when it has none.
    #[must_use]
    pub fn of_resources(&self) -> Option<Self> {
        let mut pack = self.clone();
        pack.rules.retain(|rule| match rule.scope {
            Scope::Resource => true,
            Scope::Stack => false,
        });
        (!pack.rules.is_empty()).then_some(pack)
    }
}
