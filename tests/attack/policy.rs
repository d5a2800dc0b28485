//! Packs that would judge nothing, and previews that would not be judged.

#[expect(dead_code, reason = "both targets share it, each uses a part")]
#[path = "../capability/policy/things.rs"]
mod things;

mod blind_rule;
mod hollow_policy;
mod poison_preview;
