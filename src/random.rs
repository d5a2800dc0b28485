//! Names and tokens that nobody can guess.

use rand_core::RngCore as _;

/// 128 random bits, in hexadecimal.
///
/// # Errors
/// The system has no randomness.
pub fn hex() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    rand_core::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| std::io::Error::other(format!("drawing random bits: {error}")))?;
    Ok(hex::encode(bytes))
}
