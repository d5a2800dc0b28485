//! A state and settings without secrets: what an agent's look at its work is made of.
//!
//! INVARIANT: no value that Pulumi marks as secret is left, nor what could decrypt one.

use std::path::Path;

use serde_json::Value;

use crate::fault::Fault;
use crate::perimeter::import::{File, Mode, RelPath, Tree};
use crate::pipeline::run::Run;

/// How Pulumi marks a value of its own kind, and the mark of a secret.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
/// What stands in a secret's place.
const PLACEHOLDER: &str = "[secret]";
/// LIMIT: bytes of a state that is copied.
const STATE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The tree with the stack's settings free of secrets.
pub(super) fn without_secrets(tree: &Tree, settings: &str) -> Result<Tree, String> {
    let Some(file) = tree.file(settings) else {
        return Ok(tree.clone());
    };
    let unreadable = |_| format!("`{settings}` cannot be read\n");
    let text =
        std::str::from_utf8(file.bytes()).map_err(|_| format!("`{settings}` is no text\n"))?;
    let mut value: Value = serde_saphyr::from_str(text).map_err(unreadable)?;
    if let Value::Object(keys) = &mut value {
        for key in ["encryptionsalt", "encryptedkey", "secretsprovider"] {
            keys.remove(key);
        }
    }
    hide(&mut value, &|object| {
        object.len() == 1 && object.contains_key("secure")
    });
    let path = RelPath::new(settings).map_err(|error| error.to_string())?;
    let mut tree = tree.clone();
    tree.remove(&path);
    // JSON is YAML.
    let file = File::new(Mode::Plain, value.to_string().into_bytes());
    tree.add(path, file).map_err(|error| error.to_string())?;
    Ok(tree)
}

/// Copies the stack's last state without its secrets. There may be none yet.
pub(super) fn copy_state(run: &Run<'_>, into: &Path) -> Result<(), Fault> {
    let from = run.state_folder()?.join(".pulumi");
    let into = into.join(".pulumi");
    let project = crate::engine::project::Project::read(&run.base_tree)
        .map_err(crate::engine::deployment::Error::from)?;
    let stack = Path::new("stacks")
        .join(&project.name)
        .join(format!("{}.json", run.job.stack.name));
    for name in [Path::new("meta.yaml"), &stack] {
        let (source, target) = (from.join(name), into.join(name));
        let bytes =
            crate::engine::automation::files::read_if_there(&source, "state", STATE_BYTES_MAX)
                .map_err(crate::engine::deployment::Error::from)?;
        let Some(bytes) = bytes else { continue };
        let bytes = if name == stack {
            state_without_secrets(&bytes)?
        } else {
            bytes
        };
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(Fault::file("making", parent))?;
        }
        std::fs::write(&target, bytes).map_err(Fault::file("writing", &target))?;
    }
    Ok(())
}

fn state_without_secrets(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let failed = |error: serde_json::Error| {
        Fault::Usage(format!("the stack's state cannot be read: {error}"))
    };
    let mut value: Value = serde_json::from_slice(bytes).map_err(failed)?;
    if let Some(Value::Object(latest)) = value.pointer_mut("/checkpoint/latest") {
        latest.remove("secrets_providers");
        latest.remove("pending_operations");
    }
    hide(&mut value, &|object| {
        object.get(SIGNATURE).and_then(Value::as_str) == Some(SECRET)
    });
    serde_json::to_vec(&value).map_err(failed)
}

/// Replaces every object that is a secret.
fn hide(value: &mut Value, is_secret: &dyn Fn(&serde_json::Map<String, Value>) -> bool) {
    match value {
        Value::Object(object) if is_secret(object) => {
            *value = Value::String(PLACEHOLDER.to_owned());
        }
        Value::Object(object) => object.values_mut().for_each(|value| hide(value, is_secret)),
        Value::Array(values) => values.iter_mut().for_each(|value| hide(value, is_secret)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_secret_of_the_state_is_left() {
        let state = json!({"version": 3, "checkpoint": {"latest": {
            "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:canary"}},
            "resources": [{"inputs": {
                "open": "kept",
                "password": {SIGNATURE: SECRET, "ciphertext": "v1:canary"},
                "list": [{"deep": {SIGNATURE: SECRET, "plaintext": "\"canary\""}}],
                "asset": {SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "kept"},
            }}],
        }}});
        let left = state_without_secrets(state.to_string().as_bytes()).unwrap();
        let left = String::from_utf8(left).unwrap();
        assert!(!left.contains("canary"), "{left}");
        assert_eq!(left.matches("kept").count(), 2);
        assert_eq!(left.matches(PLACEHOLDER).count(), 2);
    }

    #[test]
    fn no_secret_of_the_settings_is_left() {
        let mut tree = Tree::new();
        let settings = "encryptionsalt: v1:canary\nconfig:\n  site:open: kept\n  site:token:\n    secure: v1:canary\n  site:map:\n    inner:\n      secure: canary\n";
        let file = |text: &str| File::new(Mode::Plain, text.as_bytes().to_vec());
        tree.add(RelPath::new("Pulumi.dev.yaml").unwrap(), file(settings))
            .unwrap();
        tree.add(RelPath::new("index.js").unwrap(), file("secure"))
            .unwrap();
        let left = without_secrets(&tree, "Pulumi.dev.yaml").unwrap();
        let text = String::from_utf8_lossy(left.file("Pulumi.dev.yaml").unwrap().bytes());
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("kept") && text.matches(PLACEHOLDER).count() == 2);
        assert_eq!(left.file("index.js").unwrap().bytes(), b"secure");
    }
}
