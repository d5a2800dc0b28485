//! The few facts of `Pulumi.yaml` that decide how a program is started.
//!
//! The text is that of the proposal, whose privileged keys were compared with the base's before; what is read here is therefore the base's word.
//! It starts nothing and follows no path.

use serde::Deserialize;

use crate::perimeter::import::{RelPath, Tree};

/// The project file's name.
pub const PROJECT_FILE: &str = "Pulumi.yaml";

/// What runs the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Node.
    Node {
        /// Whether the program is TypeScript.
        typescript: bool,
    },
    /// Python.
    Python,
    /// Pulumi YAML.
    Yaml,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// What runs its program.
    pub runtime: Runtime,
    /// The program's folder, below the project's; the project's itself without it.
    pub main: Option<RelPath>,
}

/// Why a folder is not a project that can be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no project file.
    #[error("the stack's folder has no `{PROJECT_FILE}`")]
    Missing,
    /// It is not text, or not YAML.
    #[error("reading `{PROJECT_FILE}`: {0}")]
    Text(String),
    /// No runtime of ours.
    #[error(
        "`{PROJECT_FILE}` asks for the runtime `{0}`: only nodejs, python and yaml can be run in the sandbox"
    )]
    Runtime(String),
    /// The program's place is not below the folder.
    #[error("`{PROJECT_FILE}` names a `main` that is not a path below the folder")]
    Main,
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    runtime: RawRuntime,
    #[serde(default)]
    main: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawRuntime {
    Name(String),
    Full {
        name: String,
        #[serde(default)]
        options: Options,
    },
}

#[derive(Default, Deserialize)]
struct Options {
    #[serde(default)]
    typescript: Option<bool>,
}

impl Project {
    /// Reads the project file of a tree.
    ///
    /// # Errors
    /// It is missing, not readable, or asks for what cannot be run.
    pub fn read(tree: &Tree) -> Result<Self, Error> {
        let file = tree.file(PROJECT_FILE).ok_or(Error::Missing)?;
        let text =
            std::str::from_utf8(file.bytes()).map_err(|error| Error::Text(error.to_string()))?;
        let raw: Raw = serde_saphyr::from_str(text)
            .map_err(|error| Error::Text(error.without_snippet().to_string()))?;
        let (name, options) = match raw.runtime {
            RawRuntime::Name(name) => (name, Options::default()),
            RawRuntime::Full { name, options } => (name, options),
        };
        let runtime = match name.as_str() {
            "nodejs" => Runtime::Node {
                typescript: options
                    .typescript
                    .unwrap_or_else(|| tree.file("tsconfig.json").is_some()),
            },
            "python" => Runtime::Python,
            "yaml" => Runtime::Yaml,
            other => return Err(Error::Runtime(crate::names::excerpt(other))),
        };
        let main = match raw.main.as_deref().map(|main| main.trim_end_matches('/')) {
            None | Some("" | ".") => None,
            Some(main) => {
                let main = main.trim_start_matches("./");
                // A file is run from its own folder; the engine names it to the language runtime.
                let folder = match (tree.file(main), main.rsplit_once('/')) {
                    (None, _) => Some(main),
                    (Some(_), Some((folder, _))) => Some(folder),
                    (Some(_), None) => None,
                };
                folder
                    .map(|folder| RelPath::new(folder).map_err(|_| Error::Main))
                    .transpose()?
            }
        };
        Ok(Self {
            name: raw.name,
            runtime,
            main,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perimeter::import::{File, Mode};

    fn read(main: &str) -> Result<Option<String>, Error> {
        let mut tree = Tree::new();
        let project = format!("name: site\nruntime: nodejs\n{main}\n");
        for (path, text) in [
            (PROJECT_FILE, project.as_str()),
            ("index.js", ""),
            ("infra/index.js", ""),
        ] {
            let path = RelPath::new(path).unwrap();
            tree.add(path, File::new(Mode::Plain, text.as_bytes().to_vec()))
                .unwrap();
        }
        let project = Project::read(&tree)?;
        Ok(project.main.map(|main| main.as_str().to_owned()))
    }

    #[test]
    fn a_program_is_run_from_its_own_folder() {
        for main in [
            "",
            "main: .",
            "main: ./",
            "main: index.js",
            "main: ./index.js",
        ] {
            assert_eq!(read(main).unwrap(), None, "{main}");
        }
        for main in ["main: infra", "main: ./infra/", "main: infra/index.js"] {
            assert_eq!(read(main).unwrap().as_deref(), Some("infra"), "{main}");
        }
        for main in ["main: ../other", "main: /etc", "main: infra/../.."] {
            assert!(matches!(read(main), Err(Error::Main)), "{main}");
        }
    }
}
