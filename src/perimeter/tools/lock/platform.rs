//! The machines that programs are made for.
//!
//! INVARIANT: a platform's name in the lock is the one in [`Platform::name`]. It does not say what runs there.

use serde::{Deserialize, Serialize};

use crate::perimeter::tools::Error;

/// A machine that programs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Linux on `x86_64`.
    LinuxAmd64,
    /// Linux on 64-bit ARM.
    LinuxArm64,
}

impl Platform {
    /// The machine this runs on.
    ///
    /// # Errors
    /// It is none that programs are made for.
    pub fn here() -> Result<Self, Error> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Ok(Self::LinuxAmd64),
            ("linux", "aarch64") => Ok(Self::LinuxArm64),
            (os, arch) => Err(Error::Platform {
                name: format!("{os}-{arch}"),
            }),
        }
    }

    /// Its name in the lock and in vendors' file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "linux-amd64",
            Self::LinuxArm64 => "linux-arm64",
        }
    }

    /// Go's word for the processor.
    pub(in crate::perimeter::tools) const fn goarch(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "amd64",
            Self::LinuxArm64 => "arm64",
        }
    }
}
