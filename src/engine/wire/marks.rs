//! The marks by which Pulumi's formats say that a value is more than its JSON. The same in the protocol, in the event log and in the state.

/// The key that marks an object as special.
pub const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
/// The signature of a secret.
pub const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
/// The signature of a value with its dependencies.
pub const OUTPUT: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
/// The signature of a reference to a resource.
pub const RESOURCE: &str = "5cf8f73096256a8f31e491e813e4eb8e";
/// The signature of an asset.
pub const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
/// The signature of an archive.
pub const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";

/// The string that stands for an unknown value; the other six are its kin for other types.
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/// Every string that stands for an unknown value. A program can write one itself: its value is unknown then, which is never a pass.
pub const UNKNOWNS: [&str; 7] = [
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];
